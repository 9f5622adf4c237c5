// RFC 9111 section 4.2.4 and RFC 5861: serving what is past its lifetime, where that is allowed.

import {
  answered,
  askedAgain,
  asks,
  cacheControl,
  ETAG,
  inCategory,
  later,
  optional,
  required,
} from '../case-builders.ts';
import type { OriginAnswer, Step } from '../conformance-case.ts';

const BROKEN: OriginAnswer = { breakOff: 'before-head' };
const trouble = (status: number): OriginAnswer => ({ status, fields: [cacheControl('no-store')] });
const fails = (answer: OriginAnswer, expect: Step['expect']): Step => later({ response: answer, expect });
const neverStale = (id: string, title: string, value: string, answer: OriginAnswer = BROKEN) =>
  required(`rfc9111-${id}`, title, answered(cacheControl(value)), fails(answer, { served: 'not-earlier' }));
const inTrouble = (
  id: string,
  title: string,
  answer: OriginAnswer,
  value = 'max-age=1, stale-if-error=600',
) =>
  optional(
    `rfc5861-4/${id}`,
    title,
    answered(cacheControl(value)),
    fails(answer, { served: 'earlier', status: 200 }),
  );
const SWR = 'max-age=1, stale-while-revalidate=600';

export const stale = inCategory('stale', [
  neverStale(
    '5.2.2.2/must-revalidate-cut-off',
    'must-revalidate: nothing stale though the origin is gone',
    'max-age=1, must-revalidate',
  ),
  neverStale('5.2.2.8/proxy-revalidate-cut-off', 'proxy-revalidate: the same', 'max-age=1, proxy-revalidate'),
  neverStale('5.2.2.10/s-maxage-cut-off', 's-maxage: the same', 's-maxage=1'),
  neverStale('5.2.2.4/no-cache-cut-off', 'no-cache: the same', 'max-age=1, no-cache'),
  neverStale(
    '5.2.2.2/must-revalidate-503',
    'must-revalidate: nothing stale on 503',
    'max-age=1, must-revalidate',
    trouble(503),
  ),
  neverStale(
    '5.2.2.2/must-revalidate-sie',
    'must-revalidate wins over stale-if-error',
    'max-age=1, must-revalidate, stale-if-error=600',
    trouble(503),
  ),
  neverStale(
    '5.2.2.10/s-maxage-sie',
    's-maxage forbids stale-if-error',
    's-maxage=1, stale-if-error=600',
    trouble(503),
  ),
  neverStale(
    '5.2.2.8/proxy-revalidate-sie',
    'proxy-revalidate wins over stale-if-error',
    'max-age=1, proxy-revalidate, stale-if-error=600',
    trouble(500),
  ),
  neverStale('4.2.4/nobody-allows', 'nothing stale on 503 without permission', 'max-age=1', trouble(503)),
  required(
    'rfc9111-5.2.2.2/must-revalidate-swr',
    'must-revalidate wins over stale-while-revalidate',
    answered(cacheControl(`${SWR}, must-revalidate`)),
    later({ expect: { served: 'fresh' } }),
  ),
  required(
    'rfc9111-5.2.2.10/s-maxage-swr',
    's-maxage forbids serving stale while revalidating',
    answered(cacheControl('s-maxage=1, stale-while-revalidate=600')),
    later({ expect: { served: 'fresh' } }),
  ),
  required(
    'rfc5861-3/over',
    'stale-while-revalidate ends',
    answered(cacheControl('max-age=10, stale-while-revalidate=20'), ['Age', '40']),
    { expect: { served: 'fresh' } },
  ),
  required(
    'rfc5861-4/over',
    'stale-if-error ends',
    answered(cacheControl('max-age=10, stale-if-error=20'), ['Age', '40']),
    { response: trouble(503), expect: { served: 'not-earlier' } },
  ),
  required(
    'rfc5861-4/not-an-error',
    'stale-if-error is not for 404',
    answered(cacheControl('max-age=1, stale-if-error=600')),
    fails({ status: 404, fields: [cacheControl('no-store')] }, { served: 'fresh', status: 404 }),
  ),
  required(
    'rfc5861-4/recovered',
    'stale-if-error is over when the origin answers',
    answered(cacheControl('max-age=1, stale-if-error=600')),
    later({ expect: { served: 'fresh', status: 200 } }),
  ),
  required(
    'rfc9111-4.2.4/stale-age',
    'what is served stale says its age',
    answered(cacheControl('max-age=10, stale-while-revalidate=600'), ['Age', '40']),
    {
      response: { fields: [cacheControl('max-age=10'), ['Age', '40']] },
      expect: { onlyIfFromStep: 0, ageAtLeast: 40 },
    },
  ),
  optional(
    'rfc5861-3/at-once',
    'stale-while-revalidate answers from the store',
    answered(cacheControl(SWR)),
    later({ response: { fields: [cacheControl('max-age=3600')] }, expect: { served: 'earlier' } }),
  ),
  optional(
    'rfc5861-3/refreshed',
    'and has a new answer soon after',
    answered(cacheControl(SWR)),
    later({ response: { fields: [cacheControl('max-age=3600')] }, expect: { served: 'earlier' } }),
    { waitMs: 500, expect: { served: 'stored', fromStep: 1 } },
  ),
  optional(
    'rfc5861-3/confirmed',
    'or the old one, confirmed',
    answered(cacheControl(SWR), ETAG),
    later({
      whenConditional: { status: 304, fields: [ETAG, cacheControl('max-age=3600')] },
      expect: { served: 'earlier' },
    }),
    { waitMs: 500, expect: { served: 'stored', fromStep: 0 } },
  ),
  inTrouble('500', 'stale-if-error on 500', trouble(500)),
  inTrouble('502', 'stale-if-error on 502', trouble(502)),
  inTrouble('503', 'stale-if-error on 503', trouble(503)),
  inTrouble('504', 'stale-if-error on 504', trouble(504)),
  inTrouble('cut-off', 'stale-if-error on a broken connection', BROKEN),
  optional(
    'rfc5861-4/request',
    'a request may allow it too',
    answered(cacheControl('max-age=1')),
    later(
      asks(
        { response: trouble(503), expect: { served: 'earlier', status: 200 } },
        cacheControl('stale-if-error=600'),
      ),
    ),
  ),
  optional(
    'rfc9111-5.2.2.2/504',
    'must-revalidate with the origin gone is 504 or 502',
    answered(cacheControl('max-age=1, must-revalidate')),
    fails(BROKEN, { served: 'not-earlier', status: [502, 504] }),
  ),
  optional(
    'rfc9111-4.2.4/error-passed-on',
    'an error without permission to serve stale is passed on',
    answered(cacheControl('max-age=1')),
    later(askedAgain({ served: 'fresh' })),
    { response: trouble(503), expect: { status: [200, 503] } },
  ),
]);
