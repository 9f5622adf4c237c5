// The committed files of netem/ that are made, not written: the JSON Schema for editors and the topology `hundred`. A
// test holds them to this; io/write-generated-files.ts writes them.

import { Document, isMap, isSeq } from 'yaml';
import { generateTopology } from './generate.ts';
import { topologyJsonSchema } from './json-schema.ts';
import type { TopologySource } from './schema.ts';

/** Content by path from the project's folder. */
export function generatedFiles(): Record<string, string> {
  const hundred = generateTopology({ name: 'hundred', routers: 300, pops: 100, clients: 120, seed: 1 });
  return {
    'netem/topology.schema.json': `${JSON.stringify(topologyJsonSchema(), null, 2)}\n`,
    'netem/topologies/hundred.yaml': [
      '# yaml-language-server: $schema=../topology.schema.json',
      '# Generated: do not edit. `node src/topology/io/write-generated-files.ts` makes it (see src/topology/generate.ts).',
      topologyYaml(hundred),
    ].join('\n'),
  };
}

/** YAML with one line for each network, POP and client. */
export function topologyYaml(source: TopologySource): string {
  const document = new Document(source, { aliasDuplicateObjects: false });
  if (isMap(document.contents)) {
    for (const { value: section } of document.contents.items) {
      if (!isMap(section) && !isSeq(section)) continue;
      for (const item of section.items as unknown[]) {
        const entry = isMap(item) ? item : (item as { value?: unknown }).value;
        if (isMap(entry) || isSeq(entry)) entry.flow = true;
      }
    }
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
