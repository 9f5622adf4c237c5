// Nodes, services and links that fail in every way, alone and together, and are restored.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { FailMode, Target } from '../../../src/runtimes/runtime.ts';
import { until } from '../../lab/lab-runner.ts';
import { type ContractLab, eventsDuring } from './contract-lab.ts';

const POP: Target = { kind: 'node', node: 'pop-fra' };
const CLIENT: Target = { kind: 'node', node: 'dublin' };
const LINK: Target = { kind: 'link', link: 'dublin--isp-dublin' };
const service = (node: string, name: string): Target => ({ kind: 'service', node, service: name });

export function failureContract(contract: ContractLab): void {
  const { link } = LINK as { link: string };
  const linkState = async () => (await contract.link(link))?.state;
  const node = async (name: string) => (await contract.status()).nodes.find((each) => each.name === name);
  const pop = async () => (await contract.status()).pops.find((each) => each.name === 'pop-fra');

  describe.each<[FailMode, string]>([
    ['silent', 'silent'],
    ['clean', 'down'],
  ])('%s', (how, state) => {
    it.each([
      ['a link', LINK],
      ['a node', CLIENT],
    ])('%s carries nothing until it is restored', async (_what, target) => {
      await contract.lab.fail(target, how);
      expect(await linkState()).toBe(state);
      expect(await contract.pings('dublin')).toBe(false);
      expect((await node('dublin'))?.failed).toBe(target.kind === 'node' ? how : undefined);
      await contract.lab.restore(target);
      expect(await linkState()).toBe('up');
      expect(await contract.pings('dublin')).toBe(true);
      expect((await node('dublin'))?.failed).toBeUndefined();
    });

    it('a POP is found by its neighbours, its clients move, and a restore brings them back', async () => {
      await contract.ready();
      expect(await contract.popOf('amsterdam')).toBe('pop-fra');
      await contract.lab.fail(POP, how);
      await until('amsterdam at lon', async () => (await contract.popOf('amsterdam')) === 'pop-lon');
      expect(await pop()).toMatchObject({ healthy: false });
      await contract.lab.restore(POP);
      await until('amsterdam back at fra', async () => (await contract.popOf('amsterdam')) === 'pop-fra');
      await contract.ready();
    });

    it('a service stays so until it is restored; its POP withdraws that prefix only', async () => {
      const edge = service('pop-fra', 'edge');
      const { restarts } = (await contract.service('pop-fra', 'edge')) ?? expect.unreachable();
      await contract.lab.fail(edge, how);
      await until('HTTP is withdrawn', async () => (await pop())?.announced.join() === 'anycast-dns');
      // Longer than a restart after a death takes.
      await sleep(1000);
      const failed = await contract.service('pop-fra', 'edge');
      expect(failed).toMatchObject({
        state: how === 'clean' ? 'stopped' : 'running',
        healthy: false,
        restarts,
        reason: expect.stringMatching(/./),
      });
      expect((await contract.status()).state).toBe('degraded');
      await contract.lab.restore(edge);
      await contract.ready();
    });
  });

  it('a drained POP withdraws and serves on', async () => {
    const file = join(contract.lab.runFolder('pop-fra'), 'drained');
    await contract.lab.fail(POP, 'drain');
    expect(existsSync(file)).toBe(true);
    await until('withdrawn', async () => (await pop())?.announced.length === 0);
    const { stdout } = await contract.sh('dublin', 'curl -si http://203.0.113.2/json/drained');
    expect(stdout).toMatch(/^HTTP\/1.1 200/);
    await contract.lab.restore(POP);
    expect(existsSync(file)).toBe(false);
    await contract.ready();
  });

  describe('together', () => {
    it('what two failures hold comes back with the second restore', async () => {
      await contract.lab.fail(CLIENT, 'silent');
      await contract.lab.fail(LINK, 'silent');
      await contract.lab.restore(CLIENT);
      expect([await linkState(), await contract.pings('dublin')]).toEqual(['silent', false]);
      await contract.lab.restore(LINK);
      expect([await linkState(), await contract.pings('dublin')]).toEqual(['up', true]);
    });

    it('a link that is silent and down comes up silent', async () => {
      await contract.lab.fail(CLIENT, 'silent');
      await contract.lab.setLink(link, { down: true });
      expect(await linkState()).toBe('down');
      await contract.lab.setLink(link, { down: false });
      expect([await linkState(), await contract.pings('dublin')]).toEqual(['silent', false]);
      await contract.lab.restore(CLIENT);
      expect([await linkState(), await contract.pings('dublin')]).toEqual(['up', true]);
    });

    it('a target that fails in another way is failed in that way only', async () => {
      await contract.lab.fail(LINK, 'silent');
      await contract.lab.fail(LINK, 'clean');
      expect(await linkState()).toBe('down');
      await contract.lab.restore(LINK);
      expect([await linkState(), await contract.pings('dublin')]).toEqual(['up', true]);
    });

    it('asked for at the same moment they are one after the other', async () => {
      await Promise.all([contract.lab.fail(CLIENT, 'silent'), contract.lab.fail(LINK, 'clean')]);
      await Promise.all([contract.lab.restore(LINK), contract.lab.restore(CLIENT)]);
      expect([await linkState(), await contract.pings('dublin')]).toEqual(['up', true]);
    });

    it('a service on a node that fails too is restored by itself', async () => {
      const unbound = service('isp-dublin', 'unbound');
      await contract.lab.fail(unbound, 'clean');
      await contract.lab.fail({ kind: 'node', node: 'isp-dublin' }, 'clean');
      await contract.lab.restore({ kind: 'node', node: 'isp-dublin' });
      expect(await contract.service('isp-dublin', 'unbound')).toMatchObject({ state: 'stopped' });
      await contract.lab.restore(unbound);
      await contract.ready();
    });
  });

  it.each<[string, () => Promise<void>, RegExp]>([
    ['a client that is to be drained', () => contract.lab.fail(CLIENT, 'drain'), /only a POP/],
    ['an unknown service', () => contract.lab.fail(service('dublin', 'edge'), 'clean'), /no service edge/],
    ['a restore of what is not failed', () => contract.lab.restore(POP), /pop-fra is not failed/],
  ])('%s is refused in a sentence, and nothing is failed', async (_what, act, message) => {
    await expect(act()).rejects.toThrow(message);
    const { nodes, links } = await contract.status();
    expect(nodes.filter(({ failed }) => failed)).toEqual([]);
    expect(links.filter(({ state }) => state !== 'up')).toEqual([]);
  });

  it.each([
    ['t1-lon', 'bird'],
    ['pop-lon', 'dns'],
  ])('%s/%s that dies by itself is told, and started again; its node keeps its links', async (name, what) => {
    await contract.ready();
    const before = (await contract.service(name, what))?.restarts ?? 0;
    const interfaces = () => contract.sh(name, 'ip -o link | cut -d: -f1,2');
    const { stdout } = await interfaces();
    const subject = `${name}/${what}`;
    const seen = await eventsDuring(
      contract.lab,
      () => contract.harness.killService(contract.found, name, what),
      (event) => event.kind === 'service-died' && event.subject === subject,
    );
    expect(seen.at(-1)?.message).toContain(subject);
    await until('started again', async () => {
      const now = await contract.service(name, what);
      return now?.healthy === true && now.restarts > before;
    });
    expect((await interfaces()).stdout).toBe(stdout);
    await contract.ready();
  });
}
