// What a route may say about caching, as far as RFC 9111 leaves it open: the part of a RoutePolicy that the decisions on
// freshness, storing and reuse read. Everything is optional; NO_RULES is the origin's word and nothing else.

export interface CachingRules {
  /** Seconds. */
  ttl?: {
    /** Where the response says nothing. */
    default?: number;
    /** Bounds of what the response says itself. */
    min?: number;
    max?: number;
    /** By status, first that covers it, where the response says nothing: negative caching. */
    status?: readonly { from: number; to: number; seconds: number }[];
    /** Guess from Last-Modified where nobody says anything (RFC 9111 section 4.2.2); undefined is true. */
    heuristic?: boolean;
  };
  /** Seconds past the lifetime. */
  stale?: {
    whileRevalidate?: number;
    ifError?: number;
    /** While the origin cannot be reached at all. */
    grace?: number;
    /** Even against must-revalidate, proxy-revalidate, no-cache and s-maxage. */
    override?: boolean;
    /** Grant a client's max-stale; undefined is true. */
    clientMaxStale?: boolean;
  };
  vary?: {
    /** Lower-case names that Vary may name in vain. */
    ignore?: readonly string[];
  };
  strip?: {
    /** Set-Cookie is for the client who caused it and taken off what is stored. */
    responseSetCookie?: boolean;
  };
  /** Store Set-Cookie like any field: for sites whose cookies are the same for everybody. */
  storeSetCookie?: boolean;
  /** Targeted fields in order of priority, lower case (RFC 9213 section 2.2). */
  targets?: readonly string[];
}

export const NO_RULES: CachingRules = {};
