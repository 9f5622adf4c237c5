import { describe, expect, it } from 'vitest';
import { decideReuse } from '../../src/edge/reuse.ts';
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
    ['client accepts max-stale', ['Cache-Control', 'max-stale=60'], 'max-age=5', 'revalidate stale'],
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
});
