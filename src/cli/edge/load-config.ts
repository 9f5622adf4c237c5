// An edge's configuration for commands that do not start it, with its routes resolved.

import type { KeySite } from '../../edge/cache-key.ts';
import type { EdgeConfig } from '../../edge/config.ts';
import { loadEdgeConfig } from '../../edge/io/load-config.ts';
import { resolveRoutes } from '../../edge/policy/policy-config.ts';
import type { RoutePolicy } from '../../edge/policy/route-policy.ts';

export interface LoadedEdge {
  config: EdgeConfig;
  routes: RoutePolicy[];
  site: KeySite;
}

/** @throws UserError with every problem. */
export async function loadEdge(file: string): Promise<LoadedEdge> {
  const config = await loadEdgeConfig(file);
  const { host, forwardHost } = config.origin;
  return { config, routes: resolveRoutes(config.routes), site: { originHost: host, forwardHost } };
}
