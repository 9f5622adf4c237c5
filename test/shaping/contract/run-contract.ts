// The contract's experiments, run inside namespaces of their own (or a user-mode Linux): two nodes, one link, one
// shaper. Prints what was measured as one JSON line; expectations.ts judges it. Usage: run-contract.ts SHAPER [BYTES [PACE]]
// (bytes of a large upload; PACE stretches the gaps between datagrams, for slow machines)

import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Impairment, PlannedLink } from '../../../src/runtimes/lab-plan.ts';
import type { Measured } from './expectations.ts';
import type { Received, Upload } from './peer.ts';
import { type Peer, startPeer } from './peer-process.ts';
import { run, SHAPERS } from './shapers.ts';

const [shaperName = '', uploadBytes = '32000000', pace = '1'] = process.argv.slice(2);
/** Longer than any delay of an experiment. */
const QUIET_MS = 250;
const A = '198.18.0.0';
const B = '198.18.0.1';

const planned: PlannedLink = {
  name: 'a--b',
  a: { node: 'a', interface: 'b' },
  b: { node: 'b', interface: 'a' },
  aToB: { delayMs: 20 },
  bToA: { delayMs: 20 },
};

run(['a', 'b'].map((node) => ({ program: 'ip', argv: ['netns', 'add', node] })));
const shaper = await (SHAPERS[shaperName] as (typeof SHAPERS)[string])(planned);
run([...configure('a', 'b', A, '2001:db8:1::'), ...configure('b', 'a', B, '2001:db8:1::1')]);
const a = await startPeer('a');
const b = await startPeer('b');

const measured: Partial<Measured> = {};
await a.ask({ connect: { to: B, attempts: 1 } }); // neighbour discovery
measured.pingMs = { v4: ping('a', B), v6: ping('a', '2001:db8:1::1') };
measured.connectMs = (await a.ask({ connect: { to: B, attempts: 5 } })) as number;

await shape({ delayMs: 30 }, { delayMs: 5 });
measured.oneWayMs = {
  aToB: shortest(await flow(a, b, B, 20, 5)),
  bToA: shortest(await flow(b, a, A, 20, 5)),
};

await shape({ delayMs: 150 });
const sending = a.ask({ send: { to: B, count: 50, intervalMs: 2 * Number(pace) } });
await sleep(50);
await shape({ delayMs: 40 });
await sending;
measured.acrossChange = await arrivals(b);
measured.changedMs = shortest(await flow(a, b, B, 20, 5));

const whileChanging = a.ask({ upload: { to: B, bytes: Number(uploadBytes) } });
for (const delayMs of [5, 1, 3]) {
  await sleep(100);
  await shape({ delayMs }, { delayMs });
}
measured.uploads = {
  changing: (await whileChanging) as Upload,
  aToB: await upload(a, B),
  bToA: await upload(b, A),
};

await shape({ delayMs: 5, lossPercent: 100 });
measured.lossAll = (await flow(a, b, B, 20, 1)).length;
await shape({ delayMs: 5, lossPercent: 20 });
measured.loss20 = (await flow(a, b, B, 1000, 0.5)).length;
await shape({ delayMs: 5 });
await shaper.blackhole(planned, true);
measured.blackhole = (await flow(a, b, B, 20, 1)).length + (await flow(b, a, A, 20, 1)).length;
await shaper.blackhole(planned, false);
measured.restored = (await flow(a, b, B, 20, 1)).length + (await flow(b, a, A, 20, 1)).length;

await shape({ delayMs: 5, duplicatePercent: 50 });
measured.duplicated = (await flow(a, b, B, 400, 0.5)).length;
await shape({ delayMs: 30, reorderPercent: 25 });
measured.reordered = (await flow(a, b, B, 200, 2)).filter(([, delayMs]) => delayMs < 15).length;
await shape({ delayMs: 40, jitterMs: 8 });
measured.jitter = await flow(a, b, B, 200, 3);
await shape({ delayMs: 100, limitFrames: 10 });
measured.limited = (await flow(a, b, B, 100, 0)).length;
await shape({ delayMs: 5, rateMbit: 10 });
measured.rated = await upload(a, B, 1_000_000);

console.log(JSON.stringify({ measured }));
await Promise.all([a.stop(), b.stop(), shaper.stop()]);

function configure(node: string, dev: string, ipv4: string, ipv6: string) {
  const lines = [
    ['link', 'set', 'dev', 'lo', 'up'],
    ['link', 'set', 'dev', dev, 'up'],
    ['addr', 'add', `${ipv4}/31`, 'dev', dev],
    ['addr', 'add', `${ipv6}/127`, 'dev', dev, 'nodad'],
  ];
  return lines.map((argv) => ({ node, program: 'ip' as const, argv }));
}

async function shape(aToB: Impairment, bToA: Impairment = { delayMs: 1 }): Promise<void> {
  Object.assign(planned, { aToB, bToA });
  await shaper.set(planned);
}

/** Datagrams from one peer to the other, and what came of them. */
async function flow(
  from: Peer,
  to: Peer,
  address: string,
  count: number,
  intervalMs: number,
): Promise<Received> {
  await to.ask({ received: true });
  await from.ask({ send: { to: address, count, intervalMs: intervalMs * Number(pace) } });
  return arrivals(to);
}

/** Everything that comes until nothing does. */
async function arrivals(peer: Peer): Promise<Received> {
  const all: Received = [];
  for (;;) {
    await sleep(QUIET_MS);
    const more = (await peer.ask({ received: true })) as Received;
    if (more.length === 0) return all;
    all.push(...more);
  }
}

async function upload(from: Peer, to: string, bytes = Number(uploadBytes)): Promise<Upload> {
  return (await from.ask({ upload: { to, bytes } })) as Upload;
}

function shortest(received: Received): number {
  return Math.min(...received.map(([, delayMs]) => delayMs));
}

/** The shortest of several round trips. */
function ping(node: string, to: string): number {
  const output = execFileSync('nsenter', [
    `--net=/run/netns/${node}`,
    'ping',
    '-c',
    '8',
    '-i',
    '0.05',
    '-W',
    '2',
    '-q',
    to,
  ]);
  return Number(/= ([\d.]+)\//.exec(String(output))?.[1]);
}
