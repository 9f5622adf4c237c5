// `./lab __complete -- WORD...` (hidden): candidates for the last word, one a line. Never fails: a Tab is no place for
// errors.

import type { Command } from 'commander';
import { COMMANDS, type CompletionKind } from '../command-table.ts';
import { completeWords, type OptionWords } from '../complete.ts';
import { loadCommand } from '../program.ts';
import { serviceNames, targetNames } from '../targets.ts';

export function define(command: Command): void {
  command
    .argument('[words...]')
    .passThroughOptions()
    .allowUnknownOption()
    .action(async (words: string[]) => {
      const entries = COMMANDS.filter((entry) => !entry.hidden);
      const candidates = await completeWords(words, {
        commands: entries,
        options: async (name) => {
          const entry = entries.find((each) => each.name === name);
          return entry ? optionWords(await loadCommand(entry)) : [];
        },
        names: (kind) => namesOf(kind, labNameIn(words)).catch(() => []),
      });
      process.stdout.write(candidates.map((each) => `${each}\n`).join(''));
    });
}

function optionWords(command: Command): OptionWords[] {
  return command.options.map((option) => ({
    words: [option.short, option.long].filter((word): word is string => word !== undefined && word !== null),
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? [],
  }));
}

function labNameIn(words: string[]): string | undefined {
  const i = words.indexOf('--name');
  return i < 0 ? undefined : words[i + 1];
}

async function namesOf(kind: CompletionKind | 'lab', labName: string | undefined): Promise<string[]> {
  const { findLab, listLabs } = await import('../../deployment/labs.ts');
  if (kind === 'lab') return listLabs();
  if (kind === 'topology') return (await import('../../topology/io/load-topology.ts')).topologyNames();
  if (kind === 'scenario')
    return (await import('../../scenarios/scenario-list.ts')).SCENARIOS.map((each) => each.name);
  if (kind === 'file' || kind === 'command' || Array.isArray(kind)) return [];
  const status = await (await findLab(labName)).lab.status();
  const nodes = status.nodes.map((node) => node.name);
  const links = status.links.map((link) => link.name);
  return {
    node: nodes,
    link: links,
    service: [...nodes, ...serviceNames(status)],
    target: targetNames(status),
  }[kind];
}
