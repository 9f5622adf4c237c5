// Commands of many namespaces as one shell script with one batch per namespace and program: a process per command
// would cost 20 ms a node.

import { batchText, type NamespacedCommand } from '../../shaping/commands.ts';

/** Name in /run/netns of the relay's namespace; nodes have the others. No node name starts with an underscore. */
export const RELAY_NAMESPACE = '_relay';

export function namespacedScript(commands: NamespacedCommand[]): string {
  const groups = Map.groupBy(commands, ({ node, program }) => `${node ?? ''} ${program}`);
  return [...groups.values()]
    .map((group) => {
      const { node, program } = group[0] as NamespacedCommand;
      return hereDocument(batchCommand(program, node), batchText(group.map(({ argv }) => argv)));
    })
    .join('\n');
}

export function batchCommand(program: 'ip' | 'tc', node?: string): string {
  return `${node ? `nsenter --net=/run/netns/${node} ` : ''}${program} -batch -`;
}

export function hereDocument(command: string, text: string): string {
  return `${command} <<'EOF'\n${text.trimEnd()}\nEOF`;
}
