// The lab is closed: nothing of it is on the host, nothing of the host or of any real network can be reached from it. By
// trying: a TCP and a UDP socket of the host that everybody may reach, and nobody from inside does.

import { createSocket } from 'node:dgram';
import { type AddressInfo, createConnection, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect, it } from 'vitest';
import type { ContractLab } from './contract-lab.ts';

/** One of each kind. */
const NODES = ['paris', 'isp-paris', 't1-fra', 'pop-fra', 'root'];

/** Fills the neighbour table: everybody on a link answers to ff02::1 (RFC 4291 section 2.7.1). */
const MEET_NEIGHBOURS = `
for device in $(ip -o link | cut -d: -f2 | cut -d@ -f1); do ping -6 -c 2 -i 0.3 -w 1 "ff02::1%$device" & done >&2
wait
ip -6 neigh show`;

/** A Node.js program: to each of the addresses of its input a TCP connection and a UDP datagram. */
const REACH_OUT = `
const { addresses, port } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const udp = { 4: require('dgram').createSocket('udp4'), 6: require('dgram').createSocket('udp6') };
for (const address of addresses) {
  require('net').connect({ host: address, port }).on('error', () => {});
  udp[require('net').isIPv6(address) ? 6 : 4].send('hello', port, address, () => {});
}
setTimeout(() => process.exit(), 1500);`;

export function closednessContract(contract: ContractLab): void {
  it('no socket of the host is reached from inside, over any address of the host or of a neighbour', async () => {
    const host = await openHost();
    try {
      await host.reached('127.0.0.1');
      expect(host.connections(), 'the test itself works').toBe(2);
      await Promise.all(NODES.map((node) => reachOut(contract, node, host.port)));
      expect(host.connections()).toBe(2);
    } finally {
      host.close();
    }
  });

  it('no address of it is on the host', async () => {
    const own = new Set(hostAddresses());
    for (const { name, addresses } of (await contract.status()).nodes)
      for (const address of addresses) expect(own.has(address), `${address} of ${name}`).toBe(false);
  });

  it('no node but a client has a default route, and theirs lead to their access router', async () => {
    for (const { name, kind } of (await contract.status()).nodes) {
      const { stdout } = await contract.sh(name, 'ip -4 route show default; ip -6 route show default');
      const gateways = stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => /via (\S+)/.exec(line)?.[1]);
      const gateway = contract.found.topology.nodes.find((each) => each.name === name)?.defaultGateway;
      expect(gateways, name).toEqual(kind === 'client' ? [gateway?.ipv4, gateway?.ipv6] : []);
    }
  });

  it.each(['8.8.8.8', '10.0.0.1', '172.17.0.1', '169.254.169.254', '2606:4700:4700::1111'])(
    'a packet to %s is answered as unreachable inside',
    async (address) => {
      const { exitCode, stdout } = await contract.sh('paris', 'ping -c 1 -W 3 "$1"', address);
      expect(exitCode).not.toBe(0);
      expect(stdout).toMatch(/unreachable|No route/i);
    },
  );

  it('no name of the outside is known inside, not even by the resolver that a container engine may offer', async () => {
    const names = 'getent ahosts deb.debian.org; getent ahosts host.docker.internal';
    const engine = 'dig +time=1 +tries=1 +short @127.0.0.11 deb.debian.org | grep -v "^;"';
    for (const node of ['paris', 'pop-fra']) {
      const { stdout } = await contract.sh(node, `${names}; ${engine}`);
      expect(stdout, node).toBe('');
    }
  });
}

/** Over every address of the host and of every neighbour; link-local ones over every interface. */
async function reachOut(contract: ContractLab, node: string, port: number): Promise<void> {
  const { stdout } = await contract.sh(node, MEET_NEIGHBOURS);
  const neighbours = [...stdout.matchAll(/^(fe80\S+) dev (\S+)/gm)].map(
    ([, address, device]) => `${address}%${device}`,
  );
  const links = await contract.sh(node, 'ip -o link | cut -d: -f2 | cut -d@ -f1');
  const devices = links.stdout
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  const hosts = [...hostAddresses(), '127.0.0.1', '::1', '0.0.0.0'].flatMap((address) =>
    address.startsWith('fe80:') ? devices.map((device) => `${address}%${device}`) : [address],
  );
  const [executable = ''] = contract.lab.programCommand('probe');
  const input = JSON.stringify({ port, addresses: [...hosts, ...neighbours] });
  const { exitCode, stderr } = await contract.lab.exec(node, [executable, '-e', REACH_OUT], { input });
  expect(exitCode, stderr).toBe(0);
}

/** Of all interfaces of this machine, without scopes. */
function hostAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address));
}

/** One port, TCP and UDP, on all addresses of both families, and how often it was reached. */
async function openHost() {
  let count = 0;
  const server = createServer((socket) => {
    count++;
    socket.on('error', () => {}).destroy();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen({ host: '::', port: 0, ipv6Only: false }, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const udp = createSocket({ type: 'udp6', ipv6Only: false }).on('message', () => count++);
  await new Promise<void>((resolve) => udp.bind(port, '::', resolve));
  return {
    port,
    connections: () => count,
    /** Resolves once both sockets have been reached from here. */
    async reached(address: string): Promise<void> {
      const before = count;
      createConnection({ port, host: address }).on('error', () => {});
      const sender = createSocket('udp4');
      sender.send('hello', port, address);
      await new Promise<void>((resolve) => {
        const poll = setInterval(() => {
          if (count < before + 2) return;
          clearInterval(poll);
          resolve();
        }, 10);
      });
      sender.close();
    },
    close() {
      server.close();
      udp.close();
    },
  };
}
