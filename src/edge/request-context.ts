// A request on its way through the pipeline: what was found out about it so far.

import type { RequestKey } from './cache-key.ts';
import type { EdgeRequest } from './edge-request.ts';
import type { RoutePolicy } from './policy/route-policy.ts';
import type { Slice } from './slices.ts';
import type { RequestTrace } from './trace.ts';

export interface RequestContext {
  request: EdgeRequest;
  route: RoutePolicy;
  target: RequestKey;
  /** Only this part of the object is asked for; the key is the part's. */
  slice?: Slice;
  /** The request's fields as the origin is to see them; made when first needed. */
  view?: string[];
  trace?: RequestTrace;
}
