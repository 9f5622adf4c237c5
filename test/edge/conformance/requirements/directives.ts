// RFC 9111 sections 5.2.1, 5.2.2, 5.4, RFC 8246: what responses and requests say about reuse.

import {
  answered,
  answeredWith,
  askedAgain,
  asks,
  cacheControl,
  ETAG,
  FRESH,
  inCategory,
  later,
  optional,
  preparing,
  required,
  reused,
} from '../case-builders.ts';

export const directives = inCategory('directives', [
  required(
    'rfc9111-5.2.2.4/no-cache',
    'no-cache is not reused unasked',
    answered(cacheControl('no-cache')),
    askedAgain(),
  ),
  required(
    'rfc9111-5.2.2.4/no-cache-fresh',
    'no-cache is not reused unasked, however fresh',
    answered(cacheControl('no-cache, max-age=3600'), ETAG),
    askedAgain(),
  ),
  required(
    'rfc9111-5.2.2.4/no-cache-s-maxage',
    'no-cache wins over s-maxage',
    answered(cacheControl('s-maxage=3600, no-cache')),
    askedAgain(),
  ),
  required(
    'rfc9111-5.2.2.4/no-cache-expires',
    'no-cache wins over Expires',
    answered(cacheControl('no-cache'), ['Expires', { inSeconds: 3600 }]),
    askedAgain(),
  ),
  required(
    'rfc9111-5.2.2.4/no-cache-field',
    'a field that no-cache names is not sent again unasked',
    answered(cacheControl('max-age=3600, no-cache="X-Mine"'), ['X-Mine', 'first']),
    { response: { fields: [FRESH] }, expect: { fields: { 'x-mine': null } } },
  ),
  required(
    'rfc9111-5.2.2.4/no-cache-fields',
    'nor two of them',
    answered(cacheControl('max-age=3600, no-cache="X-Mine, x-too"'), ['X-Mine', 'a'], ['X-Too', 'b']),
    { response: { fields: [FRESH] }, expect: { fields: { 'x-mine': null, 'x-too': null } } },
  ),
  required(
    'rfc9111-5.2.2.7/private-field',
    'a field that private names is not for others',
    answered(cacheControl('max-age=3600, private="X-Mine"'), ['X-Mine', 'first']),
    { response: { fields: [FRESH] }, expect: { fields: { 'x-mine': null } } },
  ),
  required(
    'rfc9111-5.2.2.7/private-cookie',
    'nor is a cookie that private names',
    answered(cacheControl('max-age=3600, private="Set-Cookie"'), ['Set-Cookie', 'session=first']),
    { response: { fields: [FRESH] }, expect: { fields: { 'set-cookie': null } } },
  ),
  required('rfc9111-5.2.2.4/field-for-the-first', 'who asked the origin gets the field that no-cache names', {
    response: { fields: [cacheControl('max-age=3600, no-cache="X-Mine"'), ['X-Mine', 'first']] },
    expect: { fields: { 'x-mine': 'first' } },
  }),
  optional(
    'rfc9111-5.2.2.4/no-cache-field-reused',
    'the rest of such a response is reused',
    answered(cacheControl('max-age=3600, no-cache="X-Mine"'), ['X-Mine', 'a'], ['X-All', 'b']),
    reused({ fields: { 'x-mine': null, 'x-all': 'b' } }),
  ),
  optional(
    'rfc9111-5.2.2.7/private-field-reused',
    'the rest of a partly private response is reused',
    answered(cacheControl('max-age=3600, private="X-Mine"'), ['X-Mine', 'a'], ['X-All', 'b']),
    reused({ fields: { 'x-mine': null, 'x-all': 'b' } }),
  ),
  optional(
    'rfc9111-5.2.2.4/no-cache-validated',
    'no-cache is validated rather than fetched',
    answered(cacheControl('no-cache'), ETAG),
    {
      whenConditional: { status: 304, fields: [ETAG] },
      expect: { served: 'conditional', fromStep: 0, status: 200 },
    },
  ),
  required(
    'rfc9111-5.2.2.6/no-transform',
    'no-transform keeps the body as it is',
    asks(
      {
        response: {
          fields: [cacheControl('max-age=3600, no-transform'), ['Content-Type', 'text/html']],
          body: `<p>  ${'a '.repeat(2000)} </p>`,
        },
        expect: { body: `<p>  ${'a '.repeat(2000)} </p>`, fields: { 'content-encoding': null } },
      },
      ['Accept-Encoding', 'gzip, br'],
    ),
  ),
  optional(
    'rfc9111-5.2.2.2/must-revalidate-fresh',
    'must-revalidate is reused while fresh',
    answered(cacheControl('max-age=3600, must-revalidate')),
    reused(),
  ),
  optional(
    'rfc9111-5.2.2.8/proxy-revalidate-fresh',
    'proxy-revalidate is reused while fresh',
    answered(cacheControl('max-age=3600, proxy-revalidate')),
    reused(),
  ),
  optional(
    'rfc8246-2/immutable-reload',
    'a reload of what is immutable is answered from the cache',
    answered(cacheControl('max-age=3600, immutable'), ETAG),
    asks(reused(), cacheControl('max-age=0')),
  ),
  required(
    'rfc8246-2/immutable-expired',
    'immutable is over with the lifetime',
    answered(cacheControl('max-age=1, immutable'), ETAG),
    later(askedAgain()),
  ),
  required(
    'rfc9111-5.4/pragma-response',
    'Pragma in a response does not override no-store',
    answered(cacheControl('no-store'), ['Pragma', 'public']),
    askedAgain(),
  ),
]);

const wish = (id: string, title: string, value: string, ...fields: Parameters<typeof answered>) =>
  optional(
    `rfc9111-5.2.1.${id}`,
    title,
    preparing(answered(...fields)),
    preparing(reused()),
    asks(askedAgain(), cacheControl(value)),
  );

export const requestDirectives = inCategory('request-directives', [
  wish('4/no-cache', 'no-cache asks the origin', 'no-cache', FRESH),
  wish('1/max-age-0', 'max-age=0 asks the origin', 'max-age=0', FRESH, ['Age', '10']),
  wish('1/max-age', 'max-age below the age asks the origin', 'max-age=50', FRESH, ['Age', '100']),
  wish('3/min-fresh', 'min-fresh beyond what is left asks the origin', 'min-fresh=3600', FRESH, [
    'Age',
    '100',
  ]),
  optional(
    'rfc9111-5.2.1.1/max-age-enough',
    'max-age above the age is no reason to ask',
    answered(FRESH, ['Age', '100']),
    asks(reused(), cacheControl('max-age=600')),
  ),
  optional(
    'rfc9111-5.2.1.3/min-fresh-enough',
    'min-fresh below what is left is no reason to ask',
    answered(FRESH),
    asks(reused(), cacheControl('min-fresh=600')),
  ),
  optional(
    'rfc9111-5.2.1.2/max-stale',
    'max-stale accepts what is a little stale',
    answered(cacheControl('max-age=1')),
    later(asks(reused({ fromStep: 0 }), cacheControl('max-stale=600'))),
  ),
  required(
    'rfc9111-5.2.1.2/max-stale-exceeded',
    'max-stale does not accept what is staler',
    answered(cacheControl('max-age=10'), ['Age', '5000']),
    asks(askedAgain(), cacheControl('max-stale=600')),
  ),
  required(
    'rfc9111-5.2.1.2/max-stale-must-revalidate',
    'max-stale has no say over must-revalidate',
    answered(cacheControl('max-age=1, must-revalidate')),
    later(asks(askedAgain(), cacheControl('max-stale=600'))),
  ),
  required(
    'rfc9111-5.2.1.2/max-stale-s-maxage',
    'nor over s-maxage',
    answered(cacheControl('s-maxage=1')),
    later(asks(askedAgain(), cacheControl('max-stale=600'))),
  ),
  optional(
    'rfc9111-5.2.1.5/no-store',
    'what a request with no-store got is not stored',
    asks(answered(FRESH), cacheControl('no-store')),
    askedAgain(),
  ),
  optional(
    'rfc9111-5.2.1.7/only-if-cached',
    'only-if-cached without a stored response is 504 and not forwarded',
    asks({ expect: { served: 'stored', status: 504 } }, cacheControl('only-if-cached')),
  ),
  optional(
    'rfc9111-5.2.1.7/only-if-cached-stored',
    'only-if-cached is answered from what is stored',
    answered(FRESH),
    asks(reused({ status: 200 }), cacheControl('only-if-cached')),
  ),
  optional(
    'rfc9111-5.4/pragma',
    'Pragma: no-cache asks the origin where there is no Cache-Control',
    preparing(answered(FRESH)),
    preparing(reused()),
    asks(askedAgain(), ['Pragma', 'no-cache']),
  ),
  optional(
    'rfc9111-5.4/pragma-beside-cache-control',
    'Pragma is not heard beside Cache-Control',
    answered(FRESH),
    asks(reused(), ['Pragma', 'no-cache'], cacheControl('max-age=600')),
  ),
  optional(
    'rfc9111-5.2.1/unknown',
    'an unknown request directive changes nothing',
    answeredWith({ fields: [FRESH] }),
    asks(reused(), cacheControl('x-unknown=1')),
  ),
]);
