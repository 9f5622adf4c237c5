import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import {
  afterLoad,
  afterSilence,
  initialShedding,
  type SheddingSettings,
  type SheddingState,
} from '../../../src/dns/health/shedding.ts';

const TTL_MS = 20_000;
const STEP_MS = 2000;
const settings: SheddingSettings = { settleMs: TTL_MS, staleMs: 30_000 };

interface Site {
  capacity: number;
  /** Where clients nearest to it go next, and then. */
  next: readonly number[];
  demand: (nowMs: number) => number;
}

/**
 * The closed loop: 300 client networks near each site, which keep an answer for a TTL, each from its own moment; the load
 * of a site is what its clients ask for; the controllers see it and shed; the networks hash to who goes on.
 */
function simulate(sites: readonly Site[], steps: number, seed = 1) {
  const random = seededRandom(seed);
  const networks = sites.flatMap((_site, home) =>
    Array.from({ length: 300 }, () => ({
      home,
      hashes: sites.map(() => random()),
      asksAtMs: random() * TTL_MS,
      goesTo: home,
    })),
  );
  const states = sites.map(() => initialShedding(0));
  const history: { loads: number[]; sheds: number[] }[] = [];
  for (let step = 0; step < steps; step++) {
    const nowMs = step * STEP_MS;
    for (const network of networks) {
      if (nowMs < network.asksAtMs) continue;
      network.asksAtMs += TTL_MS;
      const ranking = [network.home, ...(sites[network.home]?.next ?? [])];
      const accepted = ranking.find((site) => (network.hashes[site] ?? 0) >= (states[site]?.shed ?? 0));
      network.goesTo = accepted ?? network.home;
    }
    const loads = sites.map(() => 0);
    for (const { home, goesTo } of networks)
      loads[goesTo] = (loads[goesTo] ?? 0) + (sites[home]?.demand(nowMs) ?? 0) / 300;
    sites.forEach(({ capacity }, i) => {
      states[i] = afterLoad(states[i] as SheddingState, loads[i] ?? 0, capacity, settings, nowMs);
    });
    history.push({ loads, sheds: states.map(({ shed }) => shed) });
  }
  return history;
}

/** How often a sequence turns from rising to falling or back. */
function turns(values: readonly number[]): number {
  const moves = values
    .slice(1)
    .flatMap((value, i) => (value === values[i] ? [] : [Math.sign(value - (values[i] ?? 0))]));
  return moves.filter((move, i) => i > 0 && move !== moves[i - 1]).length;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe('three POPs, one of which is asked for 1.5 times its capacity', () => {
  const sites: Site[] = [
    { capacity: 100, next: [1, 2], demand: () => 150 },
    { capacity: 100, next: [2, 0], demand: () => 30 },
    { capacity: 100, next: [1, 0], demand: () => 30 },
  ];
  const history = simulate(sites, 200);

  it('settles within its capacity in two minutes, and stays there', () => {
    for (const { loads } of history.slice(60))
      for (const load of loads) expect(load).toBeLessThanOrEqual(100);
    for (const { sheds } of history.slice(60)) expect(sheds).toEqual(history.at(-1)?.sheds);
  });

  it('sheds about the third that is too much, not all', () => {
    const shed = history.at(-1)?.sheds[0] ?? 0;
    expect(shed).toBeGreaterThan(0.3);
    expect(shed).toBeLessThan(0.5);
  });

  it('no load is lost: it is somewhere at every step', () => {
    for (const { loads } of history) expect(sum(loads)).toBeCloseTo(210, 6);
  });

  it('does not swing', () => {
    expect(turns(history.map(({ sheds }) => sheds[0] ?? 0))).toBeLessThanOrEqual(1);
    expect(history.every(({ sheds }) => sheds[1] === 0 && sheds[2] === 0)).toBe(true);
  });
});

describe('spill over two POPs', () => {
  it('what is too much for the next goes on to the third (a cascade that ends)', () => {
    const history = simulate(
      [
        { capacity: 100, next: [1, 2], demand: () => 150 },
        { capacity: 100, next: [0, 2], demand: () => 90 },
        { capacity: 200, next: [1, 0], demand: () => 20 },
      ],
      300,
    );
    const last = history.at(-1);
    for (const load of last?.loads ?? []) expect(load).toBeLessThanOrEqual(200);
    expect(last?.loads[0]).toBeLessThanOrEqual(100);
    expect(last?.loads[1]).toBeLessThanOrEqual(100);
    for (const { sheds } of history.slice(150)) expect(sheds).toEqual(last?.sheds);
  });

  it('a crowd that leaves is followed slowly, down to nothing shed', () => {
    const history = simulate(
      [
        { capacity: 100, next: [1], demand: (nowMs) => (nowMs < 200_000 ? 150 : 50) },
        { capacity: 200, next: [0], demand: () => 30 },
      ],
      500,
    );
    const sheds = history.map(({ sheds }) => sheds[0] ?? 0);
    const steps = sheds.slice(1).map((shed, i) => shed - (sheds[i] ?? 0));
    expect(sheds.at(-1)).toBe(0);
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(-0.11);
    expect(turns(sheds)).toBeLessThanOrEqual(2);
  });

  it('for any demand within the total, it comes to rest and nobody is far over capacity', () => {
    fc.assert(
      fc.property(
        fc.tuple(
          fc.integer({ min: 10, max: 180 }),
          fc.integer({ min: 10, max: 90 }),
          fc.integer({ min: 10, max: 60 }),
        ),
        fc.integer(),
        ([a, b, c], seed) => {
          fc.pre(a + b + c <= 220);
          const history = simulate(
            [
              { capacity: 100, next: [1, 2], demand: () => a },
              { capacity: 100, next: [2, 0], demand: () => b },
              { capacity: 100, next: [0, 1], demand: () => c },
            ],
            400,
            seed,
          );
          const last = history.at(-1);
          for (const { sheds } of history.slice(300)) expect(sheds).toEqual(last?.sheds);
          for (const load of last?.loads ?? []) expect(load).toBeLessThanOrEqual(100);
          for (let site = 0; site < 3; site++)
            expect(turns(history.map(({ sheds }) => sheds[site] ?? 0))).toBeLessThanOrEqual(6);
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('one controller', () => {
  it('rises at the first load over capacity, and rests in the dead band', () => {
    const first = afterLoad(initialShedding(0), 120, 100, settings, 0);
    expect(first.shed).toBeCloseTo(0.25, 2);
    expect(afterLoad(first, 95, 100, settings, 100_000).shed).toBe(first.shed);
    expect(afterLoad(initialShedding(0), 99, 100, settings, 0).shed).toBe(0);
  });

  it('does not rise again before the first change can show, unless the load grows', () => {
    const first = afterLoad(initialShedding(0), 120, 100, settings, 0);
    expect(afterLoad(first, 120, 100, settings, 2000).shed).toBe(first.shed);
    expect(afterLoad(first, 140, 100, settings, 2000).shed).toBeGreaterThan(first.shed);
  });

  it('a lying load sheds never everything', () => {
    expect(afterLoad(initialShedding(0), 1e300, 1, settings, 0).shed).toBeLessThanOrEqual(0.95);
  });

  it('holds while the last load is fresh, then decays to nothing', () => {
    let state = afterLoad(initialShedding(0), 150, 100, settings, 0);
    const { shed } = state;
    expect(afterSilence(state, settings, 29_000).shed).toBe(shed);
    expect(afterSilence(state, settings, 31_000).shed).toBeCloseTo(shed / 2, 2);
    for (let nowMs = 0; nowMs < 300_000; nowMs += 2000) state = afterSilence(state, settings, nowMs);
    expect(state.shed).toBe(0);
  });
});
