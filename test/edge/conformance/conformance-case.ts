// One requirement of an RFC as data: what the origin answers at each step, what the client asks, and what must be seen.
// Nothing in it depends on the cache under test; whether an answer was stored is known by what the origin saw.

/** A case fails, passes, or could not be tried (`setup`): a step that only prepares did not go as it must. */
export type Verdict = 'pass' | 'fail' | 'setup';

export interface ConformanceCase {
  /** `rfc9111-5.2.2.10/stale-after-error`: section, then what of it. */
  id: string;
  category: Category;
  /** Required: MUST, MUST NOT, or what follows from them. Optional: SHOULD, MAY, and reuse, which is never required. */
  level: 'required' | 'optional';
  /** One sentence saying what a good cache does. */
  title: string;
  steps: readonly Step[];
}

export const CATEGORIES = [
  'freshness',
  'directive-syntax',
  'age',
  'expires',
  'heuristic',
  'status',
  'storing',
  'directives',
  'request-directives',
  'authorization',
  'vary',
  'validation',
  'update-304',
  'client-conditions',
  'head',
  'invalidation',
  'stale',
  'ranges',
  'fields',
  'forwarding',
  'targeted',
  'cache-status',
] as const;
export type Category = (typeof CATEGORIES)[number];

/** Seconds from the moment of sending, as an HTTP date. */
export interface RelativeDate {
  inSeconds: number;
  form?: 'imf' | 'rfc850' | 'asctime' | 'lower-case';
}
export type FieldLine = readonly [name: string, value: string | RelativeDate];

export interface Step {
  /** Before the step begins. */
  waitMs?: number;
  request?: {
    /** Default GET. */
    method?: string;
    fields?: readonly FieldLine[];
    /** Last part of the path, default `a`, and a query if it has one. */
    target?: string;
    host?: string;
    body?: string;
  };
  /** What the origin answers whoever reaches it in this step. */
  response?: OriginAnswer;
  /** The same, for conditional requests; default `response`. */
  whenConditional?: OriginAnswer;
  /** Only prepares: if it fails the case could not be tried. */
  setup?: boolean;
  expect?: Expectation;
}

export interface OriginAnswer {
  /** Default 200. */
  status?: number;
  /** Date is now unless given; `{path}` in a value is the path of the case. */
  fields?: readonly FieldLine[];
  withoutDate?: boolean;
  /** Default a text that names the step. */
  body?: string;
  /** Informational responses sent before. */
  interim?: readonly { status: number; fields: readonly FieldLine[] }[];
  /** Close the connection instead of answering, or in the middle of the body. */
  breakOff?: 'before-head' | 'in-body';
  chunked?: boolean;
}

export interface Expectation {
  /**
   * `stored`: the origin saw nothing of this step. `origin`: it saw at least one request. `conditional`: it saw one with
   * If-None-Match or If-Modified-Since. `earlier`: the answer is of an earlier step, whatever the origin saw.
   * `fresh`: the answer is of this step. `not-earlier`: it is not of an earlier step (an error will do).
   */
  served?: 'stored' | 'origin' | 'conditional' | 'earlier' | 'fresh' | 'not-earlier';
  /** The step, counted from 0, whose answer it is. */
  fromStep?: number;
  status?: number | readonly number[];
  /** Lower-case name to its value (lines joined with a comma), a pattern, or null for absent. */
  fields?: Readonly<Record<string, string | RegExp | null>>;
  /** Age is at least this. */
  ageAtLeast?: number;
  body?: string | RegExp;
  /** Informational responses that the client saw, by status. */
  interim?: readonly number[];
  /** What the first request of this step had when it reached the origin. */
  atOrigin?: { method?: string; fields?: Readonly<Record<string, string | RegExp | null>> };
  /** How many requests of this step reached the origin. */
  originRequests?: number;
  /** Only where the answer has this status: other answers are right too. */
  onlyIfStatus?: number;
  /** Only where the origin was asked with a condition. */
  onlyIfConditional?: boolean;
  /** Only where the answer is of this step. */
  onlyIfFromStep?: number;
  /** A condition on Cache-Status, checked only where the field is sent. */
  cacheStatus?: 'structured' | 'hit' | 'forwarded';
}
