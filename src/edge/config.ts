// The edge's configuration: JSON, parsed once, all mistakes reported together. Each room says what its own part looks like;
// what the parts mean together is checked here.

import { UserError } from '../base/errors.ts';
import { parseJsonConfig } from '../base/json-config.ts';
import { z } from '../base/schema.ts';
import { nearestNames } from '../base/suggest.ts';
import { parseAddress } from '../net/ip-address.ts';
import { traceSchema } from './explain-config.ts';
import { DEFAULT_HTTP1_LIMITS, type Http1Limits } from './http1/limits.ts';
import { routeHint, routesSchema } from './policy/policy-config.ts';
import { upstreamProblems, upstreamShape } from './upstream/upstream-config.ts';

const address = z.string().check(z.refine((text) => parseAddress(text) !== undefined, 'not an IP address'));
const port = z.int().check(z.gte(0), z.lte(65535));
const endpoint = z.strictObject({ address, port });
const text = z.string().check(z.minLength(1));
const count = z.int().check(z.gte(1));

/** Less is no tier: it is written in segments, eight at least. */
const DISK_MIN_BYTES = 8_388_608;

/** Any of the bounds on clients (http1/limits.ts) may be replaced. */
const limitsSchema = z.strictObject(
  Object.fromEntries(Object.keys(DEFAULT_HTTP1_LIMITS).map((name) => [name, z.optional(count)])) as Record<
    keyof Http1Limits,
    z.ZodMiniOptional<typeof count>
  >,
);

const schema = z.strictObject({
  /** Where clients connect: anycast and unicast addresses, both families. Port 0 lets the system choose. */
  listen: z.array(endpoint).check(z.minLength(1)),
  /** Short name of the POP: X-POP, and `catchment-fra` in Cache-Status and Via. */
  pop: z
    .string()
    .check(z.regex(/^[a-z0-9][a-z0-9-]{0,30}$/, 'not a POP name (lower-case letters, digits, hyphens)')),
  ...upstreamShape,
  /** Those of `listen` that other POPs have too: requests to them are counted apart, which shows the catchment. */
  anycast: z.optional(z.array(address)),
  cacheBytes: z._default(z.int().check(z.gte(65_536)), 67_108_864),
  /** What goes when the cache is full. */
  eviction: z._default(z.enum(['s3-fifo', 'gdsf', 'lru', 'sieve']), 's3-fifo'),
  /** What memory evicts goes there, and is there after a restart. */
  disk: z.optional(z.strictObject({ directory: text, bytes: z.int().check(z.gte(DISK_MIN_BYTES)) })),
  /** Estimates what other policies and sizes would hit, for /state; sampled (SHARDS). */
  ghosts: z._default(z.boolean(), false),
  /** A request that waits for another's trip to the origin goes by itself after this long. */
  lockTimeoutMs: z._default(count, 5000),
  routes: routesSchema,
  limits: z.prefault(limitsSchema, {}),
  trace: traceSchema,
  accessLog: z.optional(
    z.strictObject({
      /** `-` is standard output. */
      file: text,
      format: z._default(z.enum(['json', 'combined']), 'json'),
      /** One request in so many. */
      every: z._default(count, 1),
      wholeAddresses: z._default(z.boolean(), false),
    }),
  ),
  /** Other edges that purges are passed on to, by their admin servers or where they listen for purges. */
  purge: z.prefault(
    z.strictObject({
      /** Where those of `peers` that are named by address may purge, and nobody else, and nothing else. */
      listen: z.optional(z.strictObject({ address, port })),
      peers: z._default(z.array(z.strictObject({ name: text, url: text, tokenFile: z.optional(text) })), []),
      /** Purges are kept here, so that a restart forgets none. */
      journal: z.optional(text),
    }),
    {},
  ),
  /** While this file exists /healthz says 503; everything else is served on. */
  drainFile: z.optional(text),
  admin: z.optional(
    z.union([z.strictObject({ address, port, tokenFile: z.optional(text) }), z.strictObject({ path: text })]),
  ),
});

export type EdgeConfig = z.output<typeof schema>;
export type EdgeConfigInput = z.input<typeof schema>;

/** @throws UserError naming every problem with its path in the file. */
export function parseEdgeConfig(text: string, file: string): EdgeConfig {
  const config = parseJsonConfig(schema, text, file, (issue) =>
    issue.path[0] === 'routes'
      ? routeHint(issue)
      : issue.code === 'unrecognized_keys'
        ? unknownKeysHint(issue.keys, issue.path)
        : undefined,
  );
  const problems = upstreamProblems(config).map((problem) => ({ ...problem, file }));
  if (problems.length > 0) throw new UserError(problems);
  return config;
}

function unknownKeysHint(keys: string[], path: PropertyKey[]): string {
  const known = Object.keys(path[0] === 'origin' ? schema.shape.origin.shape : schema.shape);
  const near = keys.flatMap((key) => nearestNames(key, known, 1));
  return near.length > 0 ? `did you mean ${near.join(', ')}?` : `known keys: ${known.join(', ')}`;
}
