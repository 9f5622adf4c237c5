// An origin in trouble: every failure has its status and its word (RFC 9209), stale copies help where they may, and the
// next request starts afresh.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Pair, startPair } from '../support/edge-and-origin.ts';

let pair: Pair;
beforeEach(async () => {
  pair = await startPair({ origin: { headersTimeoutMs: 1000, bodyTimeoutMs: 1000, connectTimeoutMs: 1000 } });
});
afterEach(() => pair.close());

describe('failures', () => {
  it.each([
    ['reset', 502, 'connection_terminated'],
    ['hang', 504, 'http_response_timeout'],
  ])('%s is %d %s', async (fault, status, word) => {
    const reply = await pair.get(`/json/1?max_age=60&fault=${fault}`);
    expect([reply.status, JSON.parse(reply.body.toString()).reason]).toEqual([status, word]);
    expect(reply.cacheStatus).toBe(`catchment-fra; fwd=uri-miss; detail=${word}`);
    expect(reply.headers['proxy-status']).toBe(`catchment-fra; error=${word}`);
    expect(reply.headers['x-pop']).toBe('fra');
  });

  it('an origin that is not there is 502 connection_refused', async () => {
    await pair.origin.close();
    const reply = await pair.get('/json/1');
    expect([reply.status, reply.cacheStatus]).toEqual([502, expect.stringContaining('connection_refused')]);
  });

  it("passes the origin's own 503 on without storing it", async () => {
    const reply = await pair.get('/json/1?max_age=60&fault=status:503');
    expect([reply.status, reply.cacheStatus]).toEqual([
      503,
      'catchment-fra; fwd=uri-miss; fwd-status=503; detail=no-freshness',
    ]);
  });

  it('breaks off a truncated response for the client too, and does not store it', async () => {
    const path = '/bytes/100000?max_age=60';
    pair.origin.faults.add({ pathPrefix: '/bytes/', fault: { kind: 'truncated' }, remaining: 1 });
    await expect(pair.get(path)).rejects.toThrow();
    const reply = await pair.get(path);
    expect([reply.body.length, reply.cacheStatus]).toEqual([
      100_000,
      'catchment-fra; fwd=uri-miss; fwd-status=200; stored',
    ]);
  });
});

describe('stale-if-error', () => {
  const path = '/json/sie?max_age=10&sie=600';

  it.each([
    ['a 503', { kind: 'status', status: 503 }],
    ['a reset', { kind: 'reset' }],
    ['a hang', { kind: 'hang' }],
  ] as const)('serves the stale copy to a herd on %s, and spares the origin', async (_, fault) => {
    const good = await pair.get(path);
    pair.advance(20);
    pair.origin.faults.add({ pathPrefix: '/json/sie', fault });
    const replies = await Promise.all(Array.from({ length: 50 }, () => pair.get(path)));
    for (const reply of replies) {
      expect([reply.status, reply.body]).toEqual([200, good.body]);
      expect(reply.cacheStatus).toContain('detail=stale-if-error');
    }
    // The fill, one trip for all, perhaps repeated once.
    expect(pair.asked('/json/sie')).toBeLessThanOrEqual(4);
    pair.origin.faults.clear();
    pair.advance(5);
    expect((await pair.get(path)).cacheStatus).toContain('fwd-status=304');
  });

  it('ends where its time ends, and is forbidden by must-revalidate', async () => {
    await pair.get(path);
    await pair.get('/json/strict?max_age=10&sie=600&must_revalidate=1');
    pair.origin.faults.add({ pathPrefix: '/json/', fault: { kind: 'status', status: 503 } });
    pair.advance(20);
    expect((await pair.get('/json/strict?max_age=10&sie=600&must_revalidate=1')).status).toBe(503);
    pair.advance(600);
    expect((await pair.get(path)).status).toBe(503);
  });
});
