// Before and after all lab tests: one engine for all of them, if they start one (docker-engine.ts), ended at the end.

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { ENGINE_FILE_VARIABLE, newEngineFile, stopEngine } from './docker-engine-process.ts';

export function setup(): void {
  process.env[ENGINE_FILE_VARIABLE] = newEngineFile();
}

export async function teardown(): Promise<void> {
  const file = process.env[ENGINE_FILE_VARIABLE] ?? '';
  if (!existsSync(file)) return;
  const engine = readFileSync(file, 'utf8');
  if (engine.startsWith('/')) await stopEngine(engine);
  rmSync(file, { force: true });
}
