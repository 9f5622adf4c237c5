// `./lab edge check FILE`: what is wrong with a configuration, and which traffic would suffer from settings that are
// correct but likely not meant.

import { formatProblem, type Problem, UserError } from '../../base/errors.ts';
import { openPrefixes } from '../../edge/explain-config.ts';
import { type RouteFinding, verifyRoutes } from '../../edge/policy/verify.ts';
import type { Cli } from '../context.ts';
import { type LoadedEdge, loadEdge } from './load-config.ts';

/** False for errors, with `strict` for warnings too. */
export async function runCheck(
  { output }: Cli,
  file: string,
  options: { strict?: boolean },
): Promise<boolean> {
  let errors: Problem[] = [];
  let loaded: LoadedEdge | undefined;
  try {
    loaded = await loadEdge(file);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    errors = error.problems;
  }
  const findings = loaded
    ? [
        ...verifyRoutes(loaded.routes, { forwardHost: loaded.site.forwardHost }),
        ...siteFindings(loaded),
        ...traceFindings(loaded),
      ]
    : [];
  const warnings = findings.filter(({ severity }) => severity === 'warning');
  const notes = findings.filter(({ severity }) => severity === 'note');
  const facts = loaded ? factsOf(loaded) : [];
  const ok = errors.length === 0 && (!options.strict || warnings.length === 0);
  if (output.json) {
    output.data({ ok, errors, warnings, notes, facts });
    return ok;
  }
  for (const problem of errors) output.print(`${output.style('red', 'error:')} ${formatProblem(problem)}`);
  for (const finding of warnings)
    output.print(`${output.style('yellow', 'warning:')} ${findingText(finding)}`);
  for (const finding of notes) output.print(`${output.style('cyan', 'note:')} ${findingText(finding)}`);
  for (const fact of facts) output.print(`${output.style('green', 'ok:')} ${fact}`);
  output.print(`${file}: ${counted(errors.length, 'error')}, ${counted(warnings.length, 'warning')}`);
  return ok;
}

function findingText({ path, message, breaks, hint }: RouteFinding): string {
  const lines = [`${path}: ${message}`, `  breaks:   ${breaks}`];
  if (hint !== undefined) lines.push(`  hint:     ${hint}`);
  return lines.join('\n');
}

/** What only the whole configuration shows. */
function siteFindings({ config, routes }: LoadedEdge): RouteFinding[] {
  const parents = (config.shield?.parents ?? []).map(({ name, pop }) => pop ?? name);
  return routes.flatMap(({ shield }, i): RouteFinding[] => {
    if (shield === undefined || parents.includes(shield)) return [];
    return [
      {
        severity: 'warning',
        path: `routes[${i}].shield`,
        message: `there is no parent "${shield}"`,
        breaks: 'the origin: this route goes to it from every POP',
        hint:
          parents.length > 0
            ? `parents: ${parents.join(', ')}`
            : 'shield: {parents: [{name, address, port}]}',
      },
    ];
  });
}

function traceFindings({ config: { trace } }: LoadedEdge): RouteFinding[] {
  return openPrefixes(trace.allow).map((prefix) => ({
    severity: 'warning',
    path: 'trace.allow',
    message: `${prefix} is nearly everybody`,
    breaks:
      'nobody’s traffic, but clients see keys, routes and upstreams, which is what an attacker asks first',
  }));
}

function factsOf({ config, routes }: LoadedEdge): string[] {
  const used = (name: string, test: (route: LoadedEdge['routes'][number]) => boolean) => {
    const count = routes.filter(test).length;
    return count === 0 ? [] : [`${name} on ${counted(count, 'route')}`];
  };
  return [
    `POP ${config.pop}, ${counted(config.listen.length, 'address', 'addresses')}, origin ${config.origin.host}`,
    [
      counted(routes.length, 'route'),
      ...used('compression', ({ compress }) => compress !== undefined),
      ...used('a rate limit', ({ rateLimit }) => rateLimit !== undefined),
      ...used('slices', ({ slice }) => slice !== undefined),
      ...used('a shield', ({ shield }) => shield !== undefined),
    ].join('; '),
  ];
}

function counted(count: number, word: string, plural = `${word}s`): string {
  return `${count} ${count === 1 ? word : plural}`;
}
