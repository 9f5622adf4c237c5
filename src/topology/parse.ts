// A topology file's text to a checked TopologyInput, or all that is wrong with it at once.

import type { Problem } from '../base/errors.ts';
import type { ReferenceData } from './reference-data.ts';
import { type TopologyInput, topologySchema } from './schema.ts';
import { parseYaml } from './yaml-source.ts';

export type ParsedTopology = { input: TopologyInput; problems: [] } | { input?: undefined; problems: Problem[] };

/** `file` is the name that problems carry. */
export function parseTopology(text: string, file: string, _data: ReferenceData): ParsedTopology {
  const source = parseYaml(text);
  const shape = topologySchema.safeParse(source.value);
  if (shape.success && source.problems.length === 0) return { input: shape.data, problems: [] };
  const problems = [
    ...source.problems.map((problem) => ({ ...problem, file })),
    ...(shape.error?.issues ?? []).map((issue) => ({
      message: issue.message,
      file,
      line: source.lineOf(issue.path as (string | number)[]),
      path: issue.path.join('.'),
    })),
  ];
  return { problems };
}
