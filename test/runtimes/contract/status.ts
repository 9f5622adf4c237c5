// A lab that is up works as its topology says, and says so.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readBirdState } from '../../../src/routing/io/bird-control.ts';
import { predictCatchment } from '../../../src/routing/predict-catchment.ts';
import { type ContractLab, LAB_NAME } from './contract-lab.ts';

/** The control or admin socket of each kind of service in its node's folder. */
const SOCKETS: Record<string, string> = {
  bird: 'bird.ctl',
  unbound: 'unbound.ctl',
  dns: 'dns.sock',
  edge: 'edge.sock',
  agent: 'agent.sock',
  origin: 'origin.sock',
};

export function statusContract(contract: ContractLab): void {
  it('is ready, with every service healthy and every POP announced', async () => {
    await contract.ready();
    const status = await contract.status();
    expect(status).toMatchObject({ name: LAB_NAME, topology: 'tiny', runtime: contract.runtime.name });
    expect(['netem', 'relay']).toContain(status.shaping);
    expect(Date.parse(status.startedAt ?? '')).toBeLessThan(Date.now());
    expect(status.pops.map(({ name, announced }) => [name, announced])).toEqual([
      ['pop-fra', ['anycast-http', 'anycast-dns']],
      ['pop-lon', ['anycast-http', 'anycast-dns']],
    ]);
    for (const { services } of status.nodes)
      for (const service of services) expect(service).toMatchObject({ state: 'running', healthy: true });
    for (const link of status.links) expect(link).toMatchObject({ state: 'up' });
  });

  it('has the nodes, addresses and links of the topology', async () => {
    const { nodes, links } = await contract.status();
    const { topology } = contract.found;
    expect(nodes.map(({ name, kind, asn }) => [name, kind, asn])).toEqual(
      topology.nodes.map(({ name, kind, asn }) => [name, kind, asn]),
    );
    expect(links.map(({ name }) => name)).toEqual(topology.links.map(({ name }) => name));
    for (const node of nodes) {
      const { stdout } = await contract.sh(node.name, 'ip -o address show');
      for (const address of node.addresses) expect(stdout, node.name).toContain(` ${address}/`);
    }
  });

  it('answers dig @resolver www.cdn.test in every client, in both families', async () => {
    for (const { name } of contract.found.topology.clients) {
      const { stdout } = await contract.sh(name, 'dig +short @resolver www.cdn.test A www.cdn.test AAAA');
      expect(stdout, name).toMatch(/^203\.0\.113\.\d+\n2001:db8:b00\S+\n$/);
    }
  });

  it('takes every client to the POP that the topology predicts, in both families', async () => {
    for (const family of [4, 6] as const) {
      const predicted = predictCatchment(contract.found.topology, family);
      const address = family === 4 ? '192.0.2.1' : '[2001:db8:a000::1]';
      for (const { name } of contract.found.topology.clients) {
        const { stdout } = await contract.sh(name, 'curl -sgi "http://$1/healthz"', address);
        const pop = `pop-${/^x-pop: (\S+)/im.exec(stdout)?.[1]}`;
        expect(pop, `${name} IPv${family}`).toBe(predicted.get(name)?.pop);
      }
    }
  });

  it('shows city names in a traceroute', async () => {
    const { stdout } = await contract.sh('paris', 'traceroute -w 2 anycast.cdn.test');
    expect(stdout).toContain('t2-fra.frankfurt.net.test');
  });

  it("has every service's socket in its node's folder, reachable from here", async () => {
    for (const { name, services } of (await contract.status()).nodes) {
      for (const service of services) {
        const socket = join(contract.lab.runFolder(name), SOCKETS[service.name] ?? 'unknown');
        expect(statSync(socket).isSocket(), socket).toBe(true);
      }
    }
    const { sessions } = await readBirdState(join(contract.lab.runFolder('t1-fra'), 'bird.ctl'), {
      timeoutMs: 5000,
    });
    expect(sessions.length).toBeGreaterThan(1);
  });
}
