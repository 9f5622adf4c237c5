// One run of dnsperf (Debian package of that name) and what it says of it. Its own core is full at 115 to 195 thousand
// queries a second, so above that a rate is the client's limit, and servers are compared by their CPU per query.

import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import type { QuerySet } from './queries.ts';

export interface Load {
  queries: QuerySet;
  /** Seconds, or `once` for every query of the set one time. */
  duration: number | 'once';
  threads?: number;
  clients?: number;
  outstanding?: number;
  /** Queries a second; as fast as it can without. */
  rate?: number;
  /** Which processor dnsperf runs on; the scheduler's choice without. */
  cpu?: number;
  /** Where the time of each query is written to; read and removed again. */
  timesFile?: string;
}

export interface LoadResult {
  sent: number;
  completed: number;
  lost: number;
  seconds: number;
  queriesPerSecond: number;
  /** Microseconds, sorted; only with `timesFile`. */
  times: Float64Array;
}

/** What is lost ends after this long. */
const TIMEOUT_SECONDS = 2;

export async function dnsperf(port: number, load: Load): Promise<LoadResult> {
  const limit = load.duration === 'once' ? ['-n', '1'] : ['-l', String(load.duration)];
  const argv = [
    ...(load.cpu === undefined ? [] : ['taskset', '-c', String(load.cpu)]),
    ...['dnsperf', '-s', '127.0.0.1', '-p', String(port), '-B', '-d', load.queries.file, ...limit],
    ...['-t', String(TIMEOUT_SECONDS), '-T', String(load.threads ?? 1), '-c', String(load.clients ?? 32)],
    ...['-q', String(load.outstanding ?? 100), ...(load.rate ? ['-Q', String(load.rate)] : [])],
    ...(load.timesFile ? ['-v'] : []),
  ];
  const output = await run(argv, load.timesFile);
  const count = (label: string) =>
    Number(new RegExp(`${label}:\\s+([\\d.]+)`).exec(output)?.[1] ?? Number.NaN);
  const result = {
    sent: count('Queries sent'),
    completed: count('Queries completed'),
    lost: count('Queries lost'),
    seconds: count('Run time \\(s\\)'),
    queriesPerSecond: count('Queries per second'),
    times: load.timesFile ? readTimes(output) : new Float64Array(),
  };
  if (!(result.completed > 0))
    throw new Error(`dnsperf got no answers from port ${port}:\n${output.slice(-2000)}`);
  return result;
}

async function run(argv: readonly string[], timesFile: string | undefined): Promise<string> {
  const [program, ...rest] = argv as [string, ...string[]];
  // A file and not a pipe: this process would have to read while the measured ones need the processors.
  const file = timesFile ? openSync(timesFile, 'w') : undefined;
  const child = spawn(program, rest, { stdio: ['ignore', file ?? 'pipe', 'pipe'] });
  let output = '';
  child.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    output += chunk;
  });
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
  if (file === undefined || !timesFile) return output;
  closeSync(file);
  output = readFileSync(timesFile, 'latin1') + output;
  rmSync(timesFile);
  return output;
}

/** With -v each answer is a line `> RCODE name type SECONDS`. */
function readTimes(output: string): Float64Array {
  const times: number[] = [];
  for (const match of output.matchAll(/^> .*?([\d.]+)$/gm)) times.push(Number(match[1]) * 1e6);
  return Float64Array.from(times).sort();
}

/** `share` 0.99 for p99, of sorted values. */
export function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
