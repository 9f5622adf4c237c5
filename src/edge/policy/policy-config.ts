// `routes` of the configuration: what may stand there, and how it becomes RoutePolicy with every default filled in.
// docs/edge/policies.md explains each setting; all mistakes are reported at once.

import { z } from '../../base/schema.ts';
import { nearestNames } from '../../base/suggest.ts';
import {
  type CompressPolicy,
  type ContentCoding,
  DEFAULT_MAX_VARIANTS,
  type RoutePolicy,
  type TtlPolicy,
} from './route-policy.ts';

const seconds = z.number().check(z.gte(0), z.lte(31_536_000));
const fieldName = z.string().check(z.regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, 'not a field name'));
const nameGlob = z.string().check(z.minLength(1), z.maxLength(256));
const path = z.string().check(
  z.regex(/^[/*][\x21\x24-\x3b\x3d\x3f-\x5b\x5d-\x7e]*$/, 'not a path pattern: it begins with / or *'),
  z.refine((text) => !text.includes('?'), 'a path pattern has no query: that is key.query'),
);
const host = z
  .string()
  .check(z.regex(/^(?:\*\.)?[A-Za-z0-9.\-_]+$|^\*$/, 'not a host name (no port; *.cdn.test for all below)'));
const language = z.string().check(z.regex(/^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*$/, 'not a language tag'));
const coding = z.enum(['br', 'zstd', 'gzip']);

function oneOrMore<Item extends z.core.$ZodType>(item: Item) {
  return z.union([item, z.array(item)]);
}

const matchSchema = z.strictObject({ host: z.optional(oneOrMore(host)), path: z.optional(oneOrMore(path)) });

const keySchema = z.strictObject({
  host: z.optional(z.boolean()),
  path: z.optional(
    z.strictObject({ normalise: z.optional(z.boolean()), lowerCase: z.optional(z.boolean()) }),
  ),
  query: z.optional(
    z.union([
      /** False: no parameter counts, and none is sent on. */
      z.literal(false),
      z.strictObject({
        keep: z.optional(z.array(nameGlob)),
        drop: z.optional(z.array(nameGlob)),
        sort: z.optional(z.boolean()),
      }),
    ]),
  ),
  headers: z.optional(z.array(fieldName)),
  cookies: z.optional(z.array(fieldName)),
  device: z.optional(z.boolean()),
});

const bypassSchema = z.union([
  z.boolean(),
  z.strictObject({
    cookies: z.optional(z.array(nameGlob)),
    methods: z.optional(z.array(z.string().check(z.regex(/^[A-Za-z]+$/, 'not a method')))),
    paths: z.optional(z.array(path)),
    headers: z.optional(z.array(fieldName)),
    authorization: z.optional(z.boolean()),
  }),
]);

const statusKey = z.string().check(z.regex(/^[1-5](?:\d\d|xx)$/, 'not a status: 404 or 5xx'));
const ttlSchema = z.strictObject({
  default: z.optional(seconds),
  min: z.optional(seconds),
  max: z.optional(seconds),
  status: z.optional(z.record(statusKey, seconds)),
  heuristic: z.optional(z.boolean()),
});

const staleSchema = z.strictObject({
  whileRevalidate: z.optional(seconds),
  ifError: z.optional(seconds),
  grace: z.optional(seconds),
  override: z.optional(z.boolean()),
  clientMaxStale: z.optional(z.boolean()),
});

const varySchema = z.strictObject({
  normalise: z.optional(
    z.strictObject({
      'accept-encoding': z.optional(z.boolean()),
      'accept-language': z.optional(z.array(language).check(z.minLength(1))),
    }),
  ),
  ignore: z.optional(z.array(fieldName)),
  maxVariants: z.optional(z.int().check(z.gte(1), z.lte(1024))),
});

const compressSchema = z.union([
  z.boolean(),
  z.strictObject({
    encodings: z.optional(z.array(coding).check(z.minLength(1))),
    minBytes: z.optional(z.int().check(z.gte(0))),
    types: z.optional(z.array(z.string().check(z.regex(/^[\w.+-]+\/(?:\*|[\w.+-]+)$/, 'not a media type')))),
  }),
]);

const rateLimitSchema = z.strictObject({
  requestsPerSecond: z.number().check(z.gt(0), z.lte(1_000_000)),
  /** Default: one second's worth. */
  burst: z.optional(z.number().check(z.gte(1))),
  per: z.optional(z.enum(['client', 'route'])),
  ipv4PrefixLength: z.optional(z.int().check(z.gte(8), z.lte(32))),
  ipv6PrefixLength: z.optional(z.int().check(z.gte(16), z.lte(128))),
});

export const routeSchema = z.strictObject({
  name: z.optional(z.string().check(z.regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'not a name for a route'))),
  match: z.optional(matchSchema),
  key: z.optional(keySchema),
  bypass: z.optional(bypassSchema),
  ttl: z.optional(ttlSchema),
  stale: z.optional(staleSchema),
  vary: z.optional(varySchema),
  strip: z.optional(
    z.strictObject({
      requestCookies: z.optional(z.boolean()),
      responseSetCookie: z.optional(z.boolean()),
      unkeyedHeaders: z.optional(z.boolean()),
    }),
  ),
  compress: z.optional(compressSchema),
  rateLimit: z.optional(rateLimitSchema),
  maxConcurrent: z.optional(z.int().check(z.gte(1))),
  maxBodyBytes: z.optional(z.int().check(z.gte(0))),
  shield: z.optional(z.string().check(z.regex(/^[a-z0-9][a-z0-9-]{0,30}$/, 'not a POP name'))),
  slice: z.optional(z.int().check(z.gte(4096), z.lte(1_073_741_824))),
  tags: z.optional(z.strictObject({ header: fieldName })),
  storeSetCookie: z.optional(z.boolean()),
  targets: z.optional(z.array(fieldName).check(z.minLength(1))),
});

export type RouteInput = z.input<typeof routeSchema>;

/** For the configuration: `routes: routesSchema`, then resolveRoutes. */
export const routesSchema = z._default(z.array(routeSchema), []);

export function resolveRoutes(inputs: readonly RouteInput[]): RoutePolicy[] {
  return inputs.map(resolveRoute);
}

/** Compressible by default: text, and the texts that are called applications. */
export const COMPRESSIBLE_TYPES: readonly string[] = [
  'text/*',
  'application/javascript',
  'application/json',
  'application/ld+json',
  'application/manifest+json',
  'application/xml',
  'application/xhtml+xml',
  'application/rss+xml',
  'application/atom+xml',
  'application/wasm',
  'application/vnd.ms-fontobject',
  'font/ttf',
  'font/otf',
  'image/svg+xml',
  'image/x-icon',
  'image/bmp',
];
/** Less than one packet's worth gains nothing. */
const MIN_COMPRESSED_BYTES = 1024;
const ALL_CODINGS: readonly ContentCoding[] = ['br', 'zstd', 'gzip'];

function resolveRoute(input: RouteInput, index: number): RoutePolicy {
  const { key, vary, strip, stale, rateLimit } = input;
  const query = key?.query;
  return {
    name: input.name ?? `routes[${index}]`,
    match: {
      hosts: listOf(input.match?.host).map((text) => text.toLowerCase()),
      paths: listOf(input.match?.path),
    },
    key: {
      ...(key?.host !== undefined && { host: key.host }),
      path: { normalise: key?.path?.normalise ?? true, lowerCase: key?.path?.lowerCase ?? false },
      query:
        query === false
          ? { keep: [], drop: [], sort: false }
          : { ...(query?.keep && { keep: query.keep }), drop: query?.drop ?? [], sort: query?.sort ?? false },
      headers: lowerCase(key?.headers),
      cookies: key?.cookies ?? [],
      device: key?.device ?? false,
    },
    bypass: bypassOf(input.bypass),
    ttl: ttlOf(input.ttl),
    stale: {
      ...(stale?.whileRevalidate !== undefined && { whileRevalidate: stale.whileRevalidate }),
      ...(stale?.ifError !== undefined && { ifError: stale.ifError }),
      grace: stale?.grace ?? 0,
      override: stale?.override ?? false,
      ...(stale?.clientMaxStale === false && { clientMaxStale: false }),
    },
    vary: {
      normalise: {
        acceptEncoding: vary?.normalise?.['accept-encoding'] ?? false,
        ...(vary?.normalise?.['accept-language'] && { acceptLanguage: vary.normalise['accept-language'] }),
      },
      ignore: lowerCase(vary?.ignore),
      maxVariants: vary?.maxVariants ?? DEFAULT_MAX_VARIANTS,
    },
    strip: {
      requestCookies: strip?.requestCookies ?? false,
      responseSetCookie: strip?.responseSetCookie ?? false,
      unkeyedHeaders: strip?.unkeyedHeaders ?? false,
    },
    ...(input.compress && { compress: compressOf(input.compress) }),
    ...(rateLimit && {
      rateLimit: {
        requestsPerSecond: rateLimit.requestsPerSecond,
        burst: rateLimit.burst ?? Math.max(1, rateLimit.requestsPerSecond),
        per: rateLimit.per ?? 'client',
        ipv4PrefixLength: rateLimit.ipv4PrefixLength ?? 32,
        ipv6PrefixLength: rateLimit.ipv6PrefixLength ?? 64,
      },
    }),
    ...(input.maxConcurrent !== undefined && { maxConcurrent: input.maxConcurrent }),
    ...(input.maxBodyBytes !== undefined && { maxBodyBytes: input.maxBodyBytes }),
    ...(input.shield !== undefined && { shield: input.shield }),
    ...(input.slice !== undefined && { slice: input.slice }),
    ...(input.tags && { tags: { header: input.tags.header.toLowerCase() } }),
    ...(input.storeSetCookie && { storeSetCookie: true }),
    ...(input.targets && { targets: lowerCase(input.targets) }),
  };
}

function bypassOf(input: RouteInput['bypass']): RoutePolicy['bypass'] {
  const rules = typeof input === 'object' ? input : undefined;
  return {
    always: input === true,
    cookies: rules?.cookies ?? [],
    methods: rules?.methods?.map((method) => method.toUpperCase()) ?? [],
    paths: rules?.paths ?? [],
    headers: lowerCase(rules?.headers),
    authorization: rules?.authorization ?? false,
  };
}

/** Single statuses before classes, whatever their order in the file. */
function ttlOf(input: RouteInput['ttl']): TtlPolicy {
  const status = Object.entries(input?.status ?? {}).map(([text, seconds]) => {
    const from = Number(text.replace('xx', '00'));
    return { from, to: text.endsWith('xx') ? from + 99 : from, seconds };
  });
  status.sort((a, b) => a.to - a.from - (b.to - b.from) || a.from - b.from);
  return {
    ...(input?.default !== undefined && { default: input.default }),
    min: input?.min ?? 0,
    ...(input?.max !== undefined && { max: input.max }),
    ...(input?.heuristic === false && { heuristic: false }),
    status,
  };
}

function compressOf(input: Exclude<RouteInput['compress'], false | undefined>): CompressPolicy {
  const given = input === true ? {} : input;
  return {
    encodings: given.encodings ?? ALL_CODINGS,
    minBytes: given.minBytes ?? MIN_COMPRESSED_BYTES,
    types: given.types?.map((type) => type.toLowerCase()) ?? COMPRESSIBLE_TYPES,
  };
}

/** What to write instead; undefined where the message says it all. `path` is the issue's, from `routes` on. */
export function routeHint(issue: z.core.$ZodIssue): string | undefined {
  if (issue.code === 'invalid_key') return issue.issues[0]?.message;
  if (issue.code !== 'unrecognized_keys') return undefined;
  const known = knownKeys(issue.path.slice(2).map(String));
  const near = issue.keys.flatMap((key) => nearestNames(key, known, 1));
  return near.length > 0 ? `did you mean ${near.join(', ')}?` : `known keys: ${known.join(', ')}`;
}

const KEYS_BELOW: Record<string, string[]> = {
  match: ['host', 'path'],
  key: Object.keys(keySchema.shape),
  'key.path': ['normalise', 'lowerCase'],
  'key.query': ['keep', 'drop', 'sort'],
  bypass: ['cookies', 'methods', 'paths', 'headers', 'authorization'],
  ttl: Object.keys(ttlSchema.shape),
  stale: Object.keys(staleSchema.shape),
  vary: Object.keys(varySchema.shape),
  'vary.normalise': ['accept-encoding', 'accept-language'],
  strip: ['requestCookies', 'responseSetCookie', 'unkeyedHeaders'],
  compress: ['encodings', 'minBytes', 'types'],
  rateLimit: Object.keys(rateLimitSchema.shape),
  tags: ['header'],
};

function knownKeys(path: readonly string[]): string[] {
  return path.length === 0 ? Object.keys(routeSchema.shape) : (KEYS_BELOW[path.join('.')] ?? []);
}

function listOf<Item>(value: Item | Item[] | undefined): Item[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

function lowerCase(names: readonly string[] | undefined): string[] {
  return names?.map((name) => name.toLowerCase()) ?? [];
}
