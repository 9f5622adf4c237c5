import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConcurrencyGate } from '../../../src/edge/upstream/concurrency-gate.ts';
import { ASSUMED_UP, afterCheck, nextCheckMs } from '../../../src/edge/upstream/health-state.ts';
import { RetryBudget } from '../../../src/edge/upstream/retry-budget.ts';

describe('health', () => {
  it('falls after bad checks in a row, rises after good ones, and remembers what was bad', () => {
    const limits = { rise: 2, fall: 3 };
    let health = ASSUMED_UP;
    const ups = ['x', 'x', undefined, 'x', 'x', 'x', undefined, 'x', undefined, undefined].map((problem) => {
      health = afterCheck(health, problem && 'status 500', limits);
      return health.up;
    });
    expect(ups).toEqual([true, true, true, true, true, false, false, false, false, true]);
    expect(afterCheck({ up: false, against: 0, reason: 'status 500' }, undefined, limits).reason).toBe(
      'status 500',
    );
  });

  it('moves checks by at most the jitter', () => {
    const options = { intervalMs: 1000, jitter: 0.2 };
    expect([0, 0.5, 0.999].map((lot) => Math.round(nextCheckMs(options, lot)))).toEqual([800, 1000, 1200]);
  });
});

describe('the retry budget', () => {
  it('never lets more through than the share, the trickle and what it began with', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constant('request'), fc.constant('retry'), fc.nat(2000)), { maxLength: 300 }),
        (steps) => {
          const options = { budget: 0.2, minPerSecond: 2 };
          const budget = new RetryBudget(options, 0);
          let [nowMs, requests, retries] = [0, 0, 0];
          for (const step of steps) {
            if (typeof step === 'number') nowMs += step;
            else if (step === 'request') {
              requests++;
              budget.deposit(nowMs);
            } else if (budget.withdraw(nowMs)) retries++;
            expect(retries).toBeLessThanOrEqual(2 + requests * 0.2 + (nowMs / 1000) * 2 + 0.01);
            expect(budget.tokens(nowMs)).toBeGreaterThanOrEqual(0);
          }
        },
      ),
    );
  });
});

describe('the concurrency gate', () => {
  it('keeps its bounds and loses nobody, whatever happens in whatever order', () => {
    const step = fc.oneof(
      fc.constant('ask' as const),
      fc.record({ leave: fc.nat() }),
      fc.record({ timeOut: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const timers = new Set<() => void>();
        const gate = new ConcurrencyGate(3, 2, 1000, (_, callback) => {
          timers.add(callback);
          return () => timers.delete(callback);
        });
        const places: { state: string; leave(): void }[] = [];
        const count = (state: string) => places.filter((place) => place.state === state).length;
        for (const move of steps) {
          if (move === 'ask') {
            const place = { state: 'waiting', leave: () => {} };
            places.push(place);
            const asked = gate.ask(
              () => {
                place.state = 'inside';
              },
              () => {
                place.state = 'refused';
              },
            );
            place.leave = asked.leave;
          } else if ('leave' in move) {
            const place = places[move.leave % Math.max(1, places.length)];
            if (place?.state === 'refused') place.leave();
            else if (place) {
              place.state = 'left';
              place.leave();
              place.leave();
            }
          } else {
            const timer = [...timers][move.timeOut % Math.max(1, timers.size)];
            if (timer) timers.delete(timer);
            timer?.();
          }
          expect(gate.inside).toBe(count('inside'));
          expect(gate.queued).toBe(count('waiting'));
          expect(timers.size).toBe(gate.queued);
          expect(gate.inside).toBeLessThanOrEqual(3);
          expect(gate.queued).toBeLessThanOrEqual(2);
          if (gate.queued > 0) expect(gate.full).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});
