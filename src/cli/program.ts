// The command line's grammar: global options, one subcommand for each entry of the command table. Only the chosen
// command is loaded in full; the others are a name and a line in the help.

import { Command, CommanderError } from 'commander';
import { UserError } from '../base/errors.ts';
import { nearestNames } from '../base/suggest.ts';
import { COMMANDS, type CommandEntry } from './command-table.ts';

const TAGLINE =
  'A GeoDNS and anycast lab on one machine: an emulated Internet, a CDN on it, and what each way of steering costs.';

const FIRST_STEPS = `
Examples:
  ./lab up                              start the topology "world" and compare
  ./lab exec london -- dig @resolver www.cdn.test
  ./lab exec tokyo -- traceroute anycast.cdn.test
  ./lab fail pop-fra                    a silent failure; then: ./lab compare, ./lab restore pop-fra
  ./lab down

./lab COMMAND --help tells more, with examples. Exit codes: 0 done, 1 failed, 2 wrong usage.`;

/** Runs the command line; throws UserError, or whatever the command threw. */
export async function runProgram(words: string[]): Promise<void> {
  const argv = plain(words);
  const program = rootCommand();
  const chosen = chosenCommand(argv);
  if (chosen.unknown) throw unknownCommand(chosen.unknown);
  for (const entry of COMMANDS) await addCommand(program, entry, entry === chosen.entry);
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Commander has printed help or the message already.
    process.exitCode = error.exitCode === 0 || error.code === 'commander.help' ? 0 : 2;
  }
}

/** The definition of one command, options included: what completion reads. */
export async function loadCommand(entry: CommandEntry): Promise<Command> {
  return addCommand(rootCommand(), entry, true);
}

function rootCommand(): Command {
  const program: Command = new Command('lab')
    .description(TAGLINE)
    .usage('COMMAND [options]')
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .addHelpText('after', FIRST_STEPS)
    .helpCommand(false)
    .action(() => {
      program.help();
    })
    .exitOverride();
  addGlobalOptions(program);
  return program;
}

async function addCommand(program: Command, entry: CommandEntry, inFull: boolean): Promise<Command> {
  const command = program.command(entry.name, { hidden: entry.hidden }).summary(entry.summary);
  command.helpGroup(`${entry.group}:`);
  if (!inFull) return command.allowUnknownOption().allowExcessArguments();
  (await entry.load()).define(command);
  if (!command.description()) command.description(sentence(entry.summary));
  for (const each of [command, ...command.commands]) {
    addGlobalOptions(each as Command);
    each.exitOverride();
  }
  return command;
}

/** On every command, so that `./lab --name a status` and `./lab status --name a` are the same. */
function addGlobalOptions(command: Command): void {
  command.optionsGroup('Global options:');
  command.option('--name <lab>', 'which lab; by default the one that runs, or the name of the topology');
  command.option('-q, --quiet', 'no progress and no notes');
  command.option('-y, --yes', 'ask nothing: install missing packages');
}

/** `help`, `help X` and `--version` in their plain forms. */
function plain(argv: string[]): string[] {
  const [first, ...rest] = argv;
  if (first === 'help') return [...rest, '--help'];
  return first === '--version' || first === '-V' ? ['version'] : argv;
}

/** The first word that is not an option (or the value of --name) names the command. */
function chosenCommand(argv: string[]): { entry?: CommandEntry; unknown?: string } {
  const words = argv.filter((word, i) => !word.startsWith('-') && argv[i - 1] !== '--name');
  const name = words[0];
  if (name === undefined) return {};
  const entry = COMMANDS.find((each) => each.name === name);
  return entry ? { entry } : { unknown: name };
}

function unknownCommand(name: string): UserError {
  const names = [...COMMANDS.filter((entry) => !entry.hidden).map((entry) => entry.name), 'help'];
  const near = nearestNames(name, names);
  return new UserError(
    {
      message: `there is no command "${name}"`,
      expected: near.length > 0 ? near.join(', ') : names.join(', '),
      hint: near.length > 0 ? `./lab ${near[0]}` : './lab help',
    },
    2,
  );
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}
