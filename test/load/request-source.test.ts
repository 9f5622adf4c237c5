import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import type { LoadPlan } from '../../src/load/load-plan.ts';
import { itemCount, itemSource, LONG_TAIL, type Popularity } from '../../src/load/popularity.ts';
import { arrivals, pathSource } from '../../src/load/request-source.ts';

const plan: LoadPlan = {
  targets: [{ address: '127.0.0.1', port: 80, host: 'a' }],
  spread: 'round-robin',
  requests: { kind: 'items', path: '/json/{item}', popularity: { kind: 'uniform', items: 10 } },
  loop: { kind: 'open', ratePerSecond: 1000, arrivals: 'constant', mostConnections: 10 },
  durationMs: 10_000,
  warmUpMs: 0,
  timeoutMs: 1000,
  fields: [],
  spin: false,
  seed: 1,
};

function shares(popularity: Popularity, draws = 100_000): number[] {
  const counts = new Array<number>(itemCount(popularity)).fill(0);
  const draw = itemSource(popularity, seededRandom(7));
  for (let i = 0; i < draws; i++) {
    const item = draw();
    counts[item] = (counts[item] ?? Number.NaN) + 1;
  }
  return counts.map((count) => count / draws);
}

describe('popularity', () => {
  it('is even when uniform', () => {
    for (const share of shares({ kind: 'uniform', items: 20 })) expect(share).toBeCloseTo(0.05, 2);
  });

  it('of the long tail gives 96 % to 5 items and 4 % to 200', () => {
    const all = shares(LONG_TAIL);
    const hot = all.slice(0, 5);
    expect(all).toHaveLength(205);
    expect(hot.reduce((a, b) => a + b)).toBeCloseTo(0.96, 2);
    for (const share of hot) expect(share).toBeCloseTo(0.192, 2);
    expect(Math.max(...all.slice(5))).toBeLessThan(0.001);
  });

  it.each([0.8, 1, 1.2])('of Zipf %d falls with the rank to that power', (exponent) => {
    const all = shares({ kind: 'zipf', exponent, items: 100 });
    const total = Array.from({ length: 100 }, (_, i) => (i + 1) ** -exponent).reduce((a, b) => a + b);
    for (const rank of [1, 2, 5, 20]) expect(all[rank - 1]).toBeCloseTo(rank ** -exponent / total, 2);
  });
});

describe('arrivals', () => {
  it('at a constant rate are evenly spaced, whatever the length of the run', () => {
    const all = [...arrivals(plan)];
    expect(all).toHaveLength(10_000);
    expect(all[0]?.atMs).toBe(0);
    expect(all.at(-1)?.atMs).toBeCloseTo(9999, 6);
  });

  it('of a Poisson process have the rate and the spread of one', () => {
    const poisson = { ...plan, loop: { ...plan.loop, arrivals: 'poisson' } as LoadPlan['loop'] };
    const times = [...arrivals(poisson)].map(({ atMs }) => atMs);
    expect(Math.abs(times.length - 10_000)).toBeLessThan(400);
    const gaps = times.slice(1).map((at, i) => at - (times[i] ?? 0));
    const mean = gaps.reduce((a, b) => a + b) / gaps.length;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
    // An exponential distribution's standard deviation is its mean.
    expect(Math.sqrt(variance) / mean).toBeCloseTo(1, 1);
  });

  it('of a replay are those of the log, faster when told so', () => {
    const requests = [0, 100, 5000, 30_000].map((atMs, i) => ({ atMs, path: `/${i}` }));
    const replay = { ...plan, requests: { kind: 'replay' as const, requests, speed: 2 } };
    expect([...arrivals(replay)]).toEqual([
      { atMs: 0, path: '/0' },
      { atMs: 50, path: '/1' },
      { atMs: 2500, path: '/2' },
    ]);
  });
});

describe('paths', () => {
  it('are the same for the same seed, and others for another', () => {
    const first = (seed: number) => {
      const next = pathSource({ ...plan, seed });
      return Array.from({ length: 20 }, next).join(' ');
    };
    expect(first(1)).toBe(first(1));
    expect(first(2)).not.toBe(first(1));
  });

  it('of a list come in order and from the start again', () => {
    const next = pathSource({ ...plan, requests: { kind: 'list', paths: ['/a', '/b'], order: 'sequence' } });
    expect([next(), next(), next()]).toEqual(['/a', '/b', '/a']);
  });
});
