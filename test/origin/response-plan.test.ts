import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Content, createContentMaker } from '../../src/origin/content.ts';
import { planResponse } from '../../src/origin/response-plan.ts';

const maker = createContentMaker(1);
const plan = (url: string, headers: Record<string, string> = {}, version = 0) =>
  planResponse({ method: 'GET', url, header: (name) => headers[name] }, maker, version);
const field = (url: string, name: string) => plan(url).fields.find(([key]) => key === name)?.[1];

describe('planResponse', () => {
  it.each<[string, string, string | undefined]>([
    ['/json/1?max_age=60', 'Cache-Control', 'max-age=60'],
    [
      '/json/1?max_age=60&s_maxage=5&swr=1&sie=2',
      'Cache-Control',
      'max-age=60, s-maxage=5, stale-while-revalidate=1, stale-if-error=2',
    ],
    ['/json/1?private&no_store&must_revalidate', 'Cache-Control', 'no-store, private, must-revalidate'],
    ['/json/1', 'Cache-Control', undefined],
    ['/json/1?etag=none', 'ETag', undefined],
    ['/json/1?last_modified=none', 'Last-Modified', undefined],
    ['/json/1?vary=accept-language', 'Vary', 'accept-language'],
    ['/json/1?expires=0', 'Expires', '0'],
    ['/bytes/1234', 'Content-Length', '1234'],
    ['/bytes/64k', 'Content-Length', '65536'],
    ['/html/home?size=2k', 'Content-Length', '2048'],
    ['/html/home', 'Content-Type', 'text/html; charset=utf-8'],
    ['/bytes/1?type=image/png', 'Content-Type', 'image/png'],
    ['/bytes/1?chunked', 'Content-Length', undefined],
    ['/json/1?cdn_cache_control=max-age=9', 'CDN-Cache-Control', 'max-age=9'],
    ['/json/1?cache_control=private="x"', 'Cache-Control', 'private="x"'],
    ['/json/1?surrogate_key=a b', 'Surrogate-Key', 'a b'],
    ['/json/1?gzip&vary=accept', 'Vary', 'accept, Accept-Encoding'],
    ['/json/1', 'Accept-Ranges', 'bytes'],
    ['/json/1?ranges=none', 'Accept-Ranges', undefined],
  ])('%s has %s: %s', (url, name, value) => {
    expect(field(url, name)).toBe(value);
  });

  it.each<[string, number]>([
    ['/', 404],
    ['/json/', 404],
    ['/json/a/b', 404],
    ['/other/1', 404],
    ['/bytes/x', 400],
    ['/bytes/-1', 400],
    ['/bytes/99999999999', 400],
    ['/json/1?fault=fire', 400],
    ['/json/1?delay_ms=soon', 400],
    ['/json/1?status=700', 400],
    ['/json/1?status=404', 404],
    ['/stream/10?seconds=2', 200],
    ['/text/1?size=2000000000', 400],
    ['/bytes/2g', 400],
    ['/json/1?latency=slow', 400],
    ['/json/1?chunk_delay_ms=x', 400],
    ['/echo/1', 200],
  ])('%s is %d', (url, status) => {
    expect(plan(url).status).toBe(status);
  });

  it('answers 304 to the ETag or date it gave, until the content changes', () => {
    const etag = field('/json/1', 'ETag') ?? '';
    const date = field('/json/1', 'Last-Modified') ?? '';
    expect(plan('/json/1', { 'if-none-match': `"x", ${etag}` })).toMatchObject({
      status: 304,
      content: undefined,
    });
    expect(plan('/json/1', { 'if-modified-since': date }).status).toBe(304);
    expect(plan('/json/1', { 'if-none-match': etag }, 1).status).toBe(200);
    expect(plan('/json/1', { 'if-modified-since': date }, 1).status).toBe(200);
  });

  it.each<[string, string | undefined, number, string | undefined, number]>([
    ['bytes=0-9', undefined, 206, 'bytes 0-9/1000', 10],
    ['bytes=990-', undefined, 206, 'bytes 990-999/1000', 10],
    ['bytes=-5', undefined, 206, 'bytes 995-999/1000', 5],
    ['bytes=990-5000', undefined, 206, 'bytes 990-999/1000', 10],
    ['bytes=-5000', undefined, 206, 'bytes 0-999/1000', 1000],
    ['bytes=1000-', undefined, 416, 'bytes */1000', 0],
    ['bytes=-0', undefined, 416, 'bytes */1000', 0],
    ['bytes=9-1', undefined, 200, undefined, 1000],
    ['bytes=0-1,5-6', undefined, 200, undefined, 1000],
    ['lines=0-9', undefined, 200, undefined, 1000],
    ['bytes=0-9', '"other"', 200, undefined, 1000],
    ['bytes=0-9', 'same', 206, 'bytes 0-9/1000', 10],
  ])('answers the range %s (If-Range %s) with %d', (range, ifRange, status, contentRange, size) => {
    const etag = field('/bytes/1000', 'ETag') ?? '';
    const headers = { range, ...(ifRange && { 'if-range': ifRange === 'same' ? etag : ifRange }) };
    const answer = plan('/bytes/1000', headers);
    const value = (name: string) => answer.fields.find(([key]) => key === name)?.[1];
    expect([answer.status, value('Content-Range')]).toEqual([status, contentRange]);
    if (size > 0) expect([answer.content?.size, value('Content-Length')]).toEqual([size, String(size)]);
  });

  it('refuses what a precondition forbids', () => {
    const etag = field('/json/1', 'ETag') ?? '';
    expect(plan('/json/1', { 'if-match': etag }).status).toBe(200);
    expect(plan('/json/1', { 'if-match': '"other"' }).status).toBe(412);
    expect(plan('/json/1', { 'if-unmodified-since': 'Thu, 01 Jan 2015 00:00:00 GMT' }).status).toBe(412);
  });

  it('compresses for those who take it, under another ETag', () => {
    const gzip = (content: Content): Content => ({ ...content, size: 7, etag: '"zipped"' });
    const ask = (accepted: string) =>
      planResponse(
        { method: 'GET', url: '/html/1?gzip', header: (name) => ({ 'accept-encoding': accepted })[name] },
        maker,
        0,
        gzip,
      ).fields;
    expect(ask('br, gzip;q=0.5')).toEqual(
      expect.arrayContaining([
        ['Content-Encoding', 'gzip'],
        ['ETag', '"zipped"'],
        ['Vary', 'Accept-Encoding'],
        ['Content-Length', '7'],
      ]),
    );
    for (const refused of ['br', 'gzip;q=0', ''])
      expect(ask(refused).map(([name]) => name)).not.toContain('Content-Encoding');
  });

  it('shows what it was asked with, and announces hints', () => {
    const answer = planResponse(
      { method: 'PUT', url: '/echo/1', header: () => undefined, fields: ['X-A', '1'] },
      maker,
      0,
    );
    const text = Buffer.from(answer.content?.bytes(0, answer.content.size) ?? []).toString();
    expect(JSON.parse(text)).toEqual({ method: 'PUT', url: '/echo/1', fields: ['X-A', '1'] });
    expect(plan('/html/1?hints=/a.css,/b.js').hints).toEqual([
      '</a.css>; rel=preload; as=style',
      '</b.js>; rel=preload; as=script',
    ]);
  });

  it('never lets a query write a field of its own', () => {
    const parameters = [
      'max_age',
      'vary',
      'age',
      'expires',
      'set_cookie',
      'etag',
      'status',
      'delay_ms',
      'fault',
      'cache_control',
      'cdn_cache_control',
      'location',
      'type',
      'surrogate_key',
      'hints',
      'latency',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...parameters), fc.string({ unit: 'binary' }), (name, value) => {
        const { fields, hints = [] } = plan(`/json/1?${name}=${encodeURIComponent(value)}`);
        for (const text of [...fields.map(([, field]) => field), ...hints])
          expect(text).toMatch(/^[\x20-\x7e]*$/);
      }),
    );
  });
});
