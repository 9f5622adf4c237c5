import { describe, expect, test } from 'vitest';
import { countsLine, vitestCounts } from '../../src/cli/test-run.ts';

const report = (...files: [string, ...string[]][]) =>
  JSON.stringify({
    testResults: files.map(([status, ...tests]) => ({
      status,
      assertionResults: tests.map((each) => ({ status: each })),
    })),
  });

describe('counting what vitest says', () => {
  const cases: [string, string | undefined, number, string][] = [
    ['all passed', report(['passed', 'passed', 'passed'], ['passed', 'passed']), 0, '3 passed, 0 failed'],
    ['some failed', report(['failed', 'passed', 'failed']), 1, '1 passed, 1 failed'],
    ['some skipped', report(['passed', 'passed', 'skipped', 'todo']), 0, '1 passed, 0 failed, 2 skipped'],
    ['a file that cannot be loaded', report(['failed'], ['passed', 'passed']), 1, '1 passed, 1 failed'],
    ['a hook that failed after all tests passed', report(['failed', 'passed']), 1, '1 passed, 1 failed'],
    ['an error outside of all tests', report(['passed', 'passed']), 1, '1 passed, 1 failed'],
    ['no report at all', undefined, 1, '0 passed, 1 failed'],
  ];
  for (const [name, text, exitCode, line] of cases) {
    test(`${name}: ${line}`, () => {
      expect(countsLine(vitestCounts(text, exitCode))).toBe(line);
    });
  }
});
