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
/** A p50 as good as the best: this share of it and these milliseconds more are the machine's noise. */
const NOISE = { share: 1.25, ms: 25 };

interface Column {
  name: string;
  cacheControl: string;
  /** What the origin does in the herd; before it, one request fills the cache where the object is to be old. */
  during: Partial<Behaviour>;
  expired: boolean;
  /** In words what is wrong with the clients' answers; undefined when all is right. */
  wrong(replies: readonly Reply[]): string | undefined;
}

const COLUMNS: readonly Column[] = [
  { name: 'cold', cacheControl: 'max-age=60', during: {}, expired: false, wrong: notAll200 },
  {
    name: 'no-store (200 ms)',
    cacheControl: 'no-store',
    during: { delayMs: 200 },
    expired: false,
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
      for (const column of COLUMNS) rows.get(column.name)?.push(await cellOf(bench, server, kind, column));
      joins.push({ server: kind.name, ms: await secondClient(bench, server) });
    });
  }
  for (const [column, cells] of rows) for (const cell of cells) recordCell(bench, column, cell, cells);
  const best = Math.min(...joins.filter(({ server }) => !isOurs(server)).map(({ ms }) => ms));
  for (const { server, ms } of joins) {
    bench.record({
      section: 'Herd: first byte of a second client during a fill of 1 s',
      what: server,
      value: ms,
      unit: 'ms',
      ...(server === 'ours' && { bar: 5 }),
      detail: server === 'ours' ? `best peer ${best.toFixed(1)} ms` : '',
    });
  }
}

/** What Varnish does unasked and nginx with use_stale updating: stale copies at once, without the origin's permission. */
const GRACE = {
  name: 'ours, grace 10 s',
  more: { routes: [{ stale: { grace: 10, override: true } }] },
};

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

/** The bar: the best right cell among the peers, of those that ask first for those of ours that ask first. */
function recordCell(bench: Bench, column: string, cell: Cell, cells: readonly Cell[]): void {
  const section = `Herd: ${column}, ${CLIENTS} clients, origin ${ORIGIN_MS} ms`;
  const asksFirst = ({ early }: Cell) => early <= CLIENTS / 2;
  const rivals = cells.filter(
    (each) => !isOurs(each.server) && each.problem === undefined && asksFirst(each) === asksFirst(cell),
  );
  const least = Math.max(1, Math.min(...rivals.map(({ asked }) => asked)));
  const fastest = Math.min(...rivals.map(({ p50 }) => p50));
  const barred = isOurs(cell.server);
  const noStore = column.startsWith('no-store');
  bench.record({
    section,
    what: `requests at the origin, ${cell.server}`,
    value: cell.asked,
    unit: '',
    ...(barred && { bar: noStore ? CLIENTS : Number.isFinite(least) ? least : 1 }),
    detail: `${cell.statuses}; ${cell.early} answered without waiting for the origin${cell.problem ? `; WRONG: ${cell.problem}` : ''}`,
  });
  bench.record({
    section,
    what: `client p50, ${cell.server}`,
    value: cell.p50,
    unit: 'ms',
    ...(barred && Number.isFinite(fastest) && { bar: fastest * NOISE.share + NOISE.ms }),
    detail: `max ${cell.max.toFixed(0)} ms${barred && rivals.length > 0 ? `; best peer of its kind ${fastest.toFixed(0)} ms` : ''}`,
  });
  if (barred && cell.problem) bench.problems.push(`${cell.server}, ${column}: ${cell.problem}`);
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
