// What the pipeline works with: the parts that start-edge.ts makes from the configuration.

import type { KeySite } from './cache-key.ts';
import type { EncodedVariants } from './compress/encoded-variants.ts';
import type { TraceLog } from './explain-log.ts';
import type { BodyReader } from './growing-body.ts';
import type { RouteLimits } from './limit/route-limits.ts';
import type { FetchContext } from './origin-fetch.ts';
import type { RouteTable } from './policy/match.ts';
import type { ContentCoding } from './policy/route-policy.ts';
import type { VariantWatch } from './policy/variant-watch.ts';
import type { ForwardedPolicy } from './upstream/forwarded.ts';

export interface PipelineOptions extends FetchContext {
  /** Name in Via and Cache-Status: `catchment-fra`. */
  pseudonym: string;
  site: KeySite;
  routes: RouteTable;
  limits: RouteLimits;
  variants: EncodedVariants;
  /** For who asked first, while it arrives. */
  compressStream(reader: BodyReader, coding: ContentCoding): BodyReader;
  watch: VariantWatch;
  traces: {
    log: TraceLog;
    /** Whether a client may see explanations. */
    allowed(clientAddress: string): boolean;
    /** Besides those that were asked for: one request in so many; 0: none. */
    sample: number;
  };
  /** What the origin is told of who asked. */
  forwarded: ForwardedPolicy;
  /** A request that waits for another's trip goes by itself after this long. */
  lockTimeoutMs: number;
  /** Unique for each request that is traced. */
  requestId(): string;
}
