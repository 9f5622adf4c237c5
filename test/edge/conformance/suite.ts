// All cases, in the order of their categories. No two have one id.

import type { ConformanceCase } from './conformance-case.ts';
import { age, expires } from './requirements/age-and-expires.ts';
import { cacheStatus } from './requirements/cache-status.ts';
import { directiveSyntax } from './requirements/directive-syntax.ts';
import { directives, requestDirectives } from './requirements/directives.ts';
import { fields, forwarding } from './requirements/fields.ts';
import { freshness } from './requirements/freshness.ts';
import { invalidation } from './requirements/invalidation.ts';
import { ranges } from './requirements/ranges.ts';
import { stale } from './requirements/stale.ts';
import { heuristic, status } from './requirements/status.ts';
import { authorization, storing } from './requirements/storing.ts';
import { targeted } from './requirements/targeted.ts';
import { clientConditions, headRequests, update304, validation } from './requirements/validation.ts';
import { vary4 } from './requirements/vary.ts';

export const SUITE: readonly ConformanceCase[] = [
  ...freshness,
  ...directiveSyntax,
  ...age,
  ...expires,
  ...heuristic,
  ...status,
  ...storing,
  ...directives,
  ...requestDirectives,
  ...authorization,
  ...vary4,
  ...validation,
  ...update304,
  ...clientConditions,
  ...headRequests,
  ...invalidation,
  ...stale,
  ...ranges,
  ...fields,
  ...forwarding,
  ...targeted,
  ...cacheStatus,
];
