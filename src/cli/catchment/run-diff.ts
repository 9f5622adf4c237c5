// `./lab catchment diff`: what a change of configuration, health or GeoIP file moves, for people and as a gate.

import { collectPairs } from '../../dns/catchment/collect.ts';
import { asGroup, compareCatchments } from '../../dns/catchment/compare.ts';
import { parseCountryUsers } from '../../dns/catchment/country-users.ts';
import { weighGroups } from '../../dns/catchment/weigh-groups.ts';
import type { Cli } from '../context.ts';
import { listOf, readText } from '../dns/load-policies.ts';
import { createProgress } from '../progress.ts';
import { drive } from './drive.ts';
import { loadForViews, ruleNamed, type ViewablePolicies, viewOf } from './load-view.ts';
import { type DiffReport, diffText } from './text.ts';

export interface DiffOptions {
  family: '4' | '6';
  geoip?: string;
  down?: string;
  downBefore?: string;
  users?: string;
  maxMoved?: number;
}

/** False when more than `maxMoved` percent move. */
export async function runDiff(
  cli: Cli,
  [oldFile, newFile]: [string, string],
  name: string | undefined,
  options: DiffOptions,
): Promise<boolean> {
  const users =
    options.users === undefined ? undefined : parseCountryUsers(readText(options.users), options.users);
  const family = options.family === '6' ? 6 : 4;
  const progress = createProgress(cli.output);
  const reports: DiffReport[] = [];
  try {
    progress.doing('compiling the policies over the GeoIP file');
    const before = await loadForViews(oldFile);
    const same = newFile === oldFile && options.geoip === undefined;
    const after = same ? before : await loadForViews(newFile, options.geoip, before);
    const names = name === undefined ? commonNames(before, after) : [name];
    for (const each of names) {
      const views = [
        viewOf(before, ruleNamed(before, each), listOf(options.downBefore), family),
        viewOf(after, ruleNamed(after, each), listOf(options.down), family),
      ] as const;
      const pairs = await drive(collectPairs(...views, family), `comparing ${each}`, progress, cli.signal);
      const prefixes = pairs.reduce((sum, pair) => sum + pair.prefixes, 0);
      const diff = compareCatchments(pairs, weighGroups(pairs.map(asGroup), family, users));
      reports.push({ name: each, family, prefixes, ...diff });
    }
  } finally {
    progress.stop();
  }
  const worst = Math.max(0, ...reports.map(({ moved }) => moved * 100));
  const tooMuch = options.maxMoved !== undefined && worst > options.maxMoved;
  if (cli.output.json) cli.output.data({ movedPercent: worst, accepted: !tooMuch, names: reports });
  else cli.output.print(reports.map(diffText).join('\n\n'));
  if (tooMuch)
    cli.output.note(`refused: ${worst.toFixed(2)} % move, --max-moved allows ${options.maxMoved} %`);
  return !tooMuch;
}

/** One of each kind: names with the same policies before and after move alike. */
function commonNames(before: ViewablePolicies, after: ViewablePolicies): string[] {
  const seen = new Set<string>();
  const names = before.names.filter((name, i) => {
    const j = after.names.indexOf(name);
    if (j < 0) return false;
    const key = `${ruleKey(before, i)} ${ruleKey(after, j)}`;
    return !seen.has(key) && seen.add(key);
  });
  // Then ruleNamed() says what is missing.
  return names.length > 0 ? names : [before.names[0] ?? ''];
}

function ruleKey({ steering }: ViewablePolicies, index: number): string {
  const rule = steering.rules[index];
  return `${rule?.root} ${rule?.whenAllDown}`;
}
