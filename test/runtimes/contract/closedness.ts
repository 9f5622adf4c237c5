// The lab is closed: nothing of it is on the host, nothing of the host or of any real network can be reached from it. By
// trying: a TCP and a UDP socket of the host that everybody may reach, and nobody from inside does.

import { createSocket } from 'node:dgram';
import { type AddressInfo, createConnection, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect, it } from 'vitest';
import type { ContractLab } from './contract-lab.ts';

/** One of each kind. */
const NODES = ['paris', 'isp-paris', 't1-fra', 'pop-fra', 'root'];

/** Lines `ADDRESS PORT` in, a TCP connection and a UDP datagram to each; link-local ones over every interface. */
const REACH_OUT = `
devices=$(ls /sys/class/net 2>/dev/null || ip -o link | cut -d: -f2 | cut -d@ -f1)
reach() {
  (exec 3<>"/dev/tcp/$1/$2" && echo hello >&3) &
  (echo hello >"/dev/udp/$1/$2") &
}
for device in $devices; do ping -6 -c 2 -i 0.3 -w 1 "ff02::1%$device" & done >&2
wait
neighbours=$(ip -6 neigh show | sed -n 's/^\\(fe80[^ ]*\\) dev \\([^ ]*\\).*/\\1%\\2/p')
while read -r address port; do
  case $address in
    fe80*) for device in $devices; do reach "$address%$device" "$port"; done ;;
    *) reach "$address" "$port" ;;
  esac
done
for neighbour in $neighbours; do reach "$neighbour" "$port"; done
sleep 1
kill $(jobs -p)
exit 0`;

export function closednessContract(contract: ContractLab): void {
  it('no socket of the host is reached from inside, over any address of the host or of a neighbour', async () => {
    const host = await openHost();
    try {
      await host.reached('127.0.0.1');
      expect(host.connections(), 'the test itself works').toBe(2);
      const addresses = [...hostAddresses(), '127.0.0.1', '::1', '0.0.0.0'];
      const input = addresses.map((address) => `${address} ${host.port}\n`).join('');
      for (const node of NODES) {
        const argv = ['bash', '-c', REACH_OUT];
        expect((await contract.lab.exec(node, argv, { input })).exitCode).toBe(0);
      }
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
