// What is likely not meant in routes that are otherwise correct, each with the traffic that suffers: a verifier for people
// who will be woken up by it. `./lab edge check` shows all of it; nothing here stops an edge from starting.

import type { RoutePolicy } from './route-policy.ts';
import { verifyKey } from './verify-key.ts';
import { verifyLifetimes } from './verify-lifetimes.ts';
import { verifyReach } from './verify-reach.ts';
import { verifyTraffic } from './verify-traffic.ts';

export interface RouteFinding {
  /** `warning`: a mistake in most sites; `note`: a consequence to know of. */
  severity: 'warning' | 'note';
  /** `routes[2].ttl.max`. */
  path: string;
  message: string;
  /** The workload that suffers, and how. */
  breaks: string;
  hint?: string;
}

export interface VerifiedSite {
  forwardHost: boolean;
}

/** Looks at one route; `path` of what it returns is relative to it. */
export type RouteRule = (route: RoutePolicy, site: VerifiedSite) => RouteFinding[];

const RULES: readonly RouteRule[] = [verifyKey, verifyLifetimes, verifyTraffic];

export function verifyRoutes(routes: readonly RoutePolicy[], site: VerifiedSite): RouteFinding[] {
  const findings = routes.flatMap((route, i) =>
    RULES.flatMap((rule) => rule(route, site)).map((finding) => ({
      ...finding,
      path: `routes[${i}].${finding.path}`,
    })),
  );
  return [...findings, ...verifyReach(routes)];
}
