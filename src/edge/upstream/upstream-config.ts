// The part of the edge's configuration that says where answers come from: origins, balancing, peers of the POP, parents,
// health, retries. `upstreamShape` is spread into the whole schema; `upstreamProblems` says what a shape cannot.

import { z } from '../../base/schema.ts';
import { parseAddress } from '../../net/ip-address.ts';
import { parsePrefix } from '../../net/prefix.ts';
import { BALANCE_POLICIES } from '../balance/create-balancer.ts';

const address = z.string().check(z.refine((text) => parseAddress(text) !== undefined, 'not an IP address'));
const port = z.int().check(z.gte(1), z.lte(65535));
const milliseconds = z.int().check(z.gte(1), z.lte(3_600_000));
const text = z.string().check(z.minLength(1));
const name = z
  .string()
  .check(z.regex(/^[A-Za-z0-9][A-Za-z0-9.:_-]{0,62}$/, 'not a name (letters, digits, . : _ -)'));
const count = z.int().check(z.gte(1), z.lte(100_000));
const statuses = z.array(z.int().check(z.gte(400), z.lte(599)));

const origin = z.strictObject({
  /** Sent as Host. */
  host: text,
  /** The only origin; absent where `origins` lists them. */
  address: z.optional(address),
  port: z.optional(port),
  /** Send the client's Host instead, and make it part of the cache key. */
  forwardHost: z._default(z.boolean(), false),
  connectTimeoutMs: z._default(milliseconds, 3000),
  headersTimeoutMs: z._default(milliseconds, 10_000),
  /** Between two pieces of the body. */
  bodyTimeoutMs: z._default(milliseconds, 30_000),
  /** Connections, and so requests under way, per origin. */
  connections: z._default(z.int().check(z.gte(1), z.lte(10_000)), 256),
  /** Requests that wait for one of them, and how long; more get a 503 at once. */
  queue: z._default(z.int().check(z.gte(0), z.lte(1_000_000)), 10_000),
  queueTimeoutMs: z._default(milliseconds, 10_000),
});

const origins = z
  .array(
    z.strictObject({
      /** In traces and /state; absent: address and port. */
      name: z.optional(name),
      address,
      port,
      weight: z._default(z.number().check(z.gt(0), z.lte(100)), 1),
      /** 0 is the primary; the next number is used when nobody of the one before is usable. */
      priority: z._default(z.int().check(z.gte(0), z.lte(100)), 0),
      connections: z.optional(z.int().check(z.gte(1), z.lte(10_000))),
    }),
  )
  .check(z.minLength(1));

const balanceFields = {
  powerOfTwo: z._default(z.boolean(), false),
  loadFactor: z._default(z.number().check(z.gt(1), z.lte(100)), 1.25),
  hot: z.optional(
    z.strictObject({
      requestsPerSecond: z.number().check(z.gt(0)),
      members: z._default(z.int().check(z.gte(2), z.lte(64)), 3),
    }),
  ),
};
const balanceWith = (policy: (typeof BALANCE_POLICIES)[number]) =>
  z.strictObject({ policy: z._default(z.enum(BALANCE_POLICIES), policy), ...balanceFields });
const balanceDefault = (policy: (typeof BALANCE_POLICIES)[number]) => ({
  policy,
  powerOfTwo: false,
  loadFactor: 1.25,
});

const healthCheckFields = {
  path: z._default(z.string().check(z.startsWith('/')), '/healthz'),
  intervalMs: z._default(milliseconds, 5000),
  timeoutMs: z._default(milliseconds, 1000),
  /** Good checks in a row that make it up again. */
  rise: z._default(count, 2),
  /** Bad checks in a row that make it down. */
  fall: z._default(count, 3),
  /** Share of the interval by which checks are moved at random, so that edges do not check in step. */
  jitter: z._default(z.number().check(z.gte(0), z.lte(1)), 0.1),
};
const healthCheck = z.strictObject(healthCheckFields);
const EDGE_CHECK = { path: '/healthz', intervalMs: 2000, timeoutMs: 1000, rise: 1, fall: 2, jitter: 0.1 };

const edgeEndpoint = z.strictObject({
  /** The edge's own name: its POP's, or `peers.self` where a POP has several. Loops are seen by it. */
  name,
  address,
  port,
  weight: z._default(z.number().check(z.gt(0), z.lte(100)), 1),
  /** POP of a parent, which routes choose by; absent: the name. */
  pop: z.optional(name),
});

const peers = z.strictObject({
  /** Which of the members this edge is. */
  self: name,
  /** All edges of the POP, this one too: they must agree on who owns a key. */
  members: z.array(edgeEndpoint).check(z.minLength(1)),
  balance: z._default(balanceWith('bounded-load'), balanceDefault('bounded-load')),
  healthCheck: z._default(healthCheck, EDGE_CHECK),
});

const shield = z.strictObject({
  parents: z.array(edgeEndpoint).check(z.minLength(1)),
  /** Use all of them for routes that name no shield; false: only routes that do. */
  everyRoute: z._default(z.boolean(), true),
  balance: z._default(balanceWith('consistent-hash'), balanceDefault('consistent-hash')),
  healthCheck: z._default(healthCheck, EDGE_CHECK),
});

const retries = z.strictObject({
  /** Further tries at other origins after the first. */
  attempts: z._default(z.int().check(z.gte(0), z.lte(10)), 1),
  /** Retries as a share of requests: an origin in trouble must not get twice the load. */
  budget: z._default(z.number().check(z.gte(0), z.lte(1)), 0.2),
  /** Retries that are free, so that a quiet edge has some. */
  minPerSecond: z._default(z.number().check(z.gte(0), z.lte(10_000)), 5),
  /** Statuses of an origin after which another is tried, as after a failure. */
  statuses: z._default(statuses, []),
});

const circuitBreaker = z.strictObject({
  /** Failures in a row that open it. */
  failures: z._default(count, 5),
  /** First time it stays open; doubled with each failed trial. */
  openMs: z._default(milliseconds, 1000),
  maxOpenMs: z._default(milliseconds, 30_000),
  /** Requests let through at once to try, when that time is over. */
  trials: z._default(count, 1),
  /** Statuses that count as failures. */
  statuses: z._default(statuses, []),
});

const forwarded = z.strictObject({
  /** Prefixes of those (children, load balancers) whose Forwarded and X-Forwarded-* are believed and continued. */
  trust: z._default(
    z.array(z.string().check(z.refine((prefix) => parsePrefix(prefix) !== undefined, 'not a prefix'))),
    [],
  ),
  /** Which of them to send. */
  send: z._default(z.array(z.enum(['x-forwarded', 'forwarded'])), ['x-forwarded']),
});

export const upstreamShape = {
  origin,
  origins: z.optional(origins),
  balance: z._default(balanceWith('round-robin'), balanceDefault('round-robin')),
  peers: z.optional(peers),
  shield: z.optional(shield),
  retries: z._default(retries, { attempts: 1, budget: 0.2, minPerSecond: 5, statuses: [] }),
  /** Absent: on where there are several origins, off for the only one. */
  circuitBreaker: z.optional(circuitBreaker),
  /** Of origins; absent: no active checks. */
  healthCheck: z.optional(healthCheck),
  forwarded: z._default(forwarded, { trust: [], send: ['x-forwarded' as const] }),
  /** Local address of connections to origins, peers and parents. */
  sourceAddress: z.optional(address),
};

export const upstreamSchema = z.strictObject(upstreamShape);
export type UpstreamConfig = z.output<typeof upstreamSchema>;
export type UpstreamConfigInput = z.input<typeof upstreamSchema>;
export type HealthCheckOptions = z.output<typeof healthCheck>;
export type CircuitBreakerOptions = z.output<typeof circuitBreaker>;
export type RetryOptions = z.output<typeof retries>;
export type EdgeEndpoint = z.output<typeof edgeEndpoint>;
export type ForwardedOptions = z.output<typeof forwarded>;

export const DEFAULT_CIRCUIT_BREAKER: CircuitBreakerOptions = {
  failures: 5,
  openMs: 1000,
  maxOpenMs: 30_000,
  trials: 1,
  statuses: [],
};

/** What is wrong beyond the shape, each with its place in the file. */
export function upstreamProblems(config: UpstreamConfig): { path: string; message: string }[] {
  const problems: { path: string; message: string }[] = [];
  const { origin, origins, peers, shield } = config;
  const single = origin.address !== undefined && origin.port !== undefined;
  if (!origins && !single)
    problems.push({
      path: 'origin',
      message: 'address and port are missing (or list the origins in `origins`)',
    });
  if (origins && (origin.address !== undefined || origin.port !== undefined))
    problems.push({ path: 'origin.address', message: 'given here and in `origins`; keep one' });
  unique(
    'origins',
    (origins ?? []).map((one) => one.name ?? `${one.address}:${one.port}`),
  );
  unique(
    'peers.members',
    (peers?.members ?? []).map((member) => member.name),
  );
  unique(
    'shield.parents',
    (shield?.parents ?? []).map((member) => member.name),
  );
  if (peers && !peers.members.some((member) => member.name === peers.self))
    problems.push({ path: 'peers.self', message: `${peers.self} is not one of the members` });
  return problems;

  function unique(path: string, names: string[]): void {
    for (const twice of new Set(names.filter((one, i) => names.indexOf(one) !== i)))
      problems.push({ path, message: `${twice} is listed twice` });
  }
}

/** Name in Via, CDN-Loop and Cache-Status: one per edge, or the edges of a POP would take each other for themselves. */
export function pseudonymOf(edgeName: string): string {
  return `catchment-${edgeName}`;
}
