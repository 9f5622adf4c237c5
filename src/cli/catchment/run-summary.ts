// `./lab catchment --config FILE`: a policy over every prefix of a GeoIP file.

import { writeFileSync } from 'node:fs';
import { collectGroups } from '../../dns/catchment/collect.ts';
import { parseCountryUsers } from '../../dns/catchment/country-users.ts';
import { summarizeCatchment } from '../../dns/catchment/summarize.ts';
import { weighGroups } from '../../dns/catchment/weigh-groups.ts';
import type { Cli } from '../context.ts';
import { listOf, readText } from '../dns/load-policies.ts';
import { createProgress } from '../progress.ts';
import { drive } from './drive.ts';
import { loadForViews, ruleNamed, viewOf } from './load-view.ts';
import { type CatchmentReport, summaryText } from './text.ts';

export interface SummaryOptions {
  config: string;
  family: '4' | '6';
  down?: string;
  users?: string;
  html?: string;
}

export async function runSummary(cli: Cli, name: string | undefined, options: SummaryOptions): Promise<void> {
  const users =
    options.users === undefined ? undefined : parseCountryUsers(readText(options.users), options.users);
  const family = options.family === '6' ? 6 : 4;
  const progress = createProgress(cli.output);
  try {
    progress.doing('compiling the policies over the GeoIP file');
    const policies = await loadForViews(options.config);
    const rule = ruleNamed(policies, name);
    const down = listOf(options.down);
    const view = viewOf(policies, rule, down, family);
    const { groups, ...counts } = await drive(
      collectGroups(view, family),
      'walking the GeoIP file',
      progress,
      cli.signal,
    );
    progress.doing('adding up');
    const popNames = policies.steering.pops.map((pop) => pop.name);
    const { tree, steering } = policies;
    const report: CatchmentReport = {
      name: policies.names[rule] ?? '',
      policy: steering.rules[rule]?.policy ?? '',
      family,
      down,
      geoip: { file: policies.geoipFile, type: tree.databaseType, builtAt: tree.builtAt.toISOString() },
      ...counts,
      ...summarizeCatchment(groups, weighGroups(groups, family, users), popNames),
    };
    if (options.html !== undefined) {
      const { catchmentPage } = await import('./page.ts');
      writeFileSync(
        options.html,
        catchmentPage(report, groups, weighGroups(groups, family, users), steering.pops),
      );
    }
    progress.stop();
    if (cli.output.json) cli.output.data(report);
    else cli.output.print(summaryText(report));
  } finally {
    progress.stop();
  }
}
