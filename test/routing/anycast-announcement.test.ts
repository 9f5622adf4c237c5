import { describe, expect, test } from 'vitest';
import { decideAnnouncement, recordCheck, UNKNOWN_HEALTH } from '../../src/routing/anycast-announcement.ts';

const THRESHOLDS = { rise: 2, fall: 3 };

/** `+` a passed check, `-` a failed one. */
function healthAfter(checks: string) {
  return [...checks].reduce(
    (health, check) =>
      recordCheck(
        health,
        { ok: check === '+', detail: check === '+' ? 'HTTP 200' : 'connection refused' },
        THRESHOLDS,
      ),
    UNKNOWN_HEALTH,
  );
}

describe('announcing with rise 2 and fall 3', () => {
  test.each([
    ['', false, 'unhealthy (not checked yet)'],
    ['+', false, 'unhealthy (HTTP 200, 1 of 2 passed checks)'],
    ['++', true, 'healthy (HTTP 200)'],
    ['+-+', false, 'unhealthy (HTTP 200, 1 of 2 passed checks)'],
    ['++--', true, 'healthy (connection refused, 2 of 3 failed checks)'],
    ['++--+--', true, 'healthy (connection refused, 2 of 3 failed checks)'],
    ['++---', false, 'unhealthy (connection refused)'],
    ['++---++', true, 'healthy (HTTP 200)'],
  ])('after "%s": announce %s', (checks, announce, reason) => {
    expect(decideAnnouncement(healthAfter(checks), false, THRESHOLDS)).toEqual({ announce, reason });
  });

  test('a drained POP withdraws though it is healthy, and comes back at once', () => {
    expect(decideAnnouncement(healthAfter('++'), true, THRESHOLDS)).toEqual({
      announce: false,
      reason: 'drained',
    });
    expect(decideAnnouncement(healthAfter('++'), false, THRESHOLDS).announce).toBe(true);
  });
});
