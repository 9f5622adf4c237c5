import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  admit,
  atTime,
  type Breaker,
  CLOSED,
  type Outcome,
  settle,
  wouldAdmit,
} from '../../../src/edge/upstream/circuit-breaker.ts';

const limits = { failures: 3, openMs: 100, maxOpenMs: 400, trials: 2 };

/** The breaker after `count` requests in a row with this outcome. */
function inARow(breaker: Breaker, outcome: Outcome, count: number, nowMs: number): Breaker {
  let state = breaker;
  for (let i = 0; i < count; i++) {
    state = admit(state, nowMs);
    state = settle(state, state.generation, outcome, limits, nowMs);
  }
  return state;
}

describe('the circuit breaker', () => {
  it('opens after failures in a row, which a success interrupts', () => {
    expect(inARow(inARow(inARow(CLOSED, 'failure', 2, 0), 'success', 1, 0), 'failure', 2, 0).kind).toBe(
      'closed',
    );
    const open = inARow(CLOSED, 'failure', 3, 0);
    expect([open.kind, wouldAdmit(open, limits, 99), wouldAdmit(open, limits, 100)]).toEqual([
      'open',
      false,
      true,
    ]);
  });

  it('half-open lets a few through, closes on a success, and opens for twice as long on a failure', () => {
    const open = inARow(CLOSED, 'failure', 3, 0);
    const both = admit(admit(open, 100), 100);
    expect([both.kind, wouldAdmit(both, limits, 100)]).toEqual(['half-open', false]);
    expect(settle(both, both.generation, 'success', limits, 110).kind).toBe('closed');
    const again = settle(both, both.generation, 'failure', limits, 110);
    expect(again).toMatchObject({ kind: 'open', untilMs: 310 });
    const third = inARow(again, 'failure', 1, 310);
    expect(third).toMatchObject({ kind: 'open', untilMs: 710 });
    expect(inARow(third, 'failure', 1, 710)).toMatchObject({ untilMs: 1110 });
  });

  it('does not count what began before the last change', () => {
    const early = admit(CLOSED, 0);
    const open = inARow(CLOSED, 'failure', 3, 0);
    expect(settle(open, early.generation, 'success', limits, 10)).toBe(open);
    const halfOpen = admit(open, 100);
    expect(settle(halfOpen, early.generation, 'failure', limits, 110)).toBe(halfOpen);
  });

  it('keeps its rules whatever happens in whatever order', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('ask' as const) }),
      fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(300) }),
      fc.record({
        kind: fc.constant('settle' as const),
        which: fc.nat(),
        outcome: fc.constantFrom<Outcome[]>('success', 'failure', 'neutral'),
      }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        let breaker = CLOSED;
        let nowMs = 0;
        const underWay: number[] = [];
        for (const move of steps) {
          if (move.kind === 'wait') nowMs += move.ms;
          else if (move.kind === 'ask') {
            if (!wouldAdmit(breaker, limits, nowMs)) {
              expect(atTime(breaker, nowMs).kind).not.toBe('closed');
              continue;
            }
            breaker = admit(breaker, nowMs);
            expect(breaker.kind).not.toBe('open');
            underWay.push(breaker.generation);
          } else if (underWay.length > 0) {
            const [generation] = underWay.splice(move.which % underWay.length, 1);
            breaker = settle(breaker, generation as number, move.outcome, limits, nowMs);
          }
          if (breaker.kind === 'half-open') {
            const trials = underWay.filter((generation) => generation === breaker.generation).length;
            expect(breaker.underWay).toBe(trials);
            expect(breaker.underWay).toBeLessThanOrEqual(limits.trials);
          }
          if (breaker.kind === 'closed') expect(breaker.failures).toBeLessThan(limits.failures);
          if (breaker.kind === 'open') expect(breaker.untilMs - nowMs).toBeLessThanOrEqual(limits.maxOpenMs);
        }
        // It never stays shut: once all trials are settled and the longest time is over, somebody is let through.
        for (const generation of underWay) breaker = settle(breaker, generation, 'neutral', limits, nowMs);
        expect(wouldAdmit(breaker, limits, nowMs + limits.maxOpenMs)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
