// What the relay costs and how exact it is: crossing error, CPU, memory and TCP throughput, beside a plain veth pair in
// the same minutes (the machine's speed drifts). Usage: node bench/relay.ts [--underlay] [--json]; needs root or user
// namespaces. With --underlay the link is made of VXLAN over a bridged network, as between containers.
// It runs itself again inside network, mount and PID namespaces of its own, so nothing of it stays behind.

import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { PlannedLink } from '../src/runtimes/lab-plan.ts';
import { relayLinkCommands, vethCommands } from '../src/shaping/link-commands.ts';
import { type RelayProcess, startRelay } from '../src/shaping/relay/io/relay-process.ts';
import { LATE_BOUNDS_US, relayLink } from '../src/shaping/relay/protocol.ts';
import { startPeer } from '../test/shaping/contract/peer-process.ts';
import { run, startUnderlayRelay } from '../test/shaping/contract/shapers.ts';

const DELAY_MS = 10;
const PINGS = 300;
const UPLOAD_BYTES = 200_000_000;
const IDLE_MS = 3000;

if (process.env['CATCHMENT_BENCH_INSIDE'] !== '1') {
  const isRoot = process.getuid?.() === 0;
  const isolation = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const script = 'mount -t tmpfs tmpfs /run && mkdir /run/netns && exec "$@"';
  const self = [process.execPath, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const argv = [
    ...isolation,
    ...(isRoot ? [] : ['--user', '--map-root-user']),
    'sh',
    '-c',
    script,
    'sh',
    ...self,
  ];
  const env = { ...process.env, CATCHMENT_BENCH_INSIDE: '1' };
  process.exit(spawnSync('unshare', argv, { stdio: 'inherit', env }).status ?? 1);
}

const relayed = planLink('relayed', 'r', DELAY_MS);
const plain = planLink('plain', 'p', 0);
run(['a', 'b'].map((node) => ({ program: 'ip', argv: ['netns', 'add', node] })));
run(vethCommands(plain, (node) => node));
const relay = process.argv.includes('--underlay')
  ? (await startUnderlayRelay([relayed])).relay
  : await startVethRelay(relayed);
run([...address('a', 'r0', '198.18.0.0'), ...address('b', 'r1', '198.18.0.1')]);
run([...address('a', 'p0', '198.18.0.2'), ...address('b', 'p1', '198.18.0.3')]);

const a = await startPeer('a');
const b = await startPeer('b');
ping('198.18.0.1', 5);
const idleBefore = cpuMs();
await sleep(IDLE_MS);
const idleCpuPercent = ((cpuMs() - idleBefore) / IDLE_MS) * 100;

const before = await lateCounts();
const lightBefore = cpuMs();
const overRelay = ping('198.18.0.1', PINGS);
const lightCpuUs = ((cpuMs() - lightBefore) * 1000) / (2 * PINGS);
const overVeth = ping('198.18.0.3', PINGS);
const after = await lateCounts();
const late = after.map((count, i) => count - (before[i] as number));

const heavyBefore = cpuMs();
const relayUpload = (await a.ask({ upload: { to: '198.18.0.1', bytes: UPLOAD_BYTES } })) as { ms: number };
const heavyCpuMs = cpuMs() - heavyBefore;
const vethUpload = (await a.ask({ upload: { to: '198.18.0.3', bytes: UPLOAD_BYTES } })) as { ms: number };

const result = {
  crossingErrorUs: {
    shortest: Math.round(((overRelay.min - 2 * DELAY_MS - overVeth.min) / 2) * 1000),
    mean: Math.round(((overRelay.mean - 2 * DELAY_MS - overVeth.mean) / 2) * 1000),
  },
  releaseLateUs: { p50: percentile(late, 0.5), p90: percentile(late, 0.9), p99: percentile(late, 0.99) },
  idleCpuPercent: Number(idleCpuPercent.toFixed(2)),
  lightCpuUsPerCrossing: Math.round(lightCpuUs),
  tcpMbit: { relay: megabits(relayUpload.ms), veth: megabits(vethUpload.ms) },
  bulkCpuShare: Number((heavyCpuMs / relayUpload.ms).toFixed(2)),
  pssMb: Number((pssKb() / 1024).toFixed(1)),
};
if (process.argv.includes('--json')) console.log(JSON.stringify(result));
else print();
await Promise.all([a.stop(), b.stop(), relay.stop()]);

function print(): void {
  const { crossingErrorUs: error, releaseLateUs: lateUs, tcpMbit } = result;
  console.log(`planned RTT ${2 * DELAY_MS} ms; ping ${overRelay.min} ms shortest, ${overRelay.mean} ms mean`);
  console.log(`crossing error (beside plain veth): ${error.shortest} us at best, ${error.mean} us mean`);
  console.log(`release after the deadline: p50 ${lateUs.p50}, p90 ${lateUs.p90}, p99 ${lateUs.p99}`);
  console.log(`CPU: idle ${result.idleCpuPercent} %, ${result.lightCpuUsPerCrossing} us per lonely frame`);
  console.log(
    `TCP, one flow: relay ${tcpMbit.relay} Mbit/s at ${result.bulkCpuShare} cores, veth ${tcpMbit.veth} Mbit/s`,
  );
  console.log(`memory: ${result.pssMb} MB PSS`);
}

async function startVethRelay(link: PlannedLink): Promise<RelayProcess> {
  run([{ program: 'ip', argv: ['netns', 'add', '_relay'] }]);
  run(relayLinkCommands(0, link, (node) => node, '_relay'));
  const relay = startRelay({
    namespace: '/run/netns/_relay',
    onTrouble: (message) => console.error(message),
  });
  await relay.configure([relayLink(0, link)]);
  return relay;
}

function planLink(name: string, prefix: string, delayMs: number): PlannedLink {
  const ends = { a: { node: 'a', interface: `${prefix}0` }, b: { node: 'b', interface: `${prefix}1` } };
  return { name, ...ends, aToB: { delayMs }, bToA: { delayMs } };
}

function address(node: string, dev: string, ipv4: string) {
  const lines = [
    ['link', 'set', 'dev', dev, 'up'],
    ['addr', 'add', `${ipv4}/31`, 'dev', dev],
  ];
  return lines.map((argv) => ({ node, program: 'ip' as const, argv }));
}

function ping(to: string, count: number): { min: number; mean: number } {
  const argv = ['--net=/run/netns/a', 'ping', '-c', String(count), '-i', '0.01', '-q', to];
  const [, min, mean] = /= ([\d.]+)\/([\d.]+)/.exec(String(execFileSync('nsenter', argv))) ?? [];
  return { min: Number(min), mean: Number(mean) };
}

async function lateCounts(): Promise<number[]> {
  const { aToB, bToA } = (await relay.stats()).links['relayed'] as {
    aToB: { late: number[] };
    bToA: { late: number[] };
  };
  return aToB.late.map((count, i) => count + (bToA.late[i] as number));
}

/** The histogram's bound that the share stays below. */
function percentile(counts: number[], share: number): string {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let seen = 0;
  const bucket = counts.findIndex((count) => {
    seen += count;
    return seen >= share * total;
  });
  return bucket < LATE_BOUNDS_US.length ? `<${LATE_BOUNDS_US[bucket]} us` : `>=${LATE_BOUNDS_US.at(-1)} us`;
}

function megabits(ms: number): number {
  return Math.round((UPLOAD_BYTES * 8) / 1000 / ms);
}

/** User and system time of the relay; the kernel counts in ticks of 10 ms. */
function cpuMs(): number {
  const fields = readFileSync(`/proc/${relay.pid}/stat`, 'utf8').split(' ');
  return (Number(fields[13]) + Number(fields[14])) * 10;
}

function pssKb(): number {
  return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${relay.pid}/smaps_rollup`, 'utf8'))?.[1]);
}
