// A thousand clients at once at one object that nobody has: requests at the origin with and without a shield.

import { herd as herdOf } from '../client.ts';
import type { Bench } from '../prepare.ts';
import type { RunningServer } from '../server.ts';
import { catchmentShielded } from '../servers/catchment.ts';
import { nginx } from '../servers/nginx.ts';
import { squid } from '../servers/squid.ts';
import { trafficserver } from '../servers/trafficserver.ts';
import { varnish } from '../servers/varnish.ts';

const CLIENTS = 1000;
const EDGES = 4;
const SECTION = `${CLIENTS} simultaneous misses of one object, origin 300 ms`;
const ORIGIN_MS = 300;

export async function misses(bench: Bench): Promise<void> {
  const peers = [nginx('tuned'), varnish, squid('collapsed'), trafficserver];
  for (const kind of [...peers, bench.ours()])
    await bench.with(kind, {}, (server) =>
      measure(bench, [server], kind.name, kind.name === 'ours' ? 1 : undefined),
    );
  await withEdges(bench, undefined, (edges) => measure(bench, edges, `ours, ${EDGES} edges`, EDGES));
  await bench.with(bench.ours({ name: 'shield' }), {}, async (shield) =>
    withEdges(bench, shield.port, (edges) => measure(bench, edges, `ours, ${EDGES} edges and a shield`, 1)),
  );
}

async function measure(
  bench: Bench,
  servers: readonly RunningServer[],
  name: string,
  bar: number | undefined,
): Promise<void> {
  const path = `/misses/${name.replaceAll(/\W+/g, '-')}`;
  bench.origin.behave(path, { cacheControl: 'max-age=60', delayMs: ORIGIN_MS, bytes: 10_000 });
  const replies = (
    await Promise.all(servers.map((server) => herdOf(server.port, CLIENTS / servers.length, path)))
  ).flat();
  const good = replies.filter(({ status, whole, body }) => status === 200 && whole && body.length === 10_000);
  const slowest = Math.max(...replies.map(({ totalMs }) => totalMs));
  bench.record({
    section: SECTION,
    what: `requests at the origin, ${name}`,
    value: bench.origin.asked(path),
    unit: '',
    ...(bar !== undefined && { bar }),
    detail: `${good.length} whole answers, the last after ${slowest.toFixed(0)} ms`,
  });
  if (bar !== undefined && good.length < CLIENTS)
    bench.problems.push(`${name}: ${CLIENTS - good.length} of ${CLIENTS} without a whole answer`);
}

async function withEdges(
  bench: Bench,
  shieldPort: number | undefined,
  work: (edges: RunningServer[]) => Promise<void>,
): Promise<void> {
  const edges: RunningServer[] = [];
  try {
    for (let i = 0; i < EDGES; i++)
      edges.push(
        await bench.start(bench.ours({ name: `edge ${i}`, more: catchmentShielded(i, shieldPort) })),
      );
    await work(edges);
  } catch (error) {
    bench.problems.push(`edges: ${(error as Error).message}`);
    bench.say(`  ${(error as Error).message}`);
  } finally {
    for (const edge of edges) await edge.stop();
  }
}
