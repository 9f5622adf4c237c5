// `./lab scenario list|run NAME`: experiments with a question and a measured answer. Each scenario brings its own options,
// so they are checked by the scenario and not by this command's grammar.

import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { UserError } from '../../base/errors.ts';
import { labFolder } from '../../runtimes/lab-folder.ts';
import { type Cli, cliOf, openLab } from '../context.ts';
import { createProgress } from '../progress.ts';
import { parseScenarioWords } from '../scenario-words.ts';
import { terminalStyle } from '../terminal-style.ts';

export function define(command: Command): void {
  command.addHelpText(
    'after',
    '\nExamples:\n  ./lab scenario list\n  ./lab scenario run fail-pop --pop pop-fra --how silent',
  );
  command
    .command('list')
    .summary('scenarios with their questions and options')
    .description('Scenarios with their questions and options.')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  ./lab scenario list')
    .action((_options, self: Command) => list(cliOf(self)));
  command
    .command('run')
    .summary('run one on the lab; it leaves the lab as it found it')
    .description('Run a scenario on the lab; it leaves the lab as it found it, after Ctrl-C too.')
    .argument('<name>', 'see ./lab scenario list')
    .argument('[options...]', "the scenario's own, such as --pop pop-fra")
    .option('--out <folder>', 'where the report goes')
    .option('--json', 'as JSON')
    .allowUnknownOption()
    .addHelpText(
      'after',
      '\nExamples:\n  ./lab scenario run fail-pop\n  ./lab scenario run fail-pop --pop pop-fra --how clean --json',
    )
    .action((name: string, words: string[], options: { out?: string }, self: Command) =>
      run(cliOf(self), name, words, options.out),
    );
}

async function list({ output }: Cli): Promise<void> {
  const { SCENARIOS } = await import('../../scenarios/scenario-list.ts');
  if (output.json) {
    output.data(
      SCENARIOS.map(({ name, question, expectation, caveat, options }) => ({
        name,
        question,
        expectation,
        caveat,
        options: options.map((option) => ({ name: option.name, description: option.description })),
      })),
    );
    return;
  }
  for (const scenario of SCENARIOS) {
    output.print(`${output.style('bold', scenario.name)}: ${scenario.question}`);
    for (const option of scenario.options)
      output.print(`  --${option.name.padEnd(12)} ${option.description}`);
  }
}

async function run(cli: Cli, name: string, words: string[], out: string | undefined): Promise<void> {
  const [{ scenarioNamed }, { scenarioOptions }] = await Promise.all([
    import('../../scenarios/scenario-list.ts'),
    import('../../scenarios/scenario.ts'),
  ]);
  const scenario = scenarioNamed(name);
  const typed = parseScenarioWords(words);
  const { lab, topology, status } = await openLab(cli);
  const broken = status.nodes.filter((node) => node.failed).map((node) => node.name);
  if (broken.length > 0) {
    throw new UserError({
      message: `${broken.join(', ')} is failed: a scenario starts from a lab that works`,
      hint: `./lab restore ${broken[0]}`,
    });
  }
  const options = scenarioOptions(scenario, topology, typed);
  const progress = createProgress(cli.output);
  try {
    const outcome = await scenario.run({
      lab,
      topology,
      options,
      signal: cli.signal,
      onProgress: (message) => progress.step(message),
      outDir: out === undefined ? join(labFolder(lab.name).reports, scenario.name) : resolve(out),
    });
    progress.stop();
    if (cli.output.json) cli.output.data(outcome.result);
    else {
      cli.output.print(`\n${outcome.text(terminalStyle())}`);
      cli.output.print(`Expected: ${scenario.expectation}\nMind: ${scenario.caveat}`);
      for (const [kind, path] of Object.entries(outcome.files)) cli.output.print(`${kind}: ${path}`);
    }
  } finally {
    progress.stop();
  }
}
