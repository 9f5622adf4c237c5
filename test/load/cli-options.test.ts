// The words of `./lab load` as a plan, and what is said about words that make none.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type LoadOptions, loadPlan } from '../../src/cli/load/options.ts';
import { resolveTargets } from '../../src/cli/load/targets.ts';
import { loadText } from '../../src/cli/load/text.ts';
import { LoadTally } from '../../src/load/load-tally.ts';

const folder = await mkdtemp(join(tmpdir(), 'load-test-'));
afterAll(() => rm(folder, { recursive: true }));
const file = async (name: string, text: string) => {
  await writeFile(join(folder, name), text);
  return join(folder, name);
};

const defaults: LoadOptions = {
  arrivals: 'constant',
  duration: 10_000,
  warmUp: 0,
  header: [],
  timeout: 5000,
  spread: 'round-robin',
  seed: 1,
};
const plan = (url: string | string[], options: Partial<LoadOptions> = {}) =>
  loadPlan([url].flat(), { ...defaults, ...options });

describe('the command line', () => {
  it('asks for one URL at a modest rate unless told otherwise', () => {
    expect(plan('127.0.0.1:8088/a?b=c')).toMatchObject({
      targets: [{ hostname: '127.0.0.1', port: 8088, host: '127.0.0.1:8088' }],
      plan: {
        requests: { kind: 'list', paths: ['/a?b=c'] },
        loop: { kind: 'open', ratePerSecond: 100, arrivals: 'constant' },
      },
    });
  });

  it.each([
    [{ uniform: 10 }, { kind: 'uniform', items: 10 }],
    [{ longTail: true }, { kind: 'long-tail', hotItems: 5, tailItems: 200, hotShare: 0.96 }],
    [{ zipf: [1.1, 500] as [number, number] }, { kind: 'zipf', exponent: 1.1, items: 500 }],
  ])('%j draws items', (options, popularity) => {
    const path = '/json/{item}?v=1&max_age=10';
    const expected = { kind: 'items', path, popularity };
    expect(plan('http://a/json/{item}?v=1', { ...options, maxAge: 10 }).plan.requests).toEqual(expected);
    expect(plan('http://[::1]:80/json/', options).plan.requests).toMatchObject({ path: '/json/{item}' });
  });

  it('takes URLs of a file, and requests of an access log at their times', async () => {
    const urls = await file('urls', '# those\nhttp://x/a\n/b?c\n\n');
    expect(plan('http://a/', { urls, maxAge: 1 }).plan.requests).toMatchObject({
      paths: ['/a?max_age=1', '/b?c&max_age=1'],
    });
    const log = await file(
      'log',
      ['10', '12', '11']
        .map(
          (s) => `{"at":"2026-11-21T11:12:${s}Z","method":"GET","path":"/${s}","status":200,"result":"hit"}`,
        )
        .join('\n'),
    );
    const replayed = plan('http://a/', { replay: log, speed: 2 }).plan;
    expect(replayed.requests).toEqual({
      kind: 'replay',
      speed: 2,
      requests: [
        { atMs: 0, path: '/10' },
        { atMs: 1000, path: '/11' },
        { atMs: 2000, path: '/12' },
      ],
    });
    expect(replayed.durationMs).toBe(1001);
  });

  it.each([
    ['https://a/', {}, /TLS is not spoken/],
    ['http://a/{item}', {}, /\{item\} of what/],
    ['http://a/x', { uniform: 5 }, /write \{item\}/],
    ['http://a/{item}', { uniform: 5, longTail: true }, /--uniform and --long-tail exclude/],
    ['http://a/', { header: ['Nonsense'] }, /not a field/],
    ['http://a/', { header: ['A: b\r\nC: d'] }, /not a field/],
    ['http://a/', { connections: 0 }, /1 to 1024/],
    [['http://a/x', 'http://b/y'], {}, /several servers for the same paths/],
  ] as [string | string[], Partial<LoadOptions>, RegExp][])('%j %j is refused', (url, options, message) => {
    expect(() => plan(url, options)).toThrow(message);
  });
});

describe('targets', () => {
  const target = { port: 80, host: 'a' };

  it('are this machine’s and the lab’s, unless their owner says so', async () => {
    expect(await resolveTargets([{ ...target, hostname: '127.0.0.1' }], false)).toEqual([
      { ...target, address: '127.0.0.1' },
    ]);
    await expect(resolveTargets([{ ...target, hostname: '10.1.2.3' }], false)).rejects.toThrow(
      /--yes-i-own-this/,
    );
    expect(await resolveTargets([{ ...target, hostname: '10.1.2.3' }], true)).toHaveLength(1);
  });
});

describe('the report', () => {
  it('names what went wrong and how it was cached', () => {
    const tally = new LoadTally(0);
    const each = { intendedMs: 0, sentMs: 0, firstByteMs: 1, endMs: 2, bytes: 10, pop: 'fra' };
    tally.add({ ...each, status: 200, result: 'hit' });
    tally.add({ ...each, status: 200, result: 'miss' });
    tally.add({ ...each, status: undefined, error: 'timeout', result: 'none' });
    const { plan: made } = plan('http://a/');
    const text = loadText(made, tally.result(1000, 0), { style: (_style, words) => words }, true);
    expect(text).toMatch(/^3 requests in 1.0 s, 3.0\/s \(open loop, 100\/s constant\); 0.0 kB\n/);
    expect(text).toContain('statuses: 200 2; failed: timeout 1');
    expect(text).toContain('hit 1, miss 1; hit ratio 50.0 %');
    expect(text).toContain('POPs:     fra 2');
    expect(text).toMatch(/total +3 +2.00/);
  });
});
