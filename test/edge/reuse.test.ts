import { describe, expect, it } from 'vitest';
import { decideReuse, staleInsteadOfError } from '../../src/edge/reuse.ts';
import { responseHead } from '../../src/edge/stored-response.ts';

const NOW = Date.UTC(2026, 10, 21);

function stored(cacheControl: string, more: string[] = [], requestFields: string[] = []) {
  return responseHead({
    status: 200,
    fields: ['Cache-Control', cacheControl, 'Date', new Date(NOW).toUTCString(), ...more],
    requestFields,
    requestTimeMs: NOW,
    responseTimeMs: NOW,
  });
}

function decide(requestFields: string[], candidates: ReturnType<typeof stored>[], afterSeconds = 10) {
  const reuse = decideReuse(requestFields, candidates, NOW + afterSeconds * 1000);
  return reuse.action === 'serve' ? `serve ${reuse.stale ?? 'fresh'}` : `${reuse.action} ${reuse.fwd}`;
}

describe('decideReuse', () => {
  it.each<[string, string[], string, string]>([
    ['fresh', [], 'max-age=60', 'serve fresh'],
    ['expired', [], 'max-age=5', 'revalidate stale'],
    ['private, which others had better not get', [], 'private, max-age=60', 'revalidate stale'],
    ['no-store', [], 'no-store, max-age=60', 'revalidate stale'],
    ['private about a field', [], 'private="x", max-age=60', 'serve fresh'],
    [
      'no-store where must-understand takes its place',
      [],
      'no-store, must-understand, max-age=60',
      'serve fresh',
    ],
    ['no-cache though fresh', [], 'no-cache, max-age=60', 'revalidate stale'],
    [
      'expired within stale-while-revalidate',
      [],
      'max-age=5, stale-while-revalidate=60',
      'serve stale-while-revalidate',
    ],
    ['stale-while-revalidate over', [], 'max-age=5, stale-while-revalidate=3', 'revalidate stale'],
    ['s-maxage forbids stale', [], 's-maxage=5, stale-while-revalidate=60', 'revalidate stale'],
    ['client wants no-cache', ['Cache-Control', 'no-cache'], 'max-age=60', 'revalidate request'],
    ['client wants max-age=5', ['Cache-Control', 'max-age=5'], 'max-age=60', 'revalidate request'],
    ['client wants min-fresh=55', ['Cache-Control', 'min-fresh=55'], 'max-age=60', 'revalidate request'],
    ['client accepts max-stale', ['Cache-Control', 'max-stale=60'], 'max-age=5', 'serve max-stale'],
    ['client accepts any staleness', ['Cache-Control', 'max-stale'], 'max-age=5', 'serve max-stale'],
    ['staler than max-stale', ['Cache-Control', 'max-stale=3'], 'max-age=5', 'revalidate stale'],
    ['max-stale against s-maxage', ['Cache-Control', 'max-stale=60'], 's-maxage=5', 'revalidate stale'],
    ['reload of what never changes', ['Cache-Control', 'max-age=0'], 'max-age=60, immutable', 'serve fresh'],
    [
      'never changes, but expired',
      ['Cache-Control', 'max-age=0'],
      'max-age=5, immutable',
      'revalidate request',
    ],
    ['forced reload of it', ['Cache-Control', 'no-cache'], 'max-age=60, immutable', 'revalidate request'],
    ['no-cache about a field', [], 'no-cache="x", max-age=60', 'serve fresh'],
    [
      'Pragma beside Cache-Control',
      ['Pragma', 'no-cache', 'Cache-Control', 'max-age=99'],
      'max-age=60',
      'serve fresh',
    ],
    ['no-store of the client', ['Cache-Control', 'no-store'], 'max-age=60', 'serve fresh'],
    ['Pragma from another century', ['Pragma', 'no-cache'], 'max-age=60', 'revalidate request'],
  ])('%s', (_, requestFields, cacheControl, expected) => {
    expect(decide(requestFields, [stored(cacheControl)])).toBe(expected);
  });

  it('knows a URL without stored responses from one without the right variant', () => {
    const variant = stored('max-age=60', ['Vary', 'Accept-Language'], ['Accept-Language', 'de']);
    expect(decide([], [])).toBe('fetch uri-miss');
    expect(decide(['accept-language', 'fr'], [variant])).toBe('fetch vary-miss');
    expect(decide([], [variant])).toBe('fetch vary-miss');
    expect(decide(['accept-language', ' de '], [variant])).toBe('serve fresh');
  });

  it('says what keeps a stale-while-revalidate from having an effect', () => {
    const reuse = decideReuse([], [stored('s-maxage=5, stale-while-revalidate=60')], NOW + 10_000);
    expect(reuse).toMatchObject({ reason: 'expired, s-maxage forbids stale' });
  });

  it('says when the lifetime is a guess', () => {
    const guessed = stored('public', ['Last-Modified', 'Sat, 21 Nov 2020 00:00:00 GMT']);
    expect(decideReuse([], [guessed], NOW)).toMatchObject({ action: 'serve', detail: 'heuristic' });
  });

  it('follows the route where the response says nothing, and against it where it overrides', () => {
    const decideWith = (cacheControl: string, stale: object) =>
      decideReuse([], [stored(cacheControl)], NOW + 10_000, { stale }).action;
    expect(decideWith('max-age=5', { whileRevalidate: 60 })).toBe('serve');
    expect(decideWith('max-age=5, must-revalidate', { whileRevalidate: 60 })).toBe('revalidate');
    expect(decideWith('max-age=5, must-revalidate', { whileRevalidate: 60, override: true })).toBe('serve');
  });
});

describe('staleInsteadOfError', () => {
  it.each<[string, boolean, object, string[], string | undefined]>([
    ['max-age=5, stale-if-error=60', true, {}, [], 'stale-if-error'],
    ['max-age=5, stale-if-error=60', false, {}, [], 'stale-if-error'],
    ['max-age=5, stale-if-error=2', true, {}, [], undefined],
    ['max-age=5', false, { grace: 60 }, [], 'offline'],
    ['max-age=5', true, { grace: 60 }, [], undefined],
    ['max-age=5, must-revalidate', false, { grace: 60 }, [], undefined],
    ['max-age=5', true, {}, ['Cache-Control', 'stale-if-error=60'], 'stale-if-error'],
    ['s-maxage=5', true, {}, ['Cache-Control', 'stale-if-error=60'], undefined],
  ])(
    '%s, origin answered: %s, route %j, request %j: %s',
    (cacheControl, reached, stale, request, expected) => {
      const answer = staleInsteadOfError(stored(cacheControl), reached, NOW + 10_000, { stale }, request);
      expect(answer).toBe(expected);
    },
  );
});
