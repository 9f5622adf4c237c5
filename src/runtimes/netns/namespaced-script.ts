// Commands of many namespaces as one shell script with one batch per namespace and program: a process per command
// would cost 20 ms a node.

import { batches, hereDocument, type NamespacedCommand } from '../../shaping/commands.ts';

export function namespacedScript(commands: NamespacedCommand[]): string {
  return batches(commands)
    .map(({ node, program, text }) =>
      hereDocument(`${node ? `nsenter --net=/run/netns/${node} ` : ''}${program} -batch -`, text),
    )
    .join('\n');
}
