// `./lab dns explain`: the server's own explanation, from a configuration and without a server. Nothing is checked and
// nothing measured, so health is as told and there are no RTTs.

import { UserError } from '../../base/errors.ts';
import { type Explanation, explain } from '../../dns/explain.ts';
import { geoipSources } from '../../dns/io/geoip-sources.ts';
import type { SteeringRule } from '../../dns/server-state.ts';
import { Steering } from '../../dns/steering/steering.ts';
import type { Name } from '../../dns/wire/name.ts';
import type { Cli } from '../context.ts';
import { explanationText } from '../explanation-text.ts';
import { createProgress } from '../progress.ts';
import { assumedHealth, type LoadedPolicies, listOf, loadPolicies } from './load-policies.ts';

export interface ExplainOptions {
  client: string;
  type: string;
  config: string;
  down?: string;
  resolver?: boolean;
}

export async function runExplain(cli: Cli, name: string, options: ExplainOptions): Promise<void> {
  const progress = createProgress(cli.output);
  let explanation: Explanation;
  try {
    progress.doing('compiling the policies over the GeoIP file');
    explanation = explainOffline(await loadPolicies(options.config), name, options);
  } finally {
    progress.stop();
  }
  if (cli.output.json) cli.output.data(explanation);
  else cli.output.print(explanationText(options.config, options.client, explanation));
}

/** @throws UserError for a question that makes no sense, exit code 2. */
export function explainOffline(
  policies: LoadedPolicies,
  name: string,
  { client, type, down, resolver }: Omit<ExplainOptions, 'config'>,
): Explanation {
  const steering = new Steering(policies.steering);
  steering.setSnapshot(assumedHealth(policies, listOf(down)));
  const sources = geoipSources(
    policies.geoip.city === undefined ? undefined : geoipFiles(policies),
    (file) => file,
  );
  const result = explain(
    {
      data: { zones: policies.zones, rules: rulesOf(policies, steering) },
      steering,
      sources: sources.open(),
      outside: () => undefined,
    },
    { name, type, client, from: resolver ? 'source' : 'ecs' },
  );
  if (typeof result === 'string') throw new UserError({ message: result }, 2);
  return result;
}

function geoipFiles({ geoip: { city = '', asn } }: LoadedPolicies): { city: string; asn?: string } {
  return { city, ...(asn !== undefined && { asn }) };
}

function rulesOf({ rules }: LoadedPolicies, steering: Steering): Map<Name, SteeringRule> {
  return new Map(
    rules.map(({ owner, rule }, index) => {
      const policy = typeof rule.policy === 'string' ? rule.policy : rule.policy.type;
      return [owner, { owner, index, policy, families: steering.families(index), ttl: rule.ttl }];
    }),
  );
}
