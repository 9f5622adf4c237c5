// Runs the suite against any HTTP cache at an address whose origin is the suite's own. Cases run side by side, each
// under a path of its own, so that the pauses some of them need cost the time of one.

import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { checkStep, NOT_REUSED, type StepReply } from './check-step.ts';
import type { ConformanceCase, Step, Verdict } from './conformance-case.ts';
import { renderFields } from './field-values.ts';
import { STEP_FIELD, type SuiteOrigin } from './origin.ts';

export interface CaseResult {
  test: ConformanceCase;
  verdict: Verdict;
  /** Which step, and what was found instead of what was expected. */
  reason?: string;
}

export interface RunOptions {
  host: string;
  port: number;
  /** Value of Host. */
  site?: string;
  /** Cases at once. */
  concurrency?: number;
  /** Distinguishes this run's URLs from those of runs before. */
  runName: string;
}

/** Caches store when the response is over, some a moment later. */
const BETWEEN_STEPS_MS = 30;
const TIMEOUT_MS = 5000;

export async function runCases(
  origin: SuiteOrigin,
  cases: readonly ConformanceCase[],
  options: RunOptions,
): Promise<CaseResult[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const results: CaseResult[] = [];
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < cases.length; i = next++) {
      const test = cases[i] as ConformanceCase;
      results[i] = await runCase(origin, test, `${options.runName}-${i}`, options, agent);
    }
  };
  await Promise.all(Array.from({ length: options.concurrency ?? 64 }, worker));
  agent.destroy();
  return results;
}

async function runCase(
  origin: SuiteOrigin,
  test: ConformanceCase,
  name: string,
  options: RunOptions,
  agent: Agent,
): Promise<CaseResult> {
  const seen = origin.serve(name, test);
  for (const [number, step] of test.steps.entries()) {
    await pause(number === 0 ? 0 : (step.waitMs ?? BETWEEN_STEPS_MS));
    const reply = await ask(step, number, name, options, agent);
    // Who asks in the background does so at once; it must not be counted in the next step.
    const ofStep = seen.filter((request) => request.step === number);
    const reason = checkStep(step, number, reply, ofStep);
    if (reason === undefined) continue;
    // To store is never required: what asks about a reuse that does not happen could not be tried.
    const untried = step.setup || (test.level === 'required' && reason === NOT_REUSED);
    return { test, verdict: untried ? 'setup' : 'fail', reason: `step ${number}: ${reason}` };
  }
  return { test, verdict: 'pass' };
}

function ask(
  step: Step,
  number: number,
  name: string,
  options: RunOptions,
  agent: Agent,
): Promise<StepReply> {
  const { method = 'GET', target = 'a', host, body, fields = [] } = step.request ?? {};
  const headers = [
    'Host',
    host ?? options.site ?? 'conformance.test',
    STEP_FIELD,
    String(number),
    ...renderFields(fields, name),
    ...(body === undefined ? [] : ['Content-Length', String(Buffer.byteLength(body))]),
  ];
  return new Promise((resolve) => {
    const interim: number[] = [];
    const failed = (error: Error) => resolve({ error: error.message, interim });
    const request = httpRequest(
      {
        host: options.host,
        port: options.port,
        path: `/${name}/${target}`,
        method,
        headers,
        agent,
        timeout: TIMEOUT_MS,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', failed);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            fields: response.rawHeaders,
            body: Buffer.concat(chunks).toString('latin1'),
            interim,
          }),
        );
      },
    );
    request.on('information', ({ statusCode }) => interim.push(statusCode));
    request.on('timeout', () => request.destroy(new Error('no answer in time')));
    request.on('error', failed);
    request.end(body);
  });
}
