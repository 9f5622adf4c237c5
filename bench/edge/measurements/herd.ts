// A hundred clients at one URL in one moment: how often the origin is asked, what clients wait, and who gets what. The
// best right cell of every column is the bar for ours.

import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../../support/statistics.ts';
import { ask, fieldOf, herd as herdOf, openClient, type Reply } from '../client.ts';
import type { Behaviour } from '../origin.ts';
import type { Bench } from '../prepare.ts';
import type { RunningServer, ServerKind } from '../server.ts';
import { nginx } from '../servers/nginx.ts';
import { squid } from '../servers/squid.ts';
import { trafficserver } from '../servers/trafficserver.ts';
import { varnish } from '../servers/varnish.ts';

const CLIENTS = 100;
const ORIGIN_MS = 500;
/** Longer than any of the lifetimes below, and shorter than Varnish's grace of ten seconds. */
const EXPIRY_MS = 2300;
const WARM_UP_PATHS = 10;
const WARM_UP_ROUNDS = 5;
/** A p50 as good as the best: this share of it and these milliseconds more are the machine's noise. */
const NOISE = { share: 1.25, ms: 25 };

/** Its name, since its bar needs a word more. */
const NO_STORE = 'no-store (200 ms)';

interface Column {
  name: string;
  cacheControl: string;
  /** What the origin does in the herd; before it, one request fills the cache where the object is to be old. */
  during: Partial<Behaviour>;
  expired: boolean;
  /** The URL was asked for before, so the cache knows what kind it is. */
  known?: boolean;
  /** In words what is wrong with the clients' answers; undefined when all is right. */
  wrong(replies: readonly Reply[]): string | undefined;
}

const COLUMNS: readonly Column[] = [
  { name: 'cold', cacheControl: 'max-age=60', during: {}, expired: false, wrong: notAll200 },
  {
    name: NO_STORE,
    cacheControl: 'no-store',
    during: { delayMs: 200 },
    expired: false,
    wrong: shared,
  },
  {
    name: 'no-store, asked for before (200 ms)',
    cacheControl: 'no-store',
    during: { delayMs: 200 },
    expired: false,
    known: true,
    wrong: shared,
  },
  { name: 'expired', cacheControl: 'max-age=1', during: {}, expired: true, wrong: notAll200 },
  {
    name: 'stale-while-revalidate',
    cacheControl: 'max-age=1, stale-while-revalidate=30',
    during: {},
    expired: true,
    wrong: notAll200,
  },
  {
    name: 'stale-if-error, 503',
    cacheControl: 'max-age=1, stale-if-error=600',
    during: { status: 503, cacheControl: 'no-store' },
    expired: true,
    wrong: notAll200,
  },
  {
    name: 'stale-if-error, reset',
    cacheControl: 'max-age=1, stale-if-error=600',
    during: { reset: true },
    expired: true,
    wrong: notAll200,
  },
];

interface Cell {
  server: string;
  asked: number;
  p50: number;
  max: number;
  /** Answered before the origin could have: served without asking it first. */
  early: number;
  statuses: string;
  problem: string | undefined;
}

export async function herd(bench: Bench): Promise<void> {
  const ours = [bench.ours(), bench.ours(GRACE)];
  const peers = [
    nginx('default'),
    nginx('tuned'),
    varnish,
    squid('default'),
    squid('collapsed'),
    trafficserver,
  ];
  const rows = new Map<string, Cell[]>(COLUMNS.map(({ name }) => [name, []]));
  const joins: { server: string; ms: number }[] = [];
  for (const kind of [...peers, ...ours]) {
    await bench.with(kind, {}, async (server) => {
      await warmUp(bench, server);
      for (const column of COLUMNS) rows.get(column.name)?.push(await cellOf(bench, server, kind, column));
      joins.push({ server: kind.name, ms: await secondClient(bench, server) });
    });
  }
  const cold = rows.get('cold') ?? [];
  for (const [column, cells] of rows)
    for (const cell of cells) if (isOurs(cell.server)) recordCell(bench, column, cell, cells, cold);
  const best = Math.min(...joins.filter(({ server }) => !isOurs(server)).map(({ ms }) => ms));
  for (const { server, ms } of joins.filter((each) => isOurs(each.server))) {
    bench.record({
      section: 'Herd: first byte of a second client during a fill of 1 s',
      what: server,
      value: ms,
      unit: 'ms',
      bar: 5,
      detail: `best peer ${best.toFixed(1)} ms`,
    });
  }
  bench.table(tableOf(rows, joins));
}

/** What Varnish does unasked and nginx with use_stale updating: stale copies at once, though the origin said nothing of it. */
const GRACE = {
  name: 'ours, route with stale 10 s',
  more: { routes: [{ stale: { whileRevalidate: 10, ifError: 600 } }] },
};

/** An edge in use is warm: its code compiled, its threads started. */
async function warmUp(bench: Bench, server: RunningServer): Promise<void> {
  const paths = Array.from({ length: WARM_UP_PATHS }, (_, i) => `/herd/warm-up/${i}`);
  for (const path of paths) bench.origin.behave(path, { cacheControl: 'max-age=60' });
  for (let round = 0; round < WARM_UP_ROUNDS; round++)
    for (const path of paths) await herdOf(server.port, CLIENTS, path);
}

const isOurs = (name: string) => name.startsWith('ours');

async function cellOf(bench: Bench, server: RunningServer, kind: ServerKind, column: Column): Promise<Cell> {
  const path = `/herd/${kind.name.replaceAll(/\W+/g, '-')}/${COLUMNS.indexOf(column)}`;
  const { origin } = bench;
  const { cacheControl } = column;
  if (column.expired) {
    origin.behave(path, { cacheControl });
    await ask(server.port, path);
    await sleep(EXPIRY_MS);
  }
  if (column.known) {
    origin.behave(path, { cacheControl });
    await ask(server.port, path);
  }
  const before = origin.asked(path);
  origin.behave(path, { cacheControl, delayMs: ORIGIN_MS, ...column.during });
  const replies = await herdOf(server.port, CLIENTS, path);
  // A refresh in the background is to be counted too.
  await sleep(ORIGIN_MS + 100);
  const times = replies.map((reply) => reply.totalMs);
  const delayMs = column.during.delayMs ?? ORIGIN_MS;
  return {
    server: kind.name,
    asked: origin.asked(path) - before,
    p50: median(times),
    max: Math.max(...times),
    early: times.filter((ms) => ms < delayMs).length,
    statuses: statusesOf(replies),
    problem: column.wrong(replies),
  };
}

/** The bar is the best right cell of any peer; a p50 is compared with those that go about it the same way. */
function recordCell(
  bench: Bench,
  column: string,
  cell: Cell,
  cells: readonly Cell[],
  cold: readonly Cell[],
): void {
  const section = `Herd of ${CLIENTS} clients at one URL, origin ${ORIGIN_MS} ms`;
  const peers = cells.filter((each) => !isOurs(each.server) && each.problem === undefined);
  const asksFirst = ({ early }: Cell) => early <= CLIENTS / 2;
  // Who lets the first request go alone finds out from its answer that others cannot have it: one more round trip, once.
  const collapses = ({ server }: Cell) => cold.find((each) => each.server === server)?.asked === 1;
  const rivals = peers.filter(
    (each) =>
      asksFirst(each) === asksFirst(cell) && (column !== NO_STORE || collapses(each) === collapses(cell)),
  );
  const least = Math.min(...peers.map(({ asked }) => asked));
  const fastest = Math.min(...rivals.map(({ p50 }) => p50));
  bench.record({
    section,
    what: `${column}: requests at the origin, ${cell.server}`,
    value: cell.asked,
    unit: '',
    bar: Math.max(1, Number.isFinite(least) ? least : 1),
    detail: `${cell.statuses}; ${cell.early} answered without waiting for the origin${cell.problem ? `; WRONG: ${cell.problem}` : ''}`,
  });
  bench.record({
    section,
    what: `${column}: client p50, ${cell.server}`,
    value: cell.p50,
    unit: 'ms',
    ...(Number.isFinite(fastest) && { bar: fastest * NOISE.share + NOISE.ms }),
    detail: `max ${cell.max.toFixed(0)} ms; best peer that ${asksFirst(cell) ? 'asks first' : 'serves stale copies at once'}: ${Number.isFinite(fastest) ? `${fastest.toFixed(0)} ms` : 'none is right'}`,
  });
  if (cell.problem) bench.problems.push(`${cell.server}, ${column}: ${cell.problem}`);
}

/** All cells: requests at the origin, client p50, and what was wrong. */
function tableOf(
  rows: ReadonlyMap<string, readonly Cell[]>,
  joins: readonly { server: string; ms: number }[],
): string {
  const columns = [...rows.keys(), 'first byte of a second client in a fill of 1 s'];
  const lines = joins.map(({ server, ms }) => {
    const cells = [...rows.values()].map((column) => {
      const cell = column.find((each) => each.server === server);
      return cell
        ? `${cell.asked} · ${cell.p50.toFixed(0)}${cell.problem ? ` **${cell.problem}**` : ''}`
        : '';
    });
    return `| ${[server, ...cells, `${ms.toFixed(1)} ms`].join(' | ')} |`;
  });
  return [
    '**Herds, all servers: requests at the origin · client p50 in ms**',
    '',
    `| server | ${columns.join(' | ')} |`,
    `|---|${columns.map(() => '---|').join('')}`,
    ...lines,
  ].join('\n');
}

/** One client starts a fill that takes a second; another comes in the middle. Milliseconds to its first byte. */
async function secondClient(bench: Bench, server: RunningServer): Promise<number> {
  const path = `/herd/join/${server.name.replaceAll(/\W+/g, '-')}`;
  bench.origin.behave(path, { cacheControl: 'max-age=60', bytes: 100_000, overMs: 1000 });
  const [first, second] = [await openClient(server.port), await openClient(server.port)];
  const filling = first.ask(path);
  await sleep(300);
  const joined = await second.ask(path);
  const filled = await filling;
  if (isOurs(server.name) && !(joined.whole && filled.whole && joined.body.equals(filled.body)))
    bench.problems.push(`${server.name}: the body of a joiner differs`);
  first.close();
  second.close();
  return joined.firstByteMs;
}

function notAll200(replies: readonly Reply[]): string | undefined {
  const bad = replies.filter(({ status, whole }) => status !== 200 || !whole).length;
  return bad > 0 ? `${bad} without a whole answer` : undefined;
}

function shared(replies: readonly Reply[]): string | undefined {
  const bodies = new Set(replies.map(({ body }) => body.toString()));
  const problem = notAll200(replies);
  if (problem) return problem;
  return bodies.size < replies.length
    ? `${replies.length - bodies.size} got another client's answer`
    : undefined;
}

function statusesOf(replies: readonly Reply[]): string {
  const counts = new Map<string, number>();
  for (const { status, head } of replies) {
    const cached = fieldOf(head, 'cache-status')?.includes('hit') ? ' hit' : '';
    const name = `${status || 'none'}${cached}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => `${count} × ${name}`).join(', ');
}
