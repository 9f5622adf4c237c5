// Running the project's checks and tests with their output as it comes, and counting what they say.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_FOLDER } from '../base/project-folder.ts';

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export const NO_COUNTS: Counts = { passed: 0, failed: 0, skipped: 0 };

export function addCounts(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** `12 passed, 0 failed`, and how many were skipped if any were. */
export function countsLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** A check passes or fails as a whole. */
export async function runCheck(title: string, command: string, args: string[]): Promise<Counts> {
  process.stdout.write(`\n== ${title}: ${[command, ...args].join(' ')}\n`);
  const ok = (await runLoudly(command, args)) === 0;
  process.stdout.write(`== ${title}: ${ok ? 'passed' : 'FAILED'}\n`);
  return { ...NO_COUNTS, [ok ? 'passed' : 'failed']: 1 };
}

export async function runVitest(resultsFile: string, args: string[]): Promise<Counts> {
  process.stdout.write(`\n== tests: vitest run ${args.join(' ')}\n`);
  const exitCode = await runLoudly('vitest', [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${resultsFile}`,
    ...args,
  ]);
  return vitestCounts(existsSync(resultsFile) ? readFileSync(resultsFile, 'utf8') : undefined, exitCode);
}

interface VitestResults {
  testResults: { status: string; assertionResults: { status: string }[] }[];
}

/**
 * Counts out of vitest's JSON report. What fails without being a test (a file that cannot be loaded, an error outside
 * of all tests, vitest itself) counts as one failure, so that the line never looks better than the exit code.
 */
export function vitestCounts(report: string | undefined, exitCode: number): Counts {
  const counts = { ...NO_COUNTS };
  const results = report === undefined ? [] : (JSON.parse(report) as VitestResults).testResults;
  for (const file of results) {
    for (const { status } of file.assertionResults) {
      if (status === 'passed') counts.passed++;
      else if (status === 'failed') counts.failed++;
      else counts.skipped++;
    }
    const blamed = file.assertionResults.some(({ status }) => status === 'failed');
    if (file.status === 'failed' && !blamed) counts.failed++;
  }
  if (exitCode !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

/** Its output is ours; Node 24 of this project comes first for whatever it starts. */
function runLoudly(command: string, args: string[]): Promise<number> {
  const bin = join(PROJECT_FOLDER, 'node_modules', '.bin');
  return new Promise((resolve) => {
    const child = spawn(join(bin, command), args, {
      cwd: PROJECT_FOLDER,
      stdio: 'inherit',
      env: { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` },
    });
    child.once('error', (error) => {
      process.stderr.write(`${command}: ${error.message}\n`);
      resolve(1);
    });
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
