// RFC 9211: a cache that sends Cache-Status sends it as a Structured Field, and truly.

import {
  answered,
  askedAgain,
  cacheControl,
  FRESH,
  inCategory,
  optional,
  preparing,
  required,
  reused,
} from '../case-builders.ts';

export const cacheStatus = inCategory('cache-status', [
  required('rfc9211-2/structured-miss', 'on a miss it is a Structured Field, if sent', {
    response: { fields: [FRESH] },
    expect: { cacheStatus: 'structured' },
  }),
  required('rfc9211-2/structured-hit', 'on a hit too', answered(FRESH), {
    expect: { cacheStatus: 'structured' },
  }),
  required('rfc9211-2/structured-after-other', 'behind what another cache said, too', {
    response: { fields: [FRESH, ['Cache-Status', '"Origin, Cache"; hit; detail="x, y"']] },
    expect: { cacheStatus: 'structured' },
  }),
  required('rfc9211-2/earlier-kept', 'what a cache nearer to the origin said stays, and first', {
    response: { fields: [FRESH, ['Cache-Status', 'OriginCache; hit; ttl=5']] },
    expect: { fields: { 'cache-status': /^OriginCache; ?hit; ?ttl=5/ } },
  }),
  optional('rfc9211-2.1/hit', 'a hit says hit', preparing(answered(FRESH)), reused({ cacheStatus: 'hit' })),
  optional('rfc9211-2.2/fwd', 'a miss says fwd', { expect: { cacheStatus: 'forwarded' } }),
  optional(
    'rfc9211-2.2/fwd-stale',
    'a validation says fwd',
    answered(cacheControl('max-age=0'), ['ETag', '"v1"']),
    askedAgain({ cacheStatus: 'forwarded' }),
  ),
  optional(
    'rfc9211-2.4/ttl',
    'a hit says how long it lasts',
    answered(FRESH),
    reused({ fields: { 'cache-status': /ttl=3[56]\d\d/ } }),
  ),
  optional('rfc9211-2.5/stored', 'a miss says that it was stored', {
    response: { fields: [FRESH] },
    expect: { fields: { 'cache-status': /; ?stored/ } },
  }),
]);
