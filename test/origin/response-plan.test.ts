import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createContentMaker } from '../../src/origin/content.ts';
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
    ];
    fc.assert(
      fc.property(fc.constantFrom(...parameters), fc.string({ unit: 'binary' }), (name, value) => {
        for (const [, text] of plan(`/json/1?${name}=${encodeURIComponent(value)}`).fields)
          expect(text).toMatch(/^[\x20-\x7e]*$/);
      }),
    );
  });
});
