import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConcurrencyGate } from '../../../src/edge/limit/concurrency-gate.ts';
import { clientOf, createRateLimiter } from '../../../src/edge/limit/rate-limiter.ts';
import { RateTable } from '../../../src/edge/limit/rate-table.ts';
import { RouteLimits } from '../../../src/edge/limit/route-limits.ts';
import { resolveRoutes } from '../../../src/edge/policy/policy-config.ts';
import { DEFAULT_ROUTE, type RoutePolicy } from '../../../src/edge/policy/route-policy.ts';

const START = 1_700_000_000_000;

describe('a rate limit', () => {
  test('lets a burst through, then one request per interval', () => {
    const table = new RateTable(10, 5);
    const allowed = (nowMs: number) => table.take(1, 1, nowMs).allowed;
    expect(Array.from({ length: 6 }, () => allowed(START))).toEqual([true, true, true, true, true, false]);
    expect(allowed(START + 99)).toBe(false);
    expect(allowed(START + 100)).toBe(true);
    expect(allowed(START + 100)).toBe(false);
    expect(Array.from({ length: 6 }, () => allowed(START + 10_000)).filter(Boolean)).toHaveLength(5);
  });

  test('says how many are left and how long to wait', () => {
    const table = new RateTable(0.1, 2);
    expect(table.take(1, 1, START)).toEqual({ allowed: true, retryAfterSeconds: 0, remaining: 1 });
    expect(table.take(1, 1, START)).toMatchObject({ allowed: true, remaining: 0 });
    expect(table.take(1, 1, START)).toEqual({ allowed: false, retryAfterSeconds: 10, remaining: 0 });
    expect(table.take(1, 1, START + 9_999)).toMatchObject({ allowed: false, retryAfterSeconds: 1 });
  });

  test('never allows more than burst and rate together, whenever requests come', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 });
    fc.assert(
      fc.property(
        gaps,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 10 }),
        (list, rate, burst) => {
          const table = new RateTable(rate, burst);
          let nowMs = START;
          let allowed = 0;
          for (const gap of list) {
            nowMs += gap;
            if (table.take(3, 3, nowMs).allowed) allowed++;
          }
          expect(allowed).toBeLessThanOrEqual(burst + ((nowMs - START) * rate) / 1000 + 1e-6);
        },
      ),
    );
  });

  test('survives a clock that goes back', () => {
    const table = new RateTable(1, 2);
    for (let i = 0; i < 5; i++) table.take(1, 1, START);
    table.take(1, 1, START - 3_600_000);
    expect(table.take(1, 1, START - 3_600_000 + 2000).allowed).toBe(true);
  });

  test('keeps its memory when a million clients come, and the busy ones in it', () => {
    const limiter = createRateLimiter(
      { requestsPerSecond: 0.001, burst: 3, per: 'client', ipv4PrefixLength: 32, ipv6PrefixLength: 64 },
      99,
    );
    for (let i = 0; i < 3; i++) limiter.take('192.0.2.1', START);
    for (let i = 0; i < 20_000; i++) limiter.take(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, START);
    expect(limiter.take('192.0.2.1', START).allowed).toBe(false);
  });

  test('is one for each client network, or for the whole route', () => {
    const lengths = { ipv4PrefixLength: 24, ipv6PrefixLength: 64 };
    expect(clientOf('192.0.2.77', lengths)).toBe('192.0.2.0');
    expect(clientOf('::ffff:192.0.2.77', lengths)).toBe('192.0.2.0');
    expect(clientOf('2001:db8::1:2:3', lengths)).toBe('2001:db8::');
    expect(clientOf('unknown', lengths)).toBe('unknown');
    const whole = createRateLimiter({ requestsPerSecond: 1, burst: 1, per: 'route', ...lengths }, 1);
    expect([whole.take('a', START).allowed, whole.take('b', START).allowed]).toEqual([true, false]);
  });
});

describe('a concurrency gate', () => {
  test('lets so many in, the next wait their turn, more are refused', () => {
    const gate = new ConcurrencyGate(1, 2);
    const order: string[] = [];
    const enter = (name: string) => gate.enter(() => order.push(name));
    const a = enter('a');
    const b = enter('b');
    const c = enter('c');
    expect([a.answer, b.answer, c.answer, enter('d').answer]).toEqual([
      'entered',
      'waiting',
      'waiting',
      'refused',
    ]);
    b.turn.leave();
    a.turn.leave();
    a.turn.leave();
    expect(order).toEqual(['a', 'c']);
    expect([gate.inside, gate.waiting]).toEqual([1, 0]);
    c.turn.leave();
    expect(gate.inside).toBe(0);
  });

  test('whatever comes and goes: never too many inside, nobody forgotten', () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(30)), { maxLength: 80 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 3 }), fc.nat(4), (list, max, maxWaiting) => {
        const gate = new ConcurrencyGate(max, maxWaiting);
        const turns: { left: boolean; entered: boolean; answer: string; leave(): void }[] = [];
        for (const [comes, index] of list) {
          if (comes) {
            const one = { left: false, entered: false, answer: '', leave: () => {} };
            const { answer, turn } = gate.enter(() => {
              one.entered = true;
            });
            turns.push(Object.assign(one, { answer, leave: turn.leave }));
          } else {
            const one = turns[index % Math.max(1, turns.length)];
            one?.leave();
            if (one) one.left = true;
          }
          const inside = turns.filter(({ entered, left }) => entered && !left).length;
          const waiting = turns.filter(
            ({ entered, left, answer }) => !entered && !left && answer === 'waiting',
          );
          expect(gate.inside).toBe(inside);
          expect(inside).toBeLessThanOrEqual(max);
          expect(gate.waiting).toBe(waiting.length);
          if (waiting.length > 0) expect(inside).toBe(max);
        }
      }),
    );
  });
});

test('routes without limits have none, others one of their own each', () => {
  const limits = new RouteLimits(5);
  const [a, b] = resolveRoutes([
    { rateLimit: { requestsPerSecond: 1 }, maxConcurrent: 1 },
    { rateLimit: { requestsPerSecond: 1 } },
  ]) as [RoutePolicy, RoutePolicy];
  expect(limits.take(DEFAULT_ROUTE, 'x', START)).toBeUndefined();
  expect(limits.gate(b)).toBeUndefined();
  expect(limits.gate(a)).toBe(limits.gate(a));
  expect([a, a, b].map((route) => limits.take(route, 'x', START)?.allowed)).toEqual([true, false, true]);
});
