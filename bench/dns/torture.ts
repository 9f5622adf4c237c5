// The long run of the tests in test/dns/torture: `node bench/dns/torture.ts --packets 10000000`. Mutated packets through the
// packet handler with the heap watched, then over UDP to the real process with its memory watched, then the answers to
// random client networks beside gdnsd's, and its scopes. Exit 1 when a rule is broken; a packet is named by seed and number.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { installed } from '../../test/dns/support/command.ts';
import { createMutator } from '../../test/dns/support/mutate.ts';
import { testPipeline } from '../../test/dns/support/pipeline.ts';
import { addressesFor } from '../../test/dns/support/query.ts';
import { openUdp } from '../../test/dns/support/raw-socket.ts';
import { brokenRule } from '../../test/dns/support/reply-rules.ts';
import { startServer } from '../../test/dns/support/server.ts';
import { worldConfig, worldFiles } from '../../test/dns/support/world.ts';
import { corpus } from '../../test/dns/torture/corpus/corpus.ts';
import { compareWithGdnsd } from './torture-oracle.ts';

const USAGE =
  'usage: node bench/dns/torture.ts [--packets 1000000] [--seed 1] [--only handler,process,oracle] [--workers 1]';
/** Of a heap of about 10 MB, after a collection: what a leak of a byte a packet would reach in the long run. */
const HEAP_GROWTH_MB = 8;
const RESIDENT_GROWTH_MB = 60;
const SHOWN = 5;

const { values } = parseArgs({
  options: {
    packets: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: 'handler,process,oracle' },
    workers: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});
const packets = Number(values.packets);
const seed = Number(values.seed);
if (values.help || !Number.isInteger(packets) || !Number.isInteger(seed)) {
  console.log(USAGE);
  process.exit(values.help ? 0 : 2);
}

const parts: Record<string, () => Promise<string[]>> = {
  handler: async () => [...(await tortureHandler('udp')), ...(await tortureHandler('tcp'))],
  process: tortureProcess,
  oracle,
};
const problems: string[] = [];
for (const name of values.only.split(',')) {
  const part = parts[name];
  if (!part) throw new Error(`no part ${name}; ${USAGE}`);
  console.log(`· ${name}`);
  problems.push(...(await part()));
}
for (const problem of problems) console.log(`wrong: ${problem}`);
process.exit(problems.length > 0 ? 1 : 0);

async function tortureHandler(transport: 'udp' | 'tcp'): Promise<string[]> {
  const pipeline = await testPipeline();
  const mutator = createMutator(corpus(), seed);
  const broken: string[] = [];
  const bytes = { in: 0, out: 0 };
  let longest = 0;
  let slowest: { ms: number; packet: Buffer } = { ms: 0, packet: Buffer.alloc(0) };
  const handle = (i: number) => {
    const packet = mutator.next();
    let rule: string | undefined;
    const started = performance.now();
    try {
      const reply = pipeline.handle(packet, transport);
      const ms = performance.now() - started;
      if (ms > slowest.ms) slowest = { ms, packet };
      rule = brokenRule(packet, reply, transport);
      bytes.in += packet.length;
      bytes.out += reply?.length ?? 0;
      longest = Math.max(longest, reply?.length ?? 0);
    } catch (error) {
      rule = `threw ${(error as Error).stack}`;
    }
    if (rule && broken.length < SHOWN)
      broken.push(`${rule}; packet ${i} of seed ${seed}: ${packet.toString('hex')}`);
  };
  const warmUp = Math.min(packets / 2, 200_000);
  for (let i = 0; i < warmUp; i++) handle(i);
  const before = heapMb();
  const startedMs = performance.now();
  for (let i = warmUp; i < packets; i++) handle(i);
  const seconds = (performance.now() - startedMs) / 1000;
  const grown = heapMb() - before;
  // The slowest is mostly one that the collector or another process fell upon.
  const again = Math.min(
    ...Array.from({ length: 5 }, () => timed(() => pipeline.handle(slowest.packet, transport))),
  );
  console.log(
    `  ${transport}: ${packets} packets, ${Math.round((packets - warmUp) / seconds)} a second with their checks, longest reply ${longest} bytes, ` +
      `${(bytes.out / bytes.in).toFixed(2)} bytes out for each in, slowest ${slowest.ms.toFixed(1)} ms (alone ${again.toFixed(3)} ms), heap ${grown >= 0 ? '+' : ''}${grown.toFixed(1)} MB`,
  );
  if (again > 5) broken.push(`${again.toFixed(1)} ms for ${slowest.packet.toString('hex')}`);
  if (grown > HEAP_GROWTH_MB) broken.push(`the heap grew by ${grown.toFixed(1)} MB over ${packets} packets`);
  return broken;
}

async function tortureProcess(): Promise<string[]> {
  const workers = values.workers === 'auto' ? 'auto' : Number(values.workers);
  const server = await startServer({
    config: worldConfig({ rateLimit: false, workers }),
    files: worldFiles(),
  });
  const client = await openUdp(server);
  const mutator = createMutator(corpus(), seed + 1);
  const problems: string[] = [];
  let replies = 0;
  client.socket.on('message', (reply) => {
    replies++;
    if (reply.length > 1232) problems.push(`a reply of ${reply.length} bytes`);
  });
  // A tenth of the packets: the sockets cost more than the handler.
  const count = Math.ceil(packets / 10);
  let before = 0;
  for (let i = 0; i < count; i++) {
    client.send(mutator.next());
    if (i % 200 === 0) await sleep(1);
    if (i === Math.floor(count / 5)) before = server.residentMb();
  }
  await sleep(300);
  client.close();
  const grown = server.residentMb() - before;
  const alive = await addressesFor(server, 'static.cdn.test').catch((error: Error) => error.message);
  console.log(
    `  ${count} packets over UDP, ${replies} replies, resident memory ${server.residentMb().toFixed(0)} MB (${grown.toFixed(0)} more)`,
  );
  if (alive !== '192.0.2.10 192.0.2.11') problems.push(`afterwards it answers ${alive}`);
  if (grown > RESIDENT_GROWTH_MB) problems.push(`the process grew by ${grown.toFixed(0)} MB`);
  const complaints = [
    ...server.log.filter(({ level }) => level !== 'info').map((line) => JSON.stringify(line)),
    ...server.noise,
  ];
  problems.push(...complaints.slice(0, SHOWN));
  const { code } = await server.stop();
  if (code !== 0) problems.push(`it ended with ${code}`);
  return problems;
}

async function oracle(): Promise<string[]> {
  if (!installed('gdnsd')) {
    console.log('  skipped: gdnsd is not installed (apt-get install gdnsd)');
    return [];
  }
  const scratch = mkdtempSync(join(tmpdir(), 'catchment-dns-oracle-'));
  try {
    return await compareWithGdnsd(scratch, seed, (line) => console.log(`  ${line}`));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function timed(work: () => unknown): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}

/** After a full collection. */
function heapMb(): number {
  setFlagsFromString('--expose-gc');
  const collect: NodeJS.GCFunction = runInNewContext('gc');
  collect({ type: 'major', execution: 'sync' });
  collect({ type: 'major', execution: 'sync' });
  return process.memoryUsage().heapUsed / 2 ** 20;
}
