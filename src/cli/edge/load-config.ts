// An edge's configuration for commands that do not start it: JSON, or YAML by its name, with its routes resolved. All that
// is wrong is told at once, with lines where the file is YAML.

import { readFileSync } from 'node:fs';
import { UserError } from '../../base/errors.ts';
import { parseYaml } from '../../base/yaml-source.ts';
import type { KeySite } from '../../edge/cache-key.ts';
import { type EdgeConfig, parseEdgeConfig } from '../../edge/config.ts';
import { resolveRoutes } from '../../edge/policy/policy-config.ts';
import type { RoutePolicy } from '../../edge/policy/route-policy.ts';

export interface LoadedEdge {
  config: EdgeConfig;
  routes: RoutePolicy[];
  site: KeySite;
}

/** @throws UserError with every problem. */
export function loadEdge(file: string): LoadedEdge {
  const { value, lineOf } = readValue(file);
  let config: EdgeConfig;
  try {
    config = parseEdgeConfig(JSON.stringify(value ?? null), file);
  } catch (error) {
    if (!(error instanceof UserError) || !lineOf) throw error;
    throw new UserError(
      error.problems.map((each) => (each.path ? { ...each, line: lineOf(each.path.split('.')) } : each)),
      error.exitCode,
    );
  }
  const { host, forwardHost } = config.origin;
  return { config, routes: resolveRoutes(config.routes), site: { originHost: host, forwardHost } };
}

interface Source {
  value: unknown;
  lineOf?: (path: readonly (string | number)[]) => number;
}

function readValue(file: string): Source {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new UserError({ file, message: `cannot read it: ${(cause as Error).message}` }, 1, { cause });
  }
  if (/\.ya?ml$/.test(file)) {
    const source = parseYaml(text);
    if (source.problems.length > 0) throw new UserError(source.problems.map((each) => ({ file, ...each })));
    return source;
  }
  try {
    return { value: JSON.parse(text) };
  } catch (cause) {
    const message = `not JSON: ${(cause as Error).message}`;
    throw new UserError({ file, message, hint: 'or name it .yaml' }, 1, { cause });
  }
}
