// The suite against our own edge, in this process, in the time of its longest case.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseEdgeConfig } from '../../../src/edge/config.ts';
import { type RunningEdge, startEdge } from '../../../src/edge/io/start-edge.ts';
import { CATEGORIES } from './conformance-case.ts';
import { type SuiteOrigin, startSuiteOrigin } from './origin.ts';
import { type CaseResult, runCases } from './run-cases.ts';
import { SUITE } from './suite.ts';
import { tally } from './tally.ts';

let origin: SuiteOrigin;
let edge: RunningEdge;
let results: CaseResult[];

beforeAll(async () => {
  origin = await startSuiteOrigin();
  const config = {
    listen: [{ address: '127.0.0.1', port: 0 }],
    pop: 'fra',
    origin: { host: 'conformance.test', address: '127.0.0.1', port: origin.port, forwardHost: true },
  };
  edge = await startEdge(parseEdgeConfig(JSON.stringify(config), 'conformance'));
  const port = edge.addresses[0]?.port ?? 0;
  results = await runCases(origin, SUITE, { host: '127.0.0.1', port, runName: 'c' });
}, 60_000);

afterAll(async () => {
  await edge?.close();
  await origin?.close();
});

describe('the suite', () => {
  it('has no two cases of one id, and enough of them', () => {
    expect(new Set(SUITE.map(({ id }) => id)).size).toBe(SUITE.length);
    const count = (level: string) => SUITE.filter((test) => test.level === level).length;
    expect(count('required')).toBeGreaterThanOrEqual(160);
    expect(count('optional')).toBeGreaterThanOrEqual(105);
  });

  it('covers every category', () => {
    const { categories } = tally(results);
    for (const name of CATEGORIES) expect(categories[name].required.of, name).toBeGreaterThan(0);
  });
});

describe('our edge', () => {
  const failing = (level: string) =>
    results
      .filter(({ test, verdict }) => test.level === level && verdict !== 'pass')
      .map(({ test, reason }) => `${test.id}: ${reason}`);

  it('does everything that is required', () => {
    expect(failing('required')).toEqual([]);
  });

  it('does everything that is optional', () => {
    expect(failing('optional')).toEqual([]);
  });
});
