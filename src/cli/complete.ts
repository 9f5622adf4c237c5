// What could come next on a half-typed command line. Knows the grammar; the names of the running lab and the options of
// a command are asked for only when they are needed.

import type { CommandEntry, CompletionKind } from './command-table.ts';

export interface OptionWords {
  words: string[];
  takesValue: boolean;
  choices: readonly string[];
}

export interface CompletionSource {
  commands: Pick<CommandEntry, 'name' | 'completes'>[];
  options: (command: string) => Promise<OptionWords[]>;
  names: (kind: CompletionKind | 'lab') => Promise<string[]>;
}

/** Candidates for the last of `words`, which may be empty; empty when files are as good a guess as any. */
export async function completeWords(words: string[], source: CompletionSource): Promise<string[]> {
  const typed = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  return (await candidates(before, typed, source)).filter((each) => each.startsWith(typed));
}

async function candidates(before: string[], typed: string, source: CompletionSource): Promise<string[]> {
  if (before.includes('--')) return [];
  if (before.at(-1) === '--name') return source.names('lab');
  const { command, position, awaiting } = await parse(before, source);
  if (awaiting) return [...awaiting.choices];
  if (command === undefined) {
    const globals = typed.startsWith('-') ? ['--name', '--quiet', '--help', '--version'] : [];
    return [...globals, ...source.commands.map((each) => each.name), 'help'];
  }
  if (command === 'help') return source.commands.map((each) => each.name);
  if (typed.startsWith('-'))
    return [...(await source.options(command)).flatMap((each) => each.words), '--help'];
  const kinds = source.commands.find((each) => each.name === command)?.completes ?? [];
  const kind = kinds[position];
  if (kind === undefined) return [];
  return Array.isArray(kind) ? kind : source.names(kind);
}

/** The command, how many arguments it has before the typed word, and the option whose value is being typed. */
async function parse(
  before: string[],
  source: CompletionSource,
): Promise<{ command?: string; position: number; awaiting?: OptionWords }> {
  let command: string | undefined;
  let position = 0;
  let options: OptionWords[] = [{ words: ['--name'], takesValue: true, choices: [] }];
  for (let i = 0; i < before.length; i++) {
    const word = before[i] ?? '';
    if (word.startsWith('-')) {
      const option = options.find((each) => each.words.includes(word));
      if (!option?.takesValue) continue;
      if (i === before.length - 1) return { command, position, awaiting: option };
      i++;
    } else if (command === undefined) {
      command = word;
      options = await source.options(command);
    } else position++;
  }
  return { command, position };
}
