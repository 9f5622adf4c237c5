import { describe, expect, it } from 'vitest';
import { createRateTable, RateLimiter, type RateVerdict } from '../../src/dns/rate-limit.ts';
import { parseAddress } from '../../src/net/ip-address.ts';

const SETTINGS = {
  responsesPerSecond: 10,
  errorsPerSecond: 5,
  windowSeconds: 2,
  slip: 2,
  ipv4PrefixLength: 24,
  ipv6PrefixLength: 56,
};
const address = (text: string) => parseAddress(text) as Uint8Array;

/** How often each verdict was given to `count` queries at once. */
function flood(limiter: RateLimiter, count: number, source: string, kind = 1, nowMs = 0, isError = false) {
  const verdicts: Record<RateVerdict, number> = { send: 0, slip: 0, drop: 0 };
  for (let i = 0; i < count; i++) verdicts[limiter.judge(address(source), kind, isError, nowMs)]++;
  return verdicts;
}

describe('a flood', () => {
  it('gets its rate, then every second response truncated and the others not at all', () => {
    expect(flood(new RateLimiter(SETTINGS, createRateTable(7)), 110, '192.0.2.1')).toEqual({
      send: 10,
      slip: 50,
      drop: 50,
    });
  });

  it('is counted by network: neighbours share, others do not suffer', () => {
    const limiter = new RateLimiter(SETTINGS, createRateTable(7));
    flood(limiter, 100, '192.0.2.1');
    expect(flood(limiter, 5, '192.0.2.200').send).toBe(0);
    expect(flood(limiter, 5, '192.0.3.1').send).toBe(5);
    flood(limiter, 100, '2001:db8:0:ff00::1');
    expect(flood(limiter, 5, '2001:db8:0:ffff::9').send).toBe(0);
    expect(flood(limiter, 5, '2001:db8:1::1').send).toBe(5);
  });

  it('of errors has a limit of its own, and another answer is another account', () => {
    const limiter = new RateLimiter(SETTINGS, createRateTable(7));
    expect(flood(limiter, 100, '192.0.2.1', 1, 0, true).send).toBe(5);
    expect(flood(limiter, 100, '192.0.2.1', 2).send).toBe(10);
  });

  it('is forgiven after its window, not at once', () => {
    const limiter = new RateLimiter(SETTINGS, createRateTable(7));
    flood(limiter, 1000, '192.0.2.1');
    expect(flood(limiter, 1, '192.0.2.1', 1, 1000).send).toBe(0);
    expect(flood(limiter, 1, '192.0.2.1', 1, 4500).send).toBe(1);
  });
});

it('a steady client at its rate is never limited, also when the clock stands or goes back', () => {
  const limiter = new RateLimiter(SETTINGS, createRateTable(7));
  for (let i = 0; i < 200; i++) expect(flood(limiter, 1, '192.0.2.1', 1, i * 100).send).toBe(1);
  expect(flood(limiter, 3, '192.0.2.1', 1, 0).send).toBe(3);
});

it('slip 0 sends nothing that is over, slip 1 everything truncated', () => {
  expect(flood(new RateLimiter({ ...SETTINGS, slip: 0 }, createRateTable(7)), 100, '192.0.2.1').slip).toBe(0);
  expect(flood(new RateLimiter({ ...SETTINGS, slip: 1 }, createRateTable(7)), 100, '192.0.2.1').drop).toBe(0);
});

it('threads with one table count together', () => {
  const table = createRateTable(7);
  const [one, other] = [new RateLimiter(SETTINGS, table), new RateLimiter(SETTINGS, table)];
  expect(flood(one, 6, '192.0.2.1').send).toBe(6);
  expect(flood(other, 6, '192.0.2.1').send).toBe(4);
});
