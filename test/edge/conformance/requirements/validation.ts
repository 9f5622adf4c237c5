// RFC 9111 sections 4.3.1 to 4.3.5 and 3.2, RFC 9110 sections 13 and 15.4.5: asking whether something changed.

import {
  answered,
  askedAgain,
  asks,
  cacheControl,
  ETAG,
  FRESH,
  inCategory,
  later,
  MODIFIED,
  optional,
  preparing,
  required,
  reused,
} from '../case-builders.ts';
import type { Expectation, FieldLine, Step } from '../conformance-case.ts';

const STALE = cacheControl('max-age=0');
const OLD: FieldLine = ['Last-Modified', 'Fri, 01 Jan 2021 00:00:00 GMT'];
const confirmed = (fields: FieldLine[], expect: Expectation = {}): Step => ({
  whenConditional: { status: 304, fields },
  expect,
});

export const validation = inCategory('validation', [
  required(
    'rfc9111-4.3.1/sends-etag',
    'a validation asks with the entity tag that was received',
    answered(STALE, ETAG),
    asks(askedAgain({ onlyIfConditional: true, atOrigin: { fields: { 'if-none-match': '"v1"' } } })),
  ),
  required(
    'rfc9111-4.3.1/sends-weak-etag',
    'a weak tag is sent as it came',
    answered(STALE, ['ETag', 'W/"v1"']),
    askedAgain({ onlyIfConditional: true, atOrigin: { fields: { 'if-none-match': 'W/"v1"' } } }),
  ),
  optional(
    'rfc9111-4.3.1/sends-last-modified',
    'a validation asks with Last-Modified',
    answered(STALE, OLD),
    askedAgain({ atOrigin: { fields: { 'if-modified-since': OLD[1] as string } } }),
  ),
  optional(
    'rfc9111-4.3.1/sends-both',
    'both validators are sent',
    answered(STALE, OLD, ETAG),
    askedAgain({ atOrigin: { fields: { 'if-modified-since': OLD[1] as string, 'if-none-match': '"v1"' } } }),
  ),
  required(
    'rfc9111-4.3.3/304-is-for-the-cache',
    'a client without conditions gets 200 after a 304',
    answered(STALE, ETAG),
    confirmed([ETAG], { status: 200, body: /^answer of step/ }),
  ),
  optional(
    'rfc9111-4.3.3/304-serves-stored',
    'a 304 lets the stored body be used',
    answered(STALE, ETAG),
    confirmed([ETAG], { served: 'conditional', fromStep: 0, status: 200 }),
  ),
  required(
    'rfc9111-4.3.3/200-replaces',
    'a full answer to a validation is the answer',
    answered(STALE, ETAG),
    { response: { fields: [STALE, ['ETag', '"v2"']] }, expect: { served: 'fresh', status: 200 } },
  ),
  optional(
    'rfc9111-4.3.3/200-is-stored',
    'and is used after',
    answered(STALE, ETAG),
    answered(FRESH, ['ETag', '"v2"']),
    reused({ fromStep: 1, fields: { etag: '"v2"' } }),
  ),
  required(
    'rfc9111-4.3.3/404-is-passed-on',
    'an error that is not of the server is the answer',
    answered(cacheControl('max-age=0'), ETAG),
    {
      response: { status: 404, fields: [cacheControl('no-store')] },
      expect: { served: 'fresh', status: 404 },
    },
  ),
  optional(
    'rfc9111-4.3.4/304-makes-fresh',
    'a 304 makes the stored answer fresh again',
    answered(cacheControl('max-age=1'), ETAG),
    later(confirmed([ETAG, FRESH], { fromStep: 0 })),
    reused({ fromStep: 0 }),
  ),
  optional(
    'rfc9111-4.3.4/304-starts-age-anew',
    'Age counts from the 304',
    answered(cacheControl('max-age=3600'), ['Age', '3700'], ETAG),
    confirmed([ETAG, FRESH], { fromStep: 0, fields: {} }),
    reused({ fields: { age: /^\d{1,2}$/ } }),
  ),
  required(
    'rfc9111-4.3.3/304-other-version',
    'a 304 with another strong tag does not go with the stored body',
    answered(cacheControl('max-age=1'), ETAG),
    later({
      whenConditional: { status: 304, fields: [['ETag', '"v2"'], FRESH] },
      response: { fields: [FRESH, ['ETag', '"v2"']] },
      expect: { onlyIfFromStep: 0, fields: { etag: '"v1"' } },
    }),
    { expect: { onlyIfFromStep: 0, fields: { etag: '"v1"' } } },
  ),
  required(
    'rfc9111-4.3.2/foreign-condition',
    "one client's condition does not make another's answer empty",
    asks(
      {
        whenConditional: { status: 304, fields: [ETAG, FRESH] },
        response: { fields: [ETAG, FRESH] },
        expect: { status: [200, 304] },
      },
      ['If-None-Match', '"v1"'],
    ),
    { expect: { status: 200, body: /^answer of step/ } },
  ),
  required(
    'rfc9111-4.3.1/client-tag-is-not-ours',
    "a 304 to the client's own tag is not taken for the stored version",
    answered(cacheControl('max-age=1'), ETAG),
    later(
      asks({ response: { fields: [FRESH, ['ETag', '"v2"']] }, expect: { status: [200, 304] } }, [
        'If-None-Match',
        '"v2"',
      ]),
    ),
    { response: { fields: [FRESH, ['ETag', '"v2"']] }, expect: { fields: { etag: '"v2"' } } },
  ),
]);

const kept: FieldLine[] = [cacheControl('max-age=1'), ETAG];
/** Stored, expired, confirmed by a 304 with `news`; then reused. */
const updated = (
  id: string,
  title: string,
  news: FieldLine[],
  old: FieldLine[],
  fields: Expectation['fields'],
) =>
  required(
    `rfc9111-3.2/${id}`,
    title,
    answered(...kept, ...old),
    preparing(later(confirmed([ETAG, FRESH, ...news], { served: 'conditional', fromStep: 0 }))),
    reused({ fromStep: 0, fields }),
  );

export const update304 = inCategory('update-304', [
  updated('new-field', 'a field of the 304 is added', [['X-New', 'n']], [], { 'x-new': 'n' }),
  updated('changed-field', 'a field of the 304 replaces the old', [['X-Old', 'new']], [['X-Old', 'old']], {
    'x-old': 'new',
  }),
  updated(
    'all-lines',
    'all old lines are replaced',
    [['X-Old', 'new']],
    [
      ['X-Old', 'a'],
      ['X-Old', 'b'],
    ],
    { 'x-old': 'new' },
  ),
  updated('kept-field', 'what the 304 does not have stays', [], [['X-Old', 'old']], { 'x-old': 'old' }),
  updated('cache-control', 'Cache-Control is replaced', [], [], { 'cache-control': 'max-age=3600' }),
  updated(
    'expires',
    'Expires is replaced',
    [['Expires', 'Fri, 01 Jan 2100 00:00:00 GMT']],
    [['Expires', '0']],
    { expires: /2100/ },
  ),
  updated(
    'content-language',
    'Content-Language is replaced',
    [['Content-Language', 'fr']],
    [['Content-Language', 'de']],
    { 'content-language': 'fr' },
  ),
  updated(
    'csp',
    'a security policy is replaced',
    [['Content-Security-Policy', "default-src 'none'"]],
    [['Content-Security-Policy', '*']],
    {
      'content-security-policy': "default-src 'none'",
    },
  ),
  updated('content-length', 'Content-Length is not replaced', [['Content-Length', '5']], [], {
    'content-length': /^(?!5$)\d+$/,
  }),
  updated('content-encoding', 'Content-Encoding is not replaced', [['Content-Encoding', 'gzip']], [], {
    'content-encoding': null,
  }),
  updated('content-range', 'Content-Range is not taken over', [['Content-Range', 'bytes 0-1/2']], [], {
    'content-range': null,
  }),
  updated(
    'connection',
    'what is for the connection is not taken over',
    [
      ['X-Hop', '1'],
      ['Connection', 'X-Hop'],
    ],
    [],
    { 'x-hop': null },
  ),
  required(
    'rfc9111-4.3.4/no-store-in-304',
    'a 304 that says no-store ends the reuse',
    answered(...kept),
    later(confirmed([ETAG, cacheControl('no-store')], {})),
    askedAgain(),
  ),
  required(
    'rfc9111-4.3.4/private-in-304',
    'a 304 that says private ends the reuse',
    answered(...kept),
    later(confirmed([ETAG, cacheControl('private, max-age=3600')], {})),
    askedAgain(),
  ),
  required(
    'rfc9111-4.3.4/max-age-0-in-304',
    'a 304 that says max-age=0 makes nothing fresh',
    answered(...kept),
    later(confirmed([ETAG, cacheControl('max-age=0')], {})),
    askedAgain(),
  ),
]);

const stored = answered(FRESH, ETAG, OLD);
const had = (id: string, title: string, fields: FieldLine[], first: Step = stored) =>
  optional(`rfc9111-4.3.2/${id}`, title, first, asks(reused({ status: 304, body: '' }), ...fields));
const hadNot = (id: string, title: string, fields: FieldLine[], first: Step = stored) =>
  required(
    `rfc9111-4.3.2/${id}`,
    title,
    first,
    asks(
      { response: { fields: [FRESH, ETAG, OLD] }, expect: { status: 200, body: /^answer of step/ } },
      ...fields,
    ),
  );
const inNotModified = (name: string, value: string) =>
  required(
    `rfc9110-15.4.5/${name.toLowerCase()}`,
    `a 304 from the cache has ${name}`,
    answered(FRESH, ETAG, ...(name === 'ETag' || name === 'Cache-Control' ? [] : [[name, value] as const])),
    asks(
      {
        whenConditional: { status: 304, fields: [FRESH, ETAG, [name, value]] },
        expect: { status: 304, fields: { [name.toLowerCase()]: name === 'Date' ? /GMT$/ : value } },
      },
      ['If-None-Match', '"v1"'],
    ),
  );

export const clientConditions = inCategory('client-conditions', [
  had('same-tag', 'the same tag is 304', [['If-None-Match', '"v1"']]),
  had('weak-comparison', 'weak and strong are the same here', [['If-None-Match', 'W/"v1"']]),
  had(
    'weak-stored',
    'a weak stored tag matches too',
    [['If-None-Match', '"v1"']],
    answered(FRESH, ['ETag', 'W/"v1"']),
  ),
  had('first-of-list', 'the first of a list', [['If-None-Match', '"v1", "v2"']]),
  had('last-of-list', 'the last of a list', [['If-None-Match', '"v0","v1"']]),
  had('comma-in-tag', 'a comma may stand in a tag', [['If-None-Match', '"a,b", "v1"']]),
  had('lines', 'two lines are one list', [
    ['If-None-Match', '"v0"'],
    ['If-None-Match', '"v1"'],
  ]),
  had('star', 'a star is any', [['If-None-Match', '*']]),
  had('tag-beats-date', 'a tag that matches beats a date', [
    ['If-None-Match', '"v1"'],
    ['If-Modified-Since', 'Wed, 01 Jan 2020 00:00:00 GMT'],
  ]),
  had('same-date', 'not modified since the same date', [['If-Modified-Since', OLD[1] as string]]),
  had('later-date', 'not modified since a later date', [
    ['If-Modified-Since', 'Sat, 01 Jan 2022 00:00:00 GMT'],
  ]),
  had('date-rfc850', 'a date in the obsolete form', [
    ['If-Modified-Since', 'Saturday, 01-Jan-22 00:00:00 GMT'],
  ]),
  had(
    'by-date-field',
    'without Last-Modified the Date counts',
    [['If-Modified-Since', { inSeconds: 600 }]],
    answered(FRESH),
  ),
  hadNot('other-tag', 'another tag is the whole', [['If-None-Match', '"v2"']]),
  hadNot('tag-case', 'tags have case', [['If-None-Match', '"V1"']]),
  hadNot('part-of-tag', 'a part of a tag is another tag', [['If-None-Match', '"v"']]),
  hadNot('without-quotes', 'a tag without quotes is no tag', [['If-None-Match', 'v1']]),
  hadNot('tag-over-date', 'a tag that does not match beats a date that does', [
    ['If-None-Match', '"v2"'],
    ['If-Modified-Since', 'Sat, 01 Jan 2022 00:00:00 GMT'],
  ]),
  hadNot('earlier-date', 'modified since an earlier date', [
    ['If-Modified-Since', 'Wed, 01 Jan 2020 00:00:00 GMT'],
  ]),
  hadNot('no-date', 'what is no date is no condition', [['If-Modified-Since', 'yesterday']]),
  hadNot('number', 'a number is no date', [['If-Modified-Since', '4000000000']]),
  inNotModified('ETag', '"v1"'),
  inNotModified('Cache-Control', 'max-age=3600'),
  inNotModified('Content-Location', '/elsewhere'),
  inNotModified('Date', 'Fri, 01 Jan 2100 00:00:00 GMT'),
  inNotModified('Expires', 'Fri, 01 Jan 2100 00:00:00 GMT'),
  inNotModified('Vary', 'X-Kind'),
  required(
    'rfc9110-13.1.1/if-match-other',
    'If-Match with another tag is 412 from the origin, or ignored',
    stored,
    asks({ response: { status: 412 }, expect: { status: [200, 412] } }, ['If-Match', '"v2"']),
    { expect: { status: 200 } },
  ),
  optional(
    'rfc9110-13.1.1/if-match-forwarded',
    'If-Match is for the origin to judge',
    asks({ expect: { atOrigin: { fields: { 'if-match': '"v1"' } }, served: 'origin' } }, [
      'If-Match',
      '"v1"',
    ]),
  ),
  optional(
    'rfc9110-13.1.4/if-unmodified-since-forwarded',
    'If-Unmodified-Since is for the origin to judge',
    asks({ expect: { atOrigin: { fields: { 'if-unmodified-since': /GMT$/ } }, served: 'origin' } }, [
      'If-Unmodified-Since',
      { inSeconds: 0 },
    ]),
  ),
]);

const head = (step: Step): Step => ({ ...step, request: { ...step.request, method: 'HEAD' } });

export const headRequests = inCategory('head', [
  optional(
    'rfc9111-4/head-from-get',
    'HEAD is answered from a stored GET',
    answered(FRESH),
    head(reused({ status: 200, body: '' })),
  ),
  required(
    'rfc9110-9.3.2/no-body',
    'an answer to HEAD has no body and the fields of GET',
    answered(FRESH, ['X-All', '1']),
    head({
      response: { fields: [FRESH, ['X-All', '1']] },
      expect: { status: 200, body: '', fields: { 'x-all': '1' } },
    }),
  ),
  required('rfc9111-4/head-not-for-get', 'an answer to HEAD is no answer to GET', head(answered(FRESH)), {
    expect: { status: 200, body: /^answer of step/ },
  }),
  required(
    'rfc9111-4/head-reaches-the-origin',
    'HEAD without a stored response is forwarded',
    head({ expect: { served: 'origin', status: 200 } }),
  ),
  required(
    'rfc9111-4/head-stale',
    'HEAD is not answered from what is stale',
    answered(STALE),
    head(askedAgain()),
  ),
  optional(
    'rfc9111-4.3.5/head-freshens',
    'HEAD that agrees makes the stored answer fresh',
    answered(cacheControl('max-age=1'), ETAG),
    later(
      head({
        whenConditional: { status: 304, fields: [ETAG, FRESH] },
        response: { fields: [ETAG, FRESH], body: 'answer of step 0' },
        expect: {},
      }),
    ),
    { expect: { status: 200 } },
  ),
  required(
    'rfc9111-4.3.5/head-private',
    'what a HEAD says is private does not make the stored answer fresh for all',
    answered(cacheControl('max-age=1'), ETAG),
    later(head({ response: { fields: [ETAG, cacheControl('private, max-age=3600')] }, expect: {} })),
    askedAgain(),
  ),
  required(
    'rfc9111-4.1/head-of-another-variant',
    'a HEAD for another variant does not touch the stored one',
    asks(answered(FRESH, ETAG, ['Vary', 'X-Kind'], ['X-Is', 'one']), ['X-Kind', '1']),
    asks(
      head({
        response: { fields: [FRESH, ['ETag', '"v2"'], ['Vary', 'X-Kind'], ['X-Is', 'two']] },
        expect: { status: 200 },
      }),
      ['X-Kind', '2'],
    ),
    asks(
      {
        response: { fields: [FRESH, ETAG, ['Vary', 'X-Kind'], ['X-Is', 'one']] },
        expect: { fields: { 'x-is': 'one', etag: '"v1"' } },
      },
      ['X-Kind', '1'],
    ),
  ),
  optional(
    'rfc9111-4.3.5/head-outdates',
    'HEAD with another tag ends the reuse of the stored answer',
    answered(cacheControl('max-age=1'), ETAG),
    later(head({ response: { fields: [['ETag', '"v2"'], FRESH] }, expect: {} })),
    { response: { fields: [['ETag', '"v2"']] }, expect: { fields: { etag: '"v2"' } } },
  ),
  optional(
    'rfc9111-4.3.2/head-not-modified',
    'a conditional HEAD is 304 from the cache',
    answered(FRESH, ETAG, MODIFIED),
    asks(head(reused({ status: 304 })), ['If-None-Match', '"v1"']),
  ),
]);
