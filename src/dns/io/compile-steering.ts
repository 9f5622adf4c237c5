// Compiles steering where it disturbs nobody: a city database takes seconds, so it is done in a thread of its own, which ends
// with its work and so gives its memory back. Small databases (the lab's) are quicker done at once than a thread is started.

import { readFileSync, statSync } from 'node:fs';
import { serialize } from 'node:v8';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { type Problem, UserError } from '../../base/errors.ts';
import { MmdbTree } from '../../geoip/mmdb-tree.ts';
import { type CompiledSteering, compileSteering } from '../steering/compile.ts';
import type { SteeringInput } from '../steering/steering-input.ts';
import { stepBehind } from './behind-others.ts';

const ROLE = 'dns-compile';
const SMALL_BYTES = 4 * 1024 * 1024;

export interface CompileInput {
  input: Omit<SteeringInput, 'geoip' | 'asn'>;
  /** Absolute paths. */
  city?: string;
  asn?: string;
}

export interface Compiled {
  steering: CompiledSteering;
  /** What the city database says of itself. */
  geoipBuiltAt?: Date;
}

type CompileResult = { compiled: Compiled } | { problems: Problem[] };

/** @throws UserError when a database cannot be read or a policy is wrong. `program` is the file that threads are started from. */
export async function compileAnywhere(work: CompileInput, program: string | undefined): Promise<Compiled> {
  const bytes = [work.city, work.asn].reduce((sum, file) => sum + (file ? sizeOf(file) : 0), 0);
  if (bytes < SMALL_BYTES || program === undefined) return compileHere(work);
  const worker = new Worker(program, {
    workerData: { role: ROLE, work },
    name: ROLE,
    // Little garbage survives a collection here, and a large young generation is memory for nothing.
    resourceLimits: { maxYoungGenerationSizeMb: 8 },
  });
  const result = await new Promise<CompileResult>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the compiler thread ended without a result')));
  });
  if ('problems' in result) throw new UserError(result.problems);
  return result.compiled;
}

/** Compiles only what has changed since it was last asked: a new zone is no new steering. Files are told by stat(2). */
export function rememberingCompiler(): typeof compileAnywhere {
  let last: { of: Buffer; compiled: Compiled } | undefined;
  return async (work, program) => {
    const of = serialize([work, fileVersion(work.city), fileVersion(work.asn)]);
    if (!last?.of.equals(of)) last = { of, compiled: await compileAnywhere(work, program) };
    return last.compiled;
  };
}

export function isCompiler(): boolean {
  return (workerData as { role?: string } | null)?.role === ROLE;
}

/** The thread's side. */
export function runCompiler(): void {
  stepBehind(true);
  const { work } = workerData as { work: CompileInput };
  let result: CompileResult;
  try {
    result = { compiled: compileHere(work) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    result = { problems: error.problems };
  }
  parentPort?.postMessage(result);
}

function compileHere({ input, city, asn }: CompileInput): Compiled {
  const geoip = city === undefined ? undefined : readDatabase(city);
  const networks = asn === undefined ? undefined : readDatabase(asn);
  try {
    const steering = compileSteering({
      ...input,
      ...(geoip && { geoip }),
      ...(networks && { asn: networks }),
    });
    return { steering, ...(geoip && { geoipBuiltAt: new MmdbTree(geoip).builtAt }) };
  } catch (error) {
    if (error instanceof UserError || !city) throw error;
    throw geoipProblem(asn === undefined ? city : `${city} or ${asn}`, error as Error);
  }
}

function readDatabase(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw geoipProblem(file, error as Error);
  }
}

function fileVersion(file: string | undefined): string {
  const stat = file === undefined ? undefined : statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat ? [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join() : '';
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function geoipProblem(file: string, error: Error): UserError {
  return new UserError({
    file,
    message: `cannot read the GeoIP database: ${error.message}`,
    hint: 'it has to be an MMDB file, not compressed, such as GeoLite2-City.mmdb',
  });
}
