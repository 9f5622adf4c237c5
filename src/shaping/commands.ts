// Commands as this room builds them: argv without the program's name, grouped by the network namespace they run in,
// so that a runtime can join all of a namespace's commands into one `ip -batch` or `tc -batch` (a process per command
// made labs of 40 routers take a second).

import assert from 'node:assert/strict';

/** Words after `ip` or `tc`. */
export type Command = readonly string[];

export interface NamespacedCommand {
  /** The node whose network namespace it runs in; absent: the runtime's own, where `ip netns` names are known. */
  node?: string;
  program: 'ip' | 'tc';
  argv: Command;
}

/** Input for `ip -batch -` or `tc -batch -`, which split at spaces and know double quotes. */
export function batchText(commands: readonly Command[]): string {
  return commands.map((words) => `${words.map(batchWord).join(' ')}\n`).join('');
}

/** All commands of one program in one namespace, as its input. */
export interface Batch extends Pick<NamespacedCommand, 'node' | 'program'> {
  text: string;
}

/** In the order of each one's first command. */
export function batches(commands: readonly NamespacedCommand[]): Batch[] {
  const groups = Map.groupBy(commands, ({ node, program }) => `${node ?? ''} ${program}`);
  return [...groups.values()].map((group) => {
    const { node, program } = group[0] as NamespacedCommand;
    return { node, program, text: batchText(group.map(({ argv }) => argv)) };
  });
}

/** A shell's command with that for its input, as it is. */
export function hereDocument(command: string, text: string): string {
  return `${command} <<'EOF'\n${text.trimEnd()}\nEOF`;
}

function batchWord(word: string): string {
  assert.match(word, /^[^"'\\#\n]+$/, 'a word that cannot stand in a batch');
  return word.includes(' ') ? `"${word}"` : word;
}
