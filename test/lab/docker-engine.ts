// A Docker engine for lab tests: the machine's own where one answers; else one of the tests' own (docker-engine-process.ts),
// started by the first test file that asks, and ended by docker-global-setup.ts after the last. Where there can be none,
// the tests are skipped loudly.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll } from 'vitest';
import { engineProblem } from '../../src/runtimes/docker/engine.ts';
import { ENGINE_FILE_VARIABLE, STOP_TIMEOUT_MS, startEngine, stopEngine } from './docker-engine-process.ts';

export interface TestEngine {
  /** Why there is none, one sentence; undefined where there is. For `describe.skipIf`. */
  missing: string | undefined;
  /** A test's title, with the reason when it is skipped. */
  titled(title: string): string;
}

/**
 * To be awaited at the top of a test file. Sets DOCKER_HOST for this process and its children when the engine is one
 * of the tests' own.
 */
export async function useEngine(): Promise<TestEngine> {
  const missing = await findOrStart();
  if (missing) process.stderr.write(`\nskipped: Docker: ${missing}\n\n`);
  return { missing, titled: (title) => (missing ? `${title} (skipped: Docker: ${missing})` : title) };
}

async function findOrStart(): Promise<string | undefined> {
  const problem = await engineProblem();
  if (!problem) return undefined;
  const file = process.env[ENGINE_FILE_VARIABLE];
  if (file && existsSync(file)) {
    const known = readFileSync(file, 'utf8');
    // A start that failed once fails again, and takes a minute to do so.
    if (!known.startsWith('/')) return known;
    process.env['DOCKER_HOST'] = `unix://${known}/docker.sock`;
    return undefined;
  }
  const started = await startEngine(ownerOf(file));
  if (file) writeFileSync(file, 'reason' in started ? started.reason : started.runFolder);
  if ('reason' in started) return `${problem.reason}, and none can be started: ${started.reason}`;
  process.env['DOCKER_HOST'] = `unix://${started.runFolder}/docker.sock`;
  if (!file) afterAll(() => stopEngine(started.runFolder), STOP_TIMEOUT_MS + 30_000);
  return undefined;
}

/** Whose end makes an engine an orphan: the run's main process, whose pid is in the file's name; else this one. */
function ownerOf(file: string | undefined): number {
  return Number(/\d+$/.exec(file ?? '')?.[0] ?? process.pid);
}
