// What a route does with its requests: plain data, resolved from the configuration (policy-config.ts) with every default
// filled in. DEFAULT_ROUTE is what happens where no route matches: the origin's word (RFC 9111) and nothing else. A route
// is CachingRules (freshness-rules.ts) too: the decisions on freshness, storing and reuse read it as such.

export interface RoutePolicy {
  /** As given, or `routes[2]`, or `default`: what traces, metrics and warnings call it. */
  name: string;
  match: RouteMatch;
  key: KeyPolicy;
  bypass: BypassPolicy;
  ttl: TtlPolicy;
  stale: StalePolicy;
  vary: VaryPolicy;
  strip: StripPolicy;
  /** Undefined: bodies go out as the origin sent them. */
  compress?: CompressPolicy;
  rateLimit?: RateLimitPolicy;
  /** Requests of this route on the way to the origin at once. */
  maxConcurrent?: number;
  /** Of a request's body; undefined: limits.maxBodyBytes. */
  maxBodyBytes?: number;
  /** POP that is asked instead of the origin. */
  shield?: string;
  /** Bytes of one slice of a range fill. */
  slice?: number;
  tags?: { header: string };
  /** Store Set-Cookie like any field: for sites whose cookies are the same for everybody. */
  storeSetCookie?: boolean;
  /** Targeted fields in order of priority, lower case (RFC 9213 section 2.2). */
  targets?: readonly string[];
}

/** Empty lists match everything; within a list any one will do. */
export interface RouteMatch {
  /** `www.cdn.test`, `*.cdn.test`; lower case. */
  hosts: readonly string[];
  /** Exact `/a`, prefix `/a/*`, glob `*.jpg`. */
  paths: readonly string[];
}

export interface KeyPolicy {
  /** True: the client's Host; false: the origin's name; undefined: whichever the origin is sent. */
  host?: boolean;
  path: { normalise: boolean; lowerCase: boolean };
  query: QueryPolicy;
  /** Lower-case names. */
  headers: readonly string[];
  /** Names of cookies, case counts. */
  cookies: readonly string[];
  device: boolean;
}

/** Names are globs, compared after percent-decoding. What is not kept is not sent to the origin either. */
export interface QueryPolicy {
  /** Undefined: all but those of `drop`. */
  keep?: readonly string[];
  drop: readonly string[];
  sort: boolean;
}

export interface BypassPolicy {
  /** Every request of the route. */
  always: boolean;
  /** Globs of names. */
  cookies: readonly string[];
  /** Upper case; GET and HEAD are all that could be cached. */
  methods: readonly string[];
  /** Path patterns. */
  paths: readonly string[];
  /** Request fields whose presence is enough. */
  headers: readonly string[];
  authorization: boolean;
}

/** Seconds. */
export interface TtlPolicy {
  /** Where the response says nothing. */
  default?: number;
  min: number;
  max?: number;
  /** False: no guess from Last-Modified. */
  heuristic?: boolean;
  /** First that covers the status wins; for responses that say nothing themselves. */
  status: readonly { from: number; to: number; seconds: number }[];
}

/** Seconds past the lifetime. */
export interface StalePolicy {
  /** Where the response gives no stale-while-revalidate. */
  whileRevalidate?: number;
  /** Where the response gives no stale-if-error. */
  ifError?: number;
  /** While the origin cannot be reached at all. */
  grace: number;
  /** Even against must-revalidate, proxy-revalidate, no-cache and s-maxage. */
  override: boolean;
  /** False: a client's max-stale is not granted. */
  clientMaxStale?: boolean;
}

export interface VaryPolicy {
  normalise: { acceptEncoding: boolean; acceptLanguage?: readonly string[] };
  /** Lower-case names that Vary may name in vain. */
  ignore: readonly string[];
  maxVariants: number;
}

export interface StripPolicy {
  /** Cookies that are not in the key do not reach the origin. */
  requestCookies: boolean;
  /** Set-Cookie is for the client who caused it and taken off what is stored; else such a response is not stored. */
  responseSetCookie: boolean;
  /** Only fields of the key and of `vary.normalise` reach the origin: its answer cannot depend on anything else. */
  unkeyedHeaders: boolean;
}

export interface CompressPolicy {
  /** In order of preference. */
  encodings: readonly ContentCoding[];
  minBytes: number;
  /** Media types, `text/*` allowed, lower case. */
  types: readonly string[];
}

export type ContentCoding = 'br' | 'zstd' | 'gzip';

export interface RateLimitPolicy {
  requestsPerSecond: number;
  burst: number;
  per: 'client' | 'route';
  /** How much of an address is one client. */
  ipv4PrefixLength: number;
  ipv6PrefixLength: number;
}

/** As many variants as the store keeps for a URL anyway. */
export const DEFAULT_MAX_VARIANTS = 16;

export const DEFAULT_ROUTE: RoutePolicy = {
  name: 'default',
  match: { hosts: [], paths: [] },
  key: {
    path: { normalise: false, lowerCase: false },
    query: { drop: [], sort: false },
    headers: [],
    cookies: [],
    device: false,
  },
  bypass: { always: false, cookies: [], methods: [], paths: [], headers: [], authorization: false },
  ttl: { min: 0, status: [] },
  stale: { grace: 0, override: false },
  vary: { normalise: { acceptEncoding: false }, ignore: [], maxVariants: DEFAULT_MAX_VARIANTS },
  strip: { requestCookies: false, responseSetCookie: false, unkeyedHeaders: false },
};
