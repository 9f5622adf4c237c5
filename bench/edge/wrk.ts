// One run of wrk (Debian package of that name): 64 connections from one thread on a processor of its own. A script
// prints its counts as JSON at the end; it looks at no answer, so it costs wrk nothing while it runs.

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface WrkLoad {
  path: string;
  /** More request fields than Host. */
  fields: readonly string[];
  seconds: number;
  cpu: number;
}

export interface WrkResult {
  requests: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Sockets' errors, time-outs and statuses of 400 and more. */
  errors: number;
  /** That wrk used itself. */
  cpuSeconds: number;
}

export const CONNECTIONS = 64;

const REPORT = `done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('JSON {"requests":%d,"us":%d,"p50":%d,"p99":%d,"cpu":%f,"errors":%d}\\n', summary.requests,
    summary.duration, latency:percentile(50), latency:percentile(99), os.clock(), e.connect + e.read + e.write + e.status + e.timeout))
end
`;

export function writeWrkScript(scratch: string): string {
  const file = join(scratch, 'report.lua');
  writeFileSync(file, REPORT);
  return file;
}

export async function wrk(port: number, script: string, load: WrkLoad): Promise<WrkResult> {
  const fields = load.fields.flatMap((field) => ['-H', field]);
  const options = ['-t1', `-c${CONNECTIONS}`, `-d${load.seconds}s`, '-s', script, ...fields];
  const url = `http://127.0.0.1:${port}${load.path}`;
  const child = spawn('taskset', ['-c', String(load.cpu), 'wrk', ...options, url]);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
  const text = /^JSON (.*)$/m.exec(output)?.[1];
  if (text === undefined) throw new Error(`wrk says nothing of port ${port}:\n${output.slice(-1000)}`);
  const { requests, us, p50, p99, cpu, errors } = JSON.parse(text);
  return {
    requests,
    perSecond: (requests * 1e6) / us,
    p50Ms: p50 / 1000,
    p99Ms: p99 / 1000,
    errors,
    cpuSeconds: cpu,
  };
}
