import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterCheck, initialHealth } from '../../../src/dns/health/health-state.ts';
import { secondsToChange } from '../../../src/dns/health/seconds-to-change.ts';

const timing = { minSpacingMs: 10_000, maxSpacingMs: 10_000, timeoutMs: 1000 };

/** After these results, a spacing apart. */
function promiseAfter(checks: string, settings: Parameters<typeof afterCheck>[2]): number {
  let health = initialHealth(0);
  let nowMs = 0;
  for (const check of checks) {
    health = afterCheck(health, { ok: check === '+', reason: '' }, settings, nowMs);
    nowMs += 10_000;
  }
  return secondsToChange(health, settings, timing, nowMs - 10_000);
}

describe('the least time until a change', () => {
  it.each([
    ['not checked yet: any moment', '', 0],
    ['up: fall 3 needs two more rounds after the next, less a slow check', '+', 19],
    ['up with a failure', '+-', 9],
    ['up, one failure from the fall', '+--', 0],
    ['down: rise 2', '-', 9],
    ['down, one success from the rise', '-+', 0],
  ])('%s', (_sentence, checks, seconds) => {
    expect(promiseAfter(checks, { rise: 2, fall: 3 })).toBe(seconds);
  });

  it('held down, it is the hold-down, in steps', () => {
    const flap = { changes: 2, windowMs: 100_000, holdMs: 300_000, maxHoldMs: 300_000 };
    // Down at 10 s, up at 20, down at 30: held until 330 s; 300 less a round and a slow check is 289.
    expect(promiseAfter('+-+-', { rise: 1, fall: 1, flap })).toBe(256);
  });

  it('is never too long: no change comes earlier than any promise that was read', () => {
    const settingsArbitrary = fc.record({
      rise: fc.integer({ min: 1, max: 4 }),
      fall: fc.integer({ min: 1, max: 4 }),
      ok: fc.integer({ min: 1, max: 3 }),
      flap: fc.option(
        fc.record({
          changes: fc.integer({ min: 2, max: 4 }),
          windowMs: fc.integer({ min: 1000, max: 60_000 }),
          holdMs: fc.integer({ min: 1000, max: 60_000 }),
          maxHoldMs: fc.constant(120_000),
        }),
        { nil: undefined },
      ),
    });
    const spacing = fc.record({
      minSpacingMs: fc.integer({ min: 200, max: 5000 }),
      extraMs: fc.integer({ min: 0, max: 5000 }),
      timeoutMs: fc.integer({ min: 100, max: 8000 }),
    });
    const check = fc.record({ late: fc.constantFrom(0, 0.3, 1), slow: fc.constantFrom(0, 0.3, 1) });
    // Runs of equal results, or a POP would hardly ever come up.
    const run = fc.record({ ok: fc.boolean(), checks: fc.array(check, { minLength: 1, maxLength: 12 }) });
    const checks = fc
      .array(run, { minLength: 1, maxLength: 15 })
      .map((runs) => runs.flatMap(({ ok, checks }) => checks.map((one) => ({ ...one, ok }))));
    fc.assert(
      fc.property(
        settingsArbitrary,
        spacing,
        checks,
        (settings, { minSpacingMs, extraMs, timeoutMs }, run) => {
          const checkTiming = { minSpacingMs, maxSpacingMs: minSpacingMs + extraMs, timeoutMs };
          let health = initialHealth(0);
          let startMs = 0;
          let endMs = 0;
          // Each promise holds until `readUntilMs`, when the next result is in.
          const promises: { seconds: number; readUntilMs: number }[] = [];
          for (const { ok, late, slow } of run) {
            // Start to start, but never two at once.
            startMs = Math.max(endMs, startMs + minSpacingMs + late * extraMs);
            endMs = startMs + slow * timeoutMs;
            const last = promises.at(-1);
            if (last) last.readUntilMs = endMs;
            const before = health;
            health = afterCheck(health, { ok, reason: '' }, settings, endMs);
            if (before.state !== health.state) {
              for (const { seconds, readUntilMs } of promises)
                expect(readUntilMs + seconds * 1000).toBeLessThanOrEqual(endMs + 1e-6);
              promises.length = 0;
            }
            promises.push({
              seconds: secondsToChange(health, settings, checkTiming, endMs),
              readUntilMs: endMs,
            });
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
