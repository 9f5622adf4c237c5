// An edge's configuration from its file: JSON, or YAML by its name. All that is wrong is told at once, with lines where the
// file is YAML.

import { readFileSync } from 'node:fs';
import { UserError } from '../../base/errors.ts';
import type { YamlSource } from '../../base/yaml-source.ts';
import { type EdgeConfig, parseEdgeConfig } from '../config.ts';

/** @throws UserError with every problem. */
export async function loadEdgeConfig(file: string): Promise<EdgeConfig> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new UserError({ file, message: `cannot read it: ${(cause as Error).message}` }, 1, { cause });
  }
  if (!/\.ya?ml$/.test(file)) return parseEdgeConfig(text, file);
  // Few edges have need of it.
  const { parseYaml } = await import('../../base/yaml-source.ts');
  const source = parseYaml(text);
  if (source.problems.length > 0) throw new UserError(source.problems.map((each) => ({ file, ...each })));
  return withLines(source, () => parseEdgeConfig(JSON.stringify(source.value ?? null), file));
}

function withLines<T>({ lineOf }: YamlSource, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const problems = error.problems.map((each) =>
      each.path ? { ...each, line: lineOf(each.path.split('.')) } : each,
    );
    throw new UserError(problems, error.exitCode);
  }
}
