import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  afterCheck,
  type HealthSettings,
  type HealthState,
  initialHealth,
} from '../../../src/dns/health/health-state.ts';

/** `+` a good check, `-` a bad one, a second apart; the state after each. */
function run(checks: string, settings: HealthSettings = { rise: 2, fall: 3 }): string {
  return statesOf(checks, settings)
    .map(({ state }) => (state === 'up' ? 'U' : 'd'))
    .join('');
}

function statesOf(checks: string, settings: HealthSettings): HealthState[] {
  let health = initialHealth(0);
  return [...checks].map((check, i) => {
    health = afterCheck(health, { ok: check === '+', reason: check }, settings, (i + 1) * 1000);
    return health;
  });
}

describe('health', () => {
  it.each([
    ['the first result decides at once', '-', 'd'],
    ['two lost checks move nothing', '+--+--', 'UUUUUU'],
    ['the third failure in a row takes it down', '+---', 'UUUd'],
    ['one good check does not bring it up', '-+-+-', 'ddddd'],
    ['two good checks in a row do', '-++', 'ddU'],
    ['flapping below the thresholds is quiet', '+-+--+-+--', 'UUUUUUUUUU'],
  ])('%s', (_sentence, checks, states) => {
    expect(run(checks)).toBe(states);
  });

  it.each([
    ['a POP that loses every third request goes down', '++-++-++-', 'UUUUUUUUd'],
    ['unless enough good checks in a row forget the failures', '++-+++-+++-+++-', 'UUUUUUUUUUUUUUU'],
  ])('with ok 3, %s', (_sentence, checks, states) => {
    expect(run(checks, { rise: 2, fall: 3, ok: 3 })).toBe(states);
  });

  it('is unknown before the first check, and says why it changed', () => {
    const fresh = initialHealth(5);
    expect(fresh.state).toBe('unknown');
    const down = afterCheck(fresh, { ok: false, reason: 'HTTP 503' }, { rise: 2, fall: 3 }, 9);
    expect(down).toMatchObject({ state: 'down', changedAtMs: 9, reason: 'HTTP 503' });
  });

  it('says how far a change has come', () => {
    const reasons = statesOf('+--++', { rise: 2, fall: 3 }).map(({ reason }) => reason);
    expect(reasons).toEqual(['+', '- (failure 1 of 3)', '- (failure 2 of 3)', '+', '+']);
  });
});

describe('flap damping', () => {
  const flap = { changes: 4, windowMs: 20_000, holdMs: 5000, maxHoldMs: 15_000 };
  const settings = { rise: 1, fall: 1, flap };

  it('holds the way up back once there were too many changes in the window, and never the way down', () => {
    // Down at 2, up at 3, down at 4, up at 5, down at 6 (five changes: held until 11), down again at 12.
    expect(run('+-+-+-++++++-', settings)).toBe('UdUdUdddddUUd');
  });

  it('holds twice as long each time, up to the bound', () => {
    const holds: number[] = [];
    let health = initialHealth(0);
    for (let second = 1; second <= 120; second++) {
      const ok = health.state !== 'up';
      const before = health.flap.holdUntilMs;
      health = afterCheck(health, { ok, reason: '' }, settings, second * 1000);
      if (health.flap.holdUntilMs > before) holds.push(health.flap.holdUntilMs - second * 1000);
    }
    expect(holds.slice(0, 4)).toEqual([5000, 10_000, 15_000, 15_000]);
  });

  it('forgets after it stayed up for a window', () => {
    const flapping = statesOf('+-+-+-++++++', settings).at(-1) as HealthState;
    expect(flapping).toMatchObject({ state: 'up', flap: { level: 1 } });
    const later = afterCheck(flapping, { ok: false, reason: '' }, settings, 60_000);
    expect(later).toMatchObject({ state: 'down', flap: { level: 0, holdUntilMs: 0 } });
  });

  it('time held down is not time of quiet', () => {
    const long = { ...settings, flap: { ...flap, holdMs: 60_000, maxHoldMs: 600_000 } };
    const held = statesOf(`+-+-+-${'+'.repeat(60)}-`, long).at(-1) as HealthState;
    expect(held.flap.level).toBe(2);
  });
});

const checksArbitrary = fc.array(fc.boolean(), { maxLength: 200 });
const settingsArbitrary = fc.record({
  rise: fc.integer({ min: 1, max: 5 }),
  fall: fc.integer({ min: 1, max: 5 }),
  ok: fc.integer({ min: 1, max: 5 }),
  flap: fc.option(
    fc.record({
      changes: fc.integer({ min: 2, max: 6 }),
      windowMs: fc.integer({ min: 1000, max: 60_000 }),
      holdMs: fc.integer({ min: 1000, max: 30_000 }),
      maxHoldMs: fc.integer({ min: 1000, max: 60_000 }),
    }),
    { nil: undefined },
  ),
});

describe('for any results', () => {
  it('it never changes faster than rise and fall allow, nor without a reason to', () => {
    fc.assert(
      fc.property(checksArbitrary, settingsArbitrary, (results, settings) => {
        let health = initialHealth(0);
        let sinceChange: boolean[] = [];
        results.forEach((ok, i) => {
          const before = health;
          health = afterCheck(health, { ok, reason: '' }, settings, i * 1000);
          sinceChange.push(ok);
          if (before.state !== 'unknown' && health.state !== before.state) {
            const failures = sinceChange.filter((good) => !good).length;
            const run = sinceChange.length - 1 - sinceChange.lastIndexOf(false);
            if (health.state === 'down') expect(failures).toBeGreaterThanOrEqual(settings.fall);
            else expect(run).toBeGreaterThanOrEqual(settings.rise);
            if (health.state === 'up') expect(i * 1000).toBeGreaterThanOrEqual(before.flap.holdUntilMs);
          }
          if (health.state !== before.state) sinceChange = [];
        });
      }),
    );
  });

  it('the way down is never delayed: damping or not, `fall` failures in a row are down', () => {
    fc.assert(
      fc.property(checksArbitrary, settingsArbitrary, (results, settings) => {
        let health = initialHealth(0);
        [...results, ...Array<boolean>(settings.fall).fill(false)].forEach((ok, i) => {
          health = afterCheck(health, { ok, reason: '' }, settings, i * 1000);
        });
        expect(health.state).toBe('down');
      }),
    );
  });

  it('it comes up again: nothing holds it down for longer than the bound', () => {
    fc.assert(
      fc.property(checksArbitrary, settingsArbitrary, (results, settings) => {
        const bound = Math.max(settings.flap?.maxHoldMs ?? 0, 0) / 1000 + settings.rise + 1;
        let health = initialHealth(0);
        [...results, ...Array<boolean>(Math.ceil(bound)).fill(true)].forEach((ok, i) => {
          health = afterCheck(health, { ok, reason: '' }, settings, i * 1000);
        });
        expect(health.state).toBe('up');
      }),
    );
  });
});
