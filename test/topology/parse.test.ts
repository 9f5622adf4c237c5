// Every way a topology file can be wrong: NAME.yaml and, as users read them, the problems in NAME.errors.txt. Write new
// expectations with UPDATE_GOLDEN=1. (A file that is no YAML is named .golden.yaml, which formatters leave alone.)

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../src/base/errors.ts';
import { readReferenceData } from '../../src/topology/io/read-reference-data.ts';
import { parseTopology } from '../../src/topology/parse.ts';

const data = readReferenceData();
const folder = join(import.meta.dirname, 'errors');
const cases = readdirSync(folder).filter((file) => file.endsWith('.yaml'));

describe('a wrong topology is refused with all its problems at once', () => {
  it.each(cases)('%s', (file) => {
    const { input, problems } = parseTopology(readFileSync(join(folder, file), 'utf8'), file, data);
    const text = `${problems.map(formatProblem).join('\n')}\n`;
    const goldenFile = join(folder, file.replace(/(\.golden)?\.yaml$/, '.errors.txt'));
    if (process.env['UPDATE_GOLDEN']) writeFileSync(goldenFile, text);
    expect(input).toBeUndefined();
    expect(text).toBe(readFileSync(goldenFile, 'utf8'));
  });

  it('every problem says where it is and what to do', () => {
    for (const file of cases) {
      const { problems } = parseTopology(readFileSync(join(folder, file), 'utf8'), file, data);
      for (const problem of problems) {
        expect(problem.file, problem.message).toBe(file);
        expect(problem.line, problem.message).toBeGreaterThan(0);
        expect(problem.hint, problem.message).toBeTruthy();
      }
    }
  });
});
