// Policies as a client sees them: a real edge before a real origin.

import { brotliDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parseTraceHeader, TRACE_FIELD } from '../../../src/edge/explain-header.ts';
import type { RouteInput } from '../../../src/edge/policy/policy-config.ts';
import { type Pair, type Reply, startPair } from '../support/edge-and-origin.ts';

const routes: RouteInput[] = [
  { name: 'limited', match: { path: '/json/limited' }, rateLimit: { requestsPerSecond: 0.1, burst: 2 } },
  { name: 'short', match: { path: '/json/short' }, maxBodyBytes: 10 },
  { name: 'long', match: { path: '/json/long' }, maxBodyBytes: 100 },
  { name: 'compressed', match: { path: '/json/compressed' }, compress: { minBytes: 1 } },
  {
    name: 'keyed',
    match: { path: '/json/*' },
    key: { query: { drop: ['utm_*'], sort: true } },
    bypass: { cookies: ['session'] },
    ttl: { default: 60 },
  },
];

let pair: Pair;
beforeAll(async () => {
  pair = await startPair({ routes, limits: { maxBodyBytes: 50 } });
});
afterAll(() => pair.close());

const traced = async (path: string, headers: Record<string, string> = {}): Promise<[Reply, string]> => {
  const reply = await pair.get(path, { ...headers, [TRACE_FIELD]: '1' });
  const trace = parseTraceHeader(reply.headers[TRACE_FIELD.toLowerCase()] as string | undefined);
  return [reply, (trace?.steps ?? []).map(({ text }) => text).join('\n')];
};

describe('a route', () => {
  test('shares what differs only in dropped parameters and their order', async () => {
    expect((await pair.get('/json/1?b=2&max_age=60&utm_x=1')).cacheStatus).toContain('stored');
    expect((await pair.get('/json/1?max_age=60&utm_x=2&b=2')).cacheStatus).toContain('hit');
  });

  test('goes past the cache for a cookie, and says which', async () => {
    const [{ cacheStatus }, trace] = await traced('/json/2?max_age=60', { Cookie: 'session=1' });
    expect(cacheStatus).toContain('fwd=bypass; fwd-status=200; detail=cookie:session');
    expect(trace).toContain('Route keyed is the first that matches, by /json/*.');
    expect(trace).toContain('It goes past the cache: it has the cookie session.');
  });

  test('is not poisoned by a forwarded host, and not deceived by an encoded path', async () => {
    const [, trace] = await traced('/json/3?max_age=60', { 'X-Forwarded-Host': 'evil.test' });
    expect(trace).toContain('x-forwarded-host');
    expect((await pair.get('/json/..%2fjson/3?max_age=60')).cacheStatus).toContain('detail=ambiguous-path');
  });

  test('limits a client, and says when to come again', async () => {
    const replies = [];
    for (let i = 0; i < 3; i++) replies.push(await pair.get('/json/limited?max_age=60'));
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(Number(replies[2]?.headers['retry-after'])).toBeGreaterThan(0);
  });

  test.each([
    ['short', 10, 11],
    ['long', 100, 101],
    ['other', 50, 51],
  ])('%s takes bodies of %d bytes, of %d none, and the connection ends', async (name, most, more) => {
    const post = (lines: string, body: string) =>
      pair.raw(`POST /json/${name} HTTP/1.1\r\nHost: a\r\n${lines}\r\n\r\n${body}`);
    const sized = (bytes: number) => `Content-Length: ${bytes}`;
    expect(await post(`Connection: close\r\n${sized(most)}`, 'x'.repeat(most))).not.toMatch(/^HTTP\/1.1 413/);
    const chunk = `${more.toString(16)}\r\n${'x'.repeat(more)}\r\n0\r\n\r\n`;
    for (const reply of [
      await post(sized(more), 'x'.repeat(more)),
      await post('Transfer-Encoding: chunked', chunk),
    ]) {
      expect(reply).toMatch(/^HTTP\/1.1 413 [\s\S]*\r\nConnection: close\r\n/);
    }
  });

  test('compresses what is stored, for those who can read it', async () => {
    const path = '/json/compressed?max_age=60';
    const plain = await pair.get(path);
    expect(plain.headers['vary']).toMatch(/accept-encoding/i);
    const coded = await vi.waitUntil(async () => {
      const reply = await pair.get(path, { 'Accept-Encoding': 'gzip, br' });
      return reply.headers['content-encoding'] === undefined ? undefined : reply;
    });
    expect(coded.headers['content-encoding']).toBe('br');
    expect(coded.headers['etag']).toBe(plain.headers['etag']?.replace(/"$/, '-br"'));
    expect(brotliDecompressSync(coded.body)).toEqual(plain.body);
    const again = await pair.get(path, {
      'Accept-Encoding': 'br',
      'If-None-Match': `${coded.headers['etag']}`,
    });
    expect(again.status).toBe(304);
    expect((await pair.get(path)).body).toEqual(plain.body);
    expect(pair.asked('/json/compressed')).toBe(1);
  });

  test('compresses for who asks first while it arrives, and not for those who join', async () => {
    const path = '/json/compressed?max_age=60&n=2&chunk_bytes=20&chunk_delay_ms=20';
    const [first, joined] = await Promise.all([
      pair.get(path, { 'Accept-Encoding': 'br' }),
      new Promise((resolve) => setTimeout(resolve, 30)).then(() =>
        pair.get(path, { 'Accept-Encoding': 'br' }),
      ),
    ]);
    expect([first?.headers['content-encoding'], first?.headers['content-length']]).toEqual(['br', undefined]);
    expect(first?.headers['etag']).toMatch(/^W\/".*-br"$/);
    expect((joined as Reply).headers['content-encoding']).toBeUndefined();
    expect(brotliDecompressSync(first?.body as Buffer)).toEqual((joined as Reply).body);
    expect(pair.asked('/json/compressed')).toBe(2);
  });
});
