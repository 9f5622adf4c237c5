// A topology file's text to a checked TopologyInput, or all that is wrong with it at once, in the order of the lines.

import type { Problem } from '../base/errors.ts';
import { parseYaml } from '../base/yaml-source.ts';
import { formatPath } from './finding.ts';
import { readablePart } from './readable-part.ts';
import type { ReferenceData } from './reference-data.ts';
import { type TopologyInput, topologySchema } from './schema.ts';
import { shapeFindings } from './shape-problems.ts';
import { validate } from './validate/validate.ts';

export type ParsedTopology =
  | { input: TopologyInput; problems: [] }
  | { input?: undefined; problems: Problem[] };

/** `file` is the name that problems carry. */
export function parseTopology(text: string, file: string, data: ReferenceData): ParsedTopology {
  const source = parseYaml(text);
  const problems = source.problems.map((problem): Problem => ({ ...problem, file }));
  if (source.value === undefined) return { problems };

  const shape = topologySchema.safeParse(source.value);
  const findings = [
    ...shapeFindings(shape.error?.issues ?? [], source.value),
    ...validate(readablePart(source.value), data),
  ];
  problems.push(
    ...findings.map(({ path, ...finding }) => ({
      ...finding,
      file,
      line: source.lineOf(path),
      path: formatPath(path) || undefined,
    })),
  );
  problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  return shape.success && problems.length === 0 ? { input: shape.data, problems: [] } : { problems };
}
