// RFC 9213: CDN-Cache-Control, read as a Structured Field, decides; invalid or empty it counts for nothing.

import {
  answered,
  askedAgain,
  asks,
  cacheControl,
  ETAG,
  FRESH,
  inCategory,
  later,
  optional,
  required,
  reused,
} from '../case-builders.ts';
import type { FieldLine } from '../conformance-case.ts';

const cdn = (value: string): FieldLine => ['CDN-Cache-Control', value];
const NO_STORE = cacheControl('no-store');
const obeyed = (id: string, title: string, ...fields: FieldLine[]) =>
  required(`rfc9213-2.2/${id}`, title, answered(...fields), askedAgain());
const ignored = (id: string, title: string, value: string) =>
  required(`rfc9213-2.1/${id}`, title, answered(cdn(value), NO_STORE), askedAgain());
const fallsBack = (id: string, title: string, value: string) =>
  optional(
    `rfc9213-2.1/${id}-falls-back`,
    `${title}: Cache-Control decides`,
    answered(cdn(value), FRESH),
    reused(),
  );
const lasts = (id: string, title: string, ...fields: FieldLine[]) =>
  optional(`rfc9213-2.2/${id}`, title, answered(...fields), reused());

export const targeted = inCategory('targeted', [
  obeyed('no-store', 'no-store is obeyed before Cache-Control', cdn('no-store'), FRESH),
  obeyed(
    'private',
    'private is obeyed before Cache-Control',
    cdn('private, max-age=3600'),
    cacheControl('public, max-age=3600'),
  ),
  obeyed('no-cache', 'no-cache is obeyed before Cache-Control', cdn('no-cache'), FRESH),
  obeyed('no-cache-and-max-age', 'no-cache makes max-age inoperative', cdn('no-cache, max-age=3600'), FRESH),
  obeyed('max-age-0', 'max-age=0 is obeyed before Cache-Control', cdn('max-age=0'), FRESH),
  obeyed('max-age-0-s-maxage', 'and before s-maxage', cdn('max-age=0'), cacheControl('s-maxage=3600')),
  obeyed('max-age-0-expires', 'and before Expires', cdn('max-age=0'), ['Expires', { inSeconds: 3600 }]),
  obeyed('age', 'Age uses it up', cdn('max-age=600'), FRESH, ['Age', '1000']),
  obeyed('last-of-two', 'the last of two members counts', cdn('max-age=3600, max-age=0'), FRESH),
  obeyed('two-lines', 'two lines are one dictionary', cdn('max-age=3600'), cdn('no-store'), FRESH),
  obeyed('expires-ignored', 'Expires is not heard beside it', cdn('must-revalidate, no-cache'), [
    'Expires',
    { inSeconds: 3600 },
  ]),
  required('rfc9213-2.2/over', 'its max-age ends', answered(cdn('max-age=1'), FRESH), later(askedAgain())),
  required(
    'rfc9213-2.2/must-revalidate',
    'its must-revalidate is obeyed',
    answered(cdn('max-age=1, must-revalidate'), cacheControl('max-age=1, stale-if-error=600')),
    later({ response: { breakOff: 'before-head' }, expect: { served: 'not-earlier' } }),
  ),
  required(
    'rfc9111-3.5/targeted-authorization',
    'public said to others does not share an answer to Authorization',
    asks(answered(cdn('max-age=3600'), cacheControl('public, max-age=3600')), [
      'Authorization',
      'Basic dTpw',
    ]),
    askedAgain(),
  ),
  ignored('empty', 'empty, it counts for nothing', ''),
  ignored('upper-case', 'a key in upper case is no key', 'Max-Age=3600'),
  ignored('comma-at-end', 'a comma at the end does not parse', 'max-age=3600,'),
  ignored('nonsense', 'nonsense does not parse', 'max-age=3600, &%$'),
  ignored('open-string', 'an open string does not parse', 'max-age=3600, x="'),
  ignored('space-before-value', 'space around = does not parse', 'max-age = 3600'),
  ignored('semicolon', 'a semicolon is not a comma', 'max-age=3600; no-store=?; x'),
  required(
    'rfc9213-2.2/other-target',
    'a field for others changes nothing',
    answered(['Other-CDN-Cache-Control', 'max-age=3600'], NO_STORE),
    askedAgain(),
  ),
  required('rfc9213-2.2/other-target-passed', 'and is passed on', {
    response: { fields: [['Other-CDN-Cache-Control', 'no-store'], FRESH] },
    expect: { fields: { 'other-cdn-cache-control': 'no-store' } },
  }),
  lasts('max-age', 'max-age is obeyed before no-store', cdn('max-age=3600'), NO_STORE),
  lasts('max-age-over-max-age', 'and before max-age=0', cdn('max-age=3600'), cacheControl('max-age=0')),
  lasts('max-age-over-expires', 'and before a past Expires', cdn('max-age=3600'), ['Expires', '0']),
  lasts('max-age-over-private', 'and before private', cdn('max-age=3600'), cacheControl('private')),
  lasts('parameters', 'parameters are ignored', cdn('max-age=3600;x=1;y="z"'), NO_STORE),
  lasts(
    'extension',
    'unknown directives of any type are ignored',
    cdn('max-age=3600, x=(1 2), y=1.5'),
    NO_STORE,
  ),
  lasts('s-maxage', 's-maxage goes before max-age in it', cdn('max-age=0, s-maxage=3600'), NO_STORE),
  optional(
    'rfc9213-2.2/stale-while-revalidate',
    'stale-while-revalidate in it is obeyed',
    answered(cdn('max-age=1, stale-while-revalidate=600'), NO_STORE, ETAG),
    later({ response: { fields: [cdn('max-age=3600')] }, expect: { served: 'earlier' } }),
  ),
  optional(
    'rfc9213-3.1/forwarded',
    'it is left for caches behind',
    answered(cdn('max-age=3600'), NO_STORE),
    reused({ fields: { 'cdn-cache-control': 'max-age=3600', 'cache-control': 'no-store' } }),
  ),
  fallsBack('empty', 'empty', ''),
  fallsBack('upper-case', 'with a key in upper case', 'No-Store'),
  fallsBack('comma-at-end', 'with a comma at the end', 'no-store,'),
  fallsBack('decimal', 'with a decimal max-age', 'max-age=0.5'),
  fallsBack('string', 'with max-age as a string', 'max-age="0"'),
]);
