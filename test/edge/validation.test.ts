import { describe, expect, it } from 'vitest';
import { fieldValue } from '../../src/edge/fields.ts';
import { requestedRange } from '../../src/edge/range.ts';
import {
  clientHasIt,
  conditionalFields,
  headUpdate,
  notModifiedMatches,
  updateStoredFields,
} from '../../src/edge/validation.ts';

const LATE = 'Sat, 21 Nov 2026 12:00:00 GMT';
const EARLY = 'Fri, 20 Nov 2026 12:00:00 GMT';

describe('clientHasIt', () => {
  it.each<[string, string[], string[], boolean]>([
    ['the same tag', ['If-None-Match', '"a"'], ['ETag', '"a"'], true],
    ['one of several, with a comma inside', ['If-None-Match', '"x,y", "a"'], ['ETag', '"a"'], true],
    ['weak and strong compare equal', ['If-None-Match', 'W/"a"'], ['ETag', '"a"'], true],
    ['another tag', ['If-None-Match', '"b"'], ['ETag', '"a"'], false],
    ['any tag', ['If-None-Match', '*'], [], true],
    [
      'another tag beats the date',
      ['If-None-Match', '"b"', 'If-Modified-Since', LATE],
      ['ETag', '"a"', 'Last-Modified', EARLY],
      false,
    ],
    ['not modified since', ['If-Modified-Since', LATE], ['Last-Modified', EARLY], true],
    ['modified since', ['If-Modified-Since', EARLY], ['Last-Modified', LATE], false],
    ['a date that is none', ['If-Modified-Since', 'yesterday'], ['Last-Modified', EARLY], false],
    ['no condition', [], ['ETag', '"a"'], false],
    ['not sent since', ['If-Modified-Since', LATE], ['Date', EARLY], true],
    ['the same text without quotes', ['If-None-Match', 'a'], ['ETag', 'a'], true],
    ['one of them without quotes', ['If-None-Match', 'a'], ['ETag', '"a"'], false],
  ])('%s', (_, request, response, expected) => {
    expect(clientHasIt(request, response, 0)).toBe(expected);
  });
});

describe('revalidation', () => {
  it('asks with both validators', () => {
    expect(conditionalFields(['ETag', '"a"', 'Last-Modified', EARLY])).toEqual([
      'If-None-Match',
      '"a"',
      'If-Modified-Since',
      EARLY,
    ]);
  });

  it('takes the news of a 304 but not what describes its empty body', () => {
    const updated = updateStoredFields(
      ['Cache-Control', 'max-age=1', 'Content-Length', '5', 'X-Old', 'kept', 'Set-Cookie', 'a=1'],
      [
        'cache-control',
        'max-age=9',
        'Content-Length',
        '0',
        'Connection',
        'X-Hop',
        'X-Hop',
        '1',
        'X-New',
        'n',
      ],
    );
    const read = (name: string) => fieldValue(updated, name);
    expect(['cache-control', 'content-length', 'x-old', 'x-hop', 'x-new'].map(read)).toEqual([
      'max-age=9',
      '5',
      'kept',
      undefined,
      'n',
    ]);
  });

  it('does not believe a 304 for another version', () => {
    expect(notModifiedMatches(['ETag', '"a"'], ['ETag', '"a"'])).toBe(true);
    expect(notModifiedMatches(['ETag', '"a"'], [])).toBe(true);
    expect(notModifiedMatches(['ETag', '"a"'], ['ETag', '"b"'])).toBe(false);
    expect(notModifiedMatches(['ETag', 'W/"a"'], ['ETag', 'W/"a"'])).toBe(true);
    expect(notModifiedMatches(['ETag', 'W/"a"'], ['ETag', '"a"'])).toBe(false);
    expect(notModifiedMatches(['Last-Modified', LATE], ['Last-Modified', EARLY])).toBe(false);
  });
});

describe('requestedRange', () => {
  it.each<[string, unknown]>([
    ['bytes=0-9', { first: 0, last: 9 }],
    ['bytes=90-', { first: 90, last: 99 }],
    ['bytes=-10', { first: 90, last: 99 }],
    ['bytes=-1000', { first: 0, last: 99 }],
    ['bytes=50-1000', { first: 50, last: 99 }],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=9-0', undefined],
    ['bytes=0-1,5-6', undefined],
    ['bytes=0-1, 2-6', { first: 0, last: 6 }],
    ['bytes=50-, -60,', { first: 40, last: 99 }],
    ['bytes=0-1,200-', { first: 0, last: 1 }],
    ['bytes=200-,300-', 'unsatisfiable'],
    ['bytes=0-1,x', undefined],
    ['bytes=0-1,,,', { first: 0, last: 1 }],
    [`bytes=${Array(17).fill('0-1').join(',')}`, undefined],
    ['bytes=-', undefined],
    ['lines=0-9', undefined],
  ])('%s of 100 bytes', (range, expected) => {
    expect(requestedRange(['Range', range], [], 100)).toEqual(expected);
  });

  it.each<[string, boolean]>([
    ['"a"', true],
    ['"b"', false],
    ['W/"a"', false],
    [EARLY, true],
    [LATE, false],
  ])('If-Range %s', (condition, holds) => {
    const range = requestedRange(
      ['Range', 'bytes=0-1', 'If-Range', condition],
      ['ETag', '"a"', 'Last-Modified', EARLY],
      9,
    );
    expect(range !== undefined).toBe(holds);
  });

  it('does not believe a Last-Modified of the second in which it was sent', () => {
    const fields = ['Range', 'bytes=0-1', 'If-Range', EARLY];
    expect(requestedRange(fields, ['Last-Modified', EARLY, 'Date', EARLY], 9)).toBeUndefined();
    expect(requestedRange(fields, ['Last-Modified', EARLY, 'Date', LATE], 9)).toEqual({ first: 0, last: 1 });
  });
});

describe('headUpdate', () => {
  const stored = { fields: ['ETag', '"a"', 'Last-Modified', EARLY], size: 5 };
  it.each<[string, number, string[], string]>([
    ['the same', 200, ['ETag', '"a"', 'Content-Length', '5'], 'freshen'],
    ['no word of it', 200, [], 'freshen'],
    ['another tag', 200, ['ETag', '"b"'], 'outdated'],
    ['another length', 200, ['ETag', '"a"', 'Content-Length', '6'], 'outdated'],
    ['another date', 200, ['Last-Modified', LATE], 'outdated'],
    ['an error', 500, ['ETag', '"b"'], 'nothing'],
  ])('%s', (_, status, fields, expected) => {
    expect(headUpdate(stored, status, fields)).toBe(expected);
  });
});
