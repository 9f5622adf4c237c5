// `./lab up [topology]`: from a name to a lab that works and a first comparison of its steering methods.

import { type Command, Option } from 'commander';
import type { PlanOptions, UpResult } from '../../deployment/up.ts';
import type { Shaping } from '../../runtimes/lab-plan.ts';
import type { RuntimeName } from '../../runtimes/runtime.ts';
import type { TimerProfileName } from '../../topology/resolved.ts';
import { type Cli, cliOf } from '../context.ts';
import { parseInteger } from '../option-values.ts';
import { createProgress } from '../progress.ts';

interface Options {
  dryRun?: boolean;
  runtime?: RuntimeName;
  shaping: Shaping;
  timers?: TimerProfileName;
  seed?: number;
  compare: boolean;
  observability?: boolean;
}

export function define(command: Command): void {
  command
    .argument('[topology]', 'name of a topology of this project (./lab topology list), or a file', 'world')
    .option('--dry-run', 'print the plan and start nothing; whole with --json')
    .addOption(
      new Option('--runtime <name>', 'by default the first that can run here').choices(['netns', 'docker']),
    )
    .addOption(
      new Option('--shaping <kind>', 'how links get their delay')
        .choices(['auto', 'netem', 'relay', 'off'])
        .default('auto'),
    )
    .addOption(new Option('--timers <profile>', 'BGP timers').choices(['fast', 'default', 'internet']))
    .option('--seed <number>', 'for everything that is chosen by chance', parseInteger)
    .option('--install', 'with --runtime docker, as root: install a Docker engine where none answers')
    .option('--observability', 'with --runtime docker: also Prometheus and Grafana, on this machine only')
    .option('--no-compare', 'do not measure a first comparison')
    .option('--json', 'as JSON: the lab and its comparison, or the plan with --dry-run')
    .addHelpText(
      'after',
      `
On a running lab with the same plan it says so and changes nothing.

Examples:
  ./lab up
  ./lab up tiny --no-compare
  ./lab up tiny --runtime docker --observability
  ./lab up netem/topologies/tiny.yaml --name mine --timers internet
  ./lab up world --dry-run --json | jq '.nodes | length'`,
    )
    .action(async (topology: string, options: Options, self: Command) => {
      const cli = cliOf(self);
      const { runtime, shaping, timers, seed } = options;
      const planOptions = { topology, labName: cli.labName, timers, seed };
      if (options.dryRun) return printPlan(cli, planOptions);
      const progress = createProgress(cli.output);
      try {
        const { bringUp } = await import('../../deployment/up.ts');
        progress.doing(`starting ${topology}`);
        const result = await bringUp({
          ...planOptions,
          runtime,
          shaping,
          observability: options.observability ?? false,
          onEvent: progress.event,
          signal: cli.signal,
        });
        progress.step(
          result.alreadyRunning
            ? `lab ${result.lab.name} runs already: nothing changed`
            : `lab ${result.lab.name} is ready after ${(result.tookMs / 1000).toFixed(1)} s`,
        );
        await afterwards(cli, options, result, progress);
      } finally {
        progress.stop();
      }
    });
}

async function afterwards(
  cli: Cli,
  options: Options,
  { lab, topology, alreadyRunning, tookMs, stages, urls }: UpResult,
  progress: ReturnType<typeof createProgress>,
): Promise<void> {
  const facts = {
    name: lab.name,
    topology: topology.name,
    runtime: lab.runtime,
    alreadyRunning,
    tookMs: Math.round(tookMs),
    stages,
    ...(urls && { urls }),
  };
  for (const [name, url] of Object.entries(urls ?? {})) progress.step(`${name}: ${url}`);
  // A second `up` is a question whether all is well, not a wish to measure again.
  if (!options.compare || alreadyRunning) {
    progress.stop();
    if (cli.output.json) cli.output.data(facts);
    else cli.output.print(nextSteps(topology.clients[0]?.name, topology.pops[0]?.name, undefined));
    return;
  }
  const { runComparison } = await import('../comparison-run.ts');
  const { comparison, printed, page } = await runComparison(cli, lab, topology, {
    family: 4,
    size: 'quick',
    progress,
  });
  progress.stop();
  if (cli.output.json) cli.output.data({ ...facts, comparison });
  else {
    cli.output.print(`\n${printed}\n`);
    cli.output.print(nextSteps(topology.clients[0]?.name, topology.pops[0]?.name, page));
  }
}

function nextSteps(client = 'CLIENT', pop = 'pop-fra', page: string | undefined): string {
  return [
    'Next:',
    `  ./lab exec ${client} -- dig @resolver www.cdn.test`,
    `  ./lab exec ${client} -- traceroute anycast.cdn.test`,
    `  ./lab fail ${pop}          then ./lab compare, and ./lab restore ${pop}`,
    '  ./lab scenario run fail-pop',
    '  ./lab down',
    ...(page ? [`Report: ${page}`] : []),
  ].join('\n');
}

async function printPlan(cli: Cli, options: PlanOptions): Promise<void> {
  const { planFor } = await import('../../deployment/up.ts');
  const { planAsData, planAsText } = await import('../plan-text.ts');
  const { plan } = planFor(options);
  if (cli.output.json) cli.output.data(planAsData(plan));
  else cli.output.print(planAsText(plan));
}
