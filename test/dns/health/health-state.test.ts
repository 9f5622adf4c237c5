import { describe, expect, it } from 'vitest';
import { afterCheck, initialHealth, isUsable } from '../../../src/dns/health/health-state.ts';

/** `+` a good check, `-` a bad one; the state after each. */
function run(checks: string): string {
  let health = initialHealth(0);
  return [...checks]
    .map((check, i) => {
      health = afterCheck(health, { ok: check === '+', reason: check }, { rise: 2, fall: 3 }, i + 1);
      return health.state === 'up' ? 'U' : 'd';
    })
    .join('');
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

  it('counts as up before the first check, and says since when and why', () => {
    const fresh = initialHealth(5);
    expect(isUsable(fresh)).toBe(true);
    expect(afterCheck(fresh, { ok: false, reason: 'HTTP 503' }, { rise: 2, fall: 3 }, 9)).toEqual({
      state: 'down',
      sinceMs: 9,
      reason: 'HTTP 503',
      contrary: 0,
    });
  });
});
