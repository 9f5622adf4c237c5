// What links over an underlay owe beyond the contract, tried with the kernel's own VXLAN devices: a - r - b, of which r
// forwards. Prints one JSON line that test/lab/shaping-relay.test.ts judges.

import { execFileSync } from 'node:child_process';
import type { PlannedLink } from '../../../src/runtimes/lab-plan.ts';
import type { Received, Upload } from './peer.ts';
import { startPeer } from './peer-process.ts';
import { run, startUnderlayRelay } from './shapers.ts';

const UPLOAD_BYTES = 20_000_000;
const B = '198.18.0.3';
const nodes = ['a', 'r', 'b'];
const links: PlannedLink[] = [
  planLink({ node: 'a', interface: 'up' }, { node: 'r', interface: 'left' }, 40),
  planLink({ node: 'r', interface: 'right' }, { node: 'b', interface: 'up' }, 1),
];

run(nodes.map((node) => ({ program: 'ip', argv: ['netns', 'add', node] })));
const { relay } = await startUnderlayRelay(links);
run([...address('a', 'up', '198.18.0.0'), ...address('r', 'left', '198.18.0.1')]);
run([...address('r', 'right', '198.18.0.2'), ...address('b', 'up', B)]);
for (const [node, via] of [
  ['a', '198.18.0.1'],
  ['b', '198.18.0.2'],
] as const)
  run([{ node, program: 'ip', argv: ['route', 'add', 'default', 'via', via] }]);
inside('r', 'sysctl', '-qw', 'net.ipv4.ip_forward=1');

const a = await startPeer('a');
const b = await startPeer('b');
const pingMs = Number(
  /= ([\d.]+)\//.exec(inside('a', 'ping', '-c', '20', '-i', '0.2', '-q', '198.18.0.1'))?.[1],
);
for (const link of links) await relay.set({ link: link.name, impairment: { delayMs: 1 } });
const upload = (await a.ask({ upload: { to: B, bytes: UPLOAD_BYTES } })) as Upload;
await a.ask({ send: { to: B, count: 50, intervalMs: 1, bytes: 4000 } });
await new Promise((resolve) => setTimeout(resolve, 300));
const fragmented = ((await b.ask({ received: true })) as Received).length;
const { foreign, sendErrors, kernelDrops } = await relay.stats();
await Promise.all([a.stop(), b.stop()]);

console.log(
  JSON.stringify({
    pingMs,
    uploadIntact: upload.intact,
    fragmented,
    checksumErrors: nodes.map(checksumErrors),
    foreign,
    sendErrors,
    kernelDrops,
  }),
);
await relay.stop();

function planLink(a: PlannedLink['a'], b: PlannedLink['b'], delayMs: number): PlannedLink {
  return { name: `${a.node}--${b.node}`, a, b, aToB: { delayMs }, bToA: { delayMs } };
}

function address(node: string, dev: string, ipv4: string) {
  const lines = [
    ['link', 'set', 'dev', 'lo', 'up'],
    ['link', 'set', 'dev', dev, 'up'],
    ['addr', 'add', `${ipv4}/31`, 'dev', dev],
  ];
  return lines.map((argv) => ({ node, program: 'ip' as const, argv }));
}

/** Segments and datagrams that arrived with a wrong checksum, as the node's kernel counts them. */
function checksumErrors(node: string): number {
  const counts = inside(node, 'nstat', '-asz', 'TcpInCsumErrors', 'UdpInCsumErrors', 'IcmpInCsumErrors');
  return [...counts.matchAll(/CsumErrors +(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
}

function inside(node: string, ...command: string[]): string {
  return String(execFileSync('nsenter', [`--net=/run/netns/${node}`, ...command]));
}
