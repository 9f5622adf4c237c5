// The edge in front of the real origin: what is stored, for how long, for whom, and what each answer says about it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Pair, startPair } from '../support/edge-and-origin.ts';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.close());

describe('a cacheable response', () => {
  it('is fetched once, then served with Age and the time it has left', async () => {
    const first = await pair.get('/json/fresh?max_age=60');
    pair.advance(10);
    const second = await pair.get('/json/fresh?max_age=60');
    expect(first.cacheStatus).toBe('catchment-fra; fwd=uri-miss; fwd-status=200; stored');
    expect(second.cacheStatus).toMatch(/^catchment-fra; hit; ttl=(49|50)$/);
    expect(Number(second.headers.age)).toBeGreaterThanOrEqual(10);
    expect(second.headers).toMatchObject({ 'x-pop': 'fra', via: '1.1 catchment-fra' });
    expect(second.body).toEqual(first.body);
    expect(pair.asked('/json/fresh')).toBe(1);
  });

  it('follows s-maxage before max-age', async () => {
    await pair.get('/json/shared?max_age=1&s_maxage=100');
    pair.advance(50);
    expect((await pair.get('/json/shared?max_age=1&s_maxage=100')).cacheStatus).toContain('; hit;');
  });

  it('counts the Age it came with', async () => {
    await pair.get('/json/aged?max_age=60&age=50');
    pair.advance(20);
    expect((await pair.get('/json/aged?max_age=60&age=50')).cacheStatus).toContain('fwd=stale');
  });

  it('answers HEAD and conditional requests itself', async () => {
    const { headers } = await pair.get('/json/known?max_age=60');
    const head = await pair.get('/json/known?max_age=60', {}, 'HEAD');
    expect([head.status, head.body.length, head.headers['content-length']]).toEqual([
      200,
      0,
      headers['content-length'],
    ]);
    const known = await pair.get('/json/known?max_age=60', { 'If-None-Match': String(headers.etag) });
    expect([known.status, known.body.length, known.headers.etag]).toEqual([304, 0, headers.etag]);
    const since = await pair.get('/json/known?max_age=60', {
      'If-Modified-Since': String(headers['last-modified']),
    });
    expect(since.status).toBe(304);
    expect(pair.asked('/json/known')).toBe(1);
  });

  it('gives byte ranges from a stored or arriving body', async () => {
    const path = '/bytes/100000?max_age=60';
    const cold = await pair.get(path, { Range: 'bytes=70000-70009' });
    const whole = await pair.get(path);
    const warm = await pair.get(path, { Range: 'bytes=-10' });
    expect([cold.status, cold.headers['content-range'], cold.body]).toEqual([
      206,
      'bytes 70000-70009/100000',
      whole.body.subarray(70000, 70010),
    ]);
    expect([warm.status, warm.body]).toEqual([206, whole.body.subarray(99990)]);
    expect((await pair.get(path, { Range: 'bytes=100000-' })).status).toBe(416);
    expect(pair.asked('/bytes/100000')).toBe(1);
  });

  it('is gone after an unsafe request to its URL', async () => {
    const old = await pair.get('/json/changed?max_age=60');
    const post = await pair.get('/json/changed?max_age=60', {}, 'POST');
    const fresh = await pair.get('/json/changed?max_age=60');
    expect(post.cacheStatus).toBe('catchment-fra; fwd=method; fwd-status=200');
    expect(fresh.cacheStatus).toContain('fwd=uri-miss');
    expect(fresh.body).not.toEqual(old.body);
  });
});

describe('an expired response', () => {
  it('is confirmed by the origin with a 304 and fresh again', async () => {
    const first = await pair.get('/json/expiring?max_age=10');
    pair.advance(20);
    const second = await pair.get('/json/expiring?max_age=10');
    const third = await pair.get('/json/expiring?max_age=10');
    expect(second.cacheStatus).toMatch(/^catchment-fra; fwd=stale; fwd-status=304; ttl=10; stored$/);
    expect(third.cacheStatus).toContain('; hit;');
    expect(second.body).toEqual(first.body);
    expect(pair.origin.counters.byStatus.get(304)).toBeGreaterThan(0);
  });

  it('is replaced when the origin has a new one', async () => {
    const first = await pair.get('/json/replaced?max_age=10');
    const port = pair.origin.addresses[0]?.port;
    await fetch(`http://127.0.0.1:${port}/json/replaced`, { method: 'PUT' });
    pair.advance(20);
    const second = await pair.get('/json/replaced?max_age=10');
    expect(second.cacheStatus).toContain('fwd=stale; fwd-status=200; stored');
    expect(second.body).not.toEqual(first.body);
  });

  it('is served at once under stale-while-revalidate, with one refresh behind it', async () => {
    const path = '/json/swr?max_age=10&swr=60';
    await pair.get(path);
    pair.advance(20);
    const replies = await Promise.all(Array.from({ length: 20 }, () => pair.get(path)));
    for (const reply of replies) expect(reply.cacheStatus).toMatch(/; hit; /);
    expect(replies[0]?.cacheStatus).toContain('detail=stale-while-revalidate');
    await expect.poll(async () => (await pair.get(path)).cacheStatus).toMatch(/hit; ttl=10$/);
    expect(pair.asked('/json/swr')).toBe(2);
  });
});

describe('what is not stored says why', () => {
  it.each([
    ['/json/n1?no_store=1', {}, 'no-store'],
    ['/json/n2?private=1&max_age=60', {}, 'private'],
    ['/json/n3?max_age=60&set_cookie=1', {}, 'set-cookie'],
    ['/json/n4?etag=none&last_modified=none', {}, 'no-freshness'],
    ['/json/n5?max_age=60', { Authorization: 'Basic eA==' }, 'authorization'],
    ['/json/n6?max_age=60', { 'Cache-Control': 'no-store' }, 'request-no-store'],
    ['/json/n7?max_age=60&vary=*', {}, 'vary-star'],
    ['/bytes/30000000?max_age=60', {}, 'too-large'],
  ])('%s', async (path, headers, reason) => {
    for (let i = 0; i < 2; i++)
      expect((await pair.get(path, headers as Record<string, string>)).cacheStatus).toBe(
        `catchment-fra; fwd=uri-miss; fwd-status=200; detail=${reason}`,
      );
  });

  it('serves what is public even to a request with Authorization', async () => {
    await pair.get('/json/public?public=1&max_age=60', { Authorization: 'Basic eA==' });
    expect((await pair.get('/json/public?public=1&max_age=60')).cacheStatus).toContain('; hit;');
  });
});

describe('Vary', () => {
  it('keeps one response per value and tells a variant miss from a URL miss', async () => {
    const path = '/json/varied?max_age=60&vary=accept-language';
    const de = await pair.get(path, { 'Accept-Language': 'de' });
    const fr = await pair.get(path, { 'Accept-Language': 'fr' });
    expect(de.cacheStatus).toContain('fwd=uri-miss');
    expect(fr.cacheStatus).toContain('fwd=vary-miss');
    expect(fr.body).not.toEqual(de.body);
    const again = await pair.get(path, { 'Accept-Language': 'de' });
    expect(again.cacheStatus).toContain('; hit;');
    expect(again.body).toEqual(de.body);
  });
});

describe("the client's own wishes", () => {
  it('no-cache asks the origin, only-if-cached never does', async () => {
    const path = '/json/wish?max_age=60';
    expect((await pair.get(path, { 'Cache-Control': 'only-if-cached' })).status).toBe(504);
    await pair.get(path);
    expect((await pair.get(path, { 'Cache-Control': 'only-if-cached' })).status).toBe(200);
    expect((await pair.get(path, { 'Cache-Control': 'no-cache' })).cacheStatus).toContain(
      'fwd=request; fwd-status=304',
    );
    expect(pair.asked('/json/wish')).toBe(2);
  });
});

describe('the site', () => {
  it('shares objects among all its names unless the Host is forwarded', async () => {
    await pair.get('/json/names?max_age=60', { Host: 'a.cdn.test' });
    expect((await pair.get('/json/names?max_age=60', { Host: 'b.cdn.test' })).cacheStatus).toContain(
      '; hit;',
    );
    const separate = await startPair({ origin: { forwardHost: true } });
    await separate.get('/json/names?max_age=60', { Host: 'a.cdn.test' });
    const other = await separate.get('/json/names?max_age=60', { Host: 'b.cdn.test' });
    await separate.close();
    expect(other.cacheStatus).toContain('fwd=uri-miss');
  });

  it('breaks a forwarding loop', async () => {
    const reply = await pair.get('/json/loop', { Via: '1.1 other, 1.1 catchment-fra' });
    expect([reply.status, pair.asked('/json/loop')]).toEqual([508, 0]);
  });
});
