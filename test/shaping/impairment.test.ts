import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import type { Impairment } from '../../src/runtimes/lab-plan.ts';
import {
  compileImpairment,
  DEFAULT_LIMIT_FRAMES,
  decide,
  frameLimit,
  newDirectionState,
  type Verdict,
} from '../../src/shaping/impairment.ts';

const MS = 1e6;

describe('the decision on a frame', () => {
  it('holds it for the delay, from its arrival', () => {
    expect(deliveries({ delayMs: 40 }, [0, 5, 7])).toEqual([40, 45, 47]);
  });

  it('delivers at once where nothing is planned', () => {
    expect(deliveries({ delayMs: 0 }, [3])).toEqual([3]);
  });

  it('sends frames one after the other at the rate, then delays them', () => {
    // 1250 bytes at 10 Mbit/s take 1 ms.
    expect(deliveries({ delayMs: 20, rateMbit: 10 }, [0, 0, 0, 10], 1250)).toEqual([21, 22, 23, 31]);
  });

  it('never lets a frame overtake an earlier one, whatever the jitter', () => {
    const times = deliveries({ delayMs: 20, jitterMs: 10 }, range(500, 0.5));
    expect(times).toEqual([...times].sort((x, y) => x - y));
    expect(Math.min(...times.map((time, i) => time - i * 0.5))).toBeGreaterThanOrEqual(0);
  });

  it('spreads delays with the standard deviation asked for', () => {
    const delays = deliveries({ delayMs: 100, jitterMs: 5 }, range(4000, 50)).map((time, i) => time - i * 50);
    const mean = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
    const deviation = Math.sqrt(delays.reduce((sum, delay) => sum + (delay - mean) ** 2, 0) / delays.length);
    expect(mean).toBeCloseTo(100, 0);
    expect(deviation).toBeCloseTo(5, 0);
  });

  it('keeps order across a change to a shorter delay', () => {
    const state = newDirectionState();
    const random = seededRandom(1);
    decide(compileImpairment({ delayMs: 100 }), state, 0, 100, random);
    decide(compileImpairment({ delayMs: 10 }), state, 1 * MS, 100, random);
    expect(state.deliverAtNs).toBe(100 * MS);
    decide(compileImpairment({ delayMs: 10 }), state, 200 * MS, 100, random);
    expect(state.deliverAtNs).toBe(210 * MS);
  });

  it.each<[string, Impairment, Verdict, number]>([
    ['loses the share it is told to', { delayMs: 1, lossPercent: 30 }, 'lost', 0.3],
    ['loses everything at 100 %', { delayMs: 1, lossPercent: 100 }, 'lost', 1],
    ['sends the share to reorder at once', { delayMs: 1, reorderPercent: 25 }, 'at-once', 0.25],
  ])('%s', (_sentence, impairment, verdict, share) => {
    const verdicts = run(impairment, range(10_000, 1)).map((decision) => decision.verdict);
    expect(verdicts.filter((one) => one === verdict).length / verdicts.length).toBeCloseTo(share, 1);
  });

  it('duplicates the share it is told to', () => {
    const copies = run({ delayMs: 1, duplicatePercent: 10 }, range(10_000, 1)).filter((one) => one.duplicate);
    expect(copies.length / 10_000).toBeCloseTo(0.1, 1);
  });

  it('drops what is over the limit and says so', () => {
    const state = { ...newDirectionState(), held: 5 };
    const decision = decide(
      compileImpairment({ delayMs: 1, limitFrames: 5 }),
      state,
      0,
      100,
      seededRandom(1),
    );
    expect(decision).toBe('over-limit');
  });

  it('drops everything in a blackhole and says so', () => {
    const compiled = compileImpairment({ delayMs: 1 }, true);
    expect(decide(compiled, newDirectionState(), 0, 100, seededRandom(1))).toBe('blackhole');
  });

  it('decides the same with the same seed', () => {
    const impairment = { delayMs: 10, jitterMs: 3, lossPercent: 5, duplicatePercent: 5, reorderPercent: 5 };
    expect(run(impairment, range(1000, 1))).toEqual(run(impairment, range(1000, 1)));
  });
});

describe('the frame limit', () => {
  it.each<[string, Impairment, number]>([
    ['is what the link says', { delayMs: 10, limitFrames: 7 }, 7],
    ['is far away without a rate', { delayMs: 10 }, DEFAULT_LIMIT_FRAMES],
    [
      'covers the delay and a buffer at the rate',
      { delayMs: 100, rateMbit: 100 },
      Math.ceil(2_500_000 / 1514),
    ],
    ['is never tiny', { delayMs: 1, rateMbit: 0.1 }, 100],
  ])('%s', (_sentence, impairment, frames) => {
    expect(frameLimit(impairment)).toBe(frames);
  });
});

function run(impairment: Impairment, arrivalsMs: number[], bytes = 1000) {
  const compiled = compileImpairment(impairment);
  const state = newDirectionState();
  const random = seededRandom(7);
  return arrivalsMs.map((arrival) => {
    const verdict = decide(compiled, state, arrival * MS, bytes, random);
    return { verdict, duplicate: state.duplicate, deliverMs: state.deliverAtNs / MS };
  });
}

function deliveries(impairment: Impairment, arrivalsMs: number[], bytes = 1000): number[] {
  return run(impairment, arrivalsMs, bytes).map(({ deliverMs }) => deliverMs);
}

function range(count: number, step: number): number[] {
  return Array.from({ length: count }, (_, i) => i * step);
}
