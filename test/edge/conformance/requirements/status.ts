// RFC 9111 sections 3, 4.2.2 and 5.2.2.3, RFC 9110 section 15.1, RFC 6585: which statuses are kept, told and untold.

import {
  answeredWith,
  askedAgain,
  cacheControl,
  FRESH,
  inCategory,
  MODIFIED,
  optional,
  required,
  reused,
} from '../case-builders.ts';
import type { FieldLine, OriginAnswer } from '../conformance-case.ts';

function answerOf(status: number, ...fields: FieldLine[]): OriginAnswer {
  const redirect = status >= 300 && status < 400 ? [['Location', '{path}/elsewhere'] as const] : [];
  return { status, fields: [...fields, ...redirect] };
}

const TOLD = [200, 203, 204, 299, 301, 302, 303, 307, 308, 400, 404, 410, 414, 499, 500, 502, 503, 504, 599];
const UNTOLD = [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501];
const NEVER_UNTOLD = [201, 202, 302, 303, 307, 400, 403, 500, 502, 503, 504];
const NEVER_STORED = [428, 429, 431, 511];

export const status = inCategory('status', [
  ...TOLD.map((code) =>
    optional(
      `rfc9111-3/fresh-${code}`,
      `${code} with max-age is reused, with its status`,
      answeredWith(answerOf(code, FRESH)),
      reused({ status: code }),
    ),
  ),
  ...TOLD.map((code) =>
    required(
      `rfc9111-4/stale-${code}`,
      `${code} with max-age=0 is not reused`,
      answeredWith(answerOf(code, cacheControl('max-age=0'))),
      askedAgain(),
    ),
  ),
  ...NEVER_STORED.map((code) =>
    required(
      `rfc6585/not-stored-${code}`,
      `${code} must not be stored`,
      answeredWith(answerOf(code, FRESH)),
      askedAgain(),
    ),
  ),
  required(
    'rfc9111-5.2.2.3/not-understood',
    'must-understand keeps an unknown status out',
    answeredWith(answerOf(299, cacheControl('max-age=3600, must-understand'))),
    askedAgain(),
  ),
  optional(
    'rfc9111-5.2.2.3/understood',
    'must-understand replaces no-store for a known status',
    answeredWith(answerOf(200, cacheControl('max-age=3600, must-understand, no-store'))),
    reused(),
  ),
]);

export const heuristic = inCategory('heuristic', [
  ...UNTOLD.map((code) =>
    optional(
      `rfc9111-4.2.2/guess-${code}`,
      `${code} last modified long ago is reused for a while`,
      answeredWith(answerOf(code, MODIFIED)),
      reused({ status: code }),
    ),
  ),
  ...NEVER_UNTOLD.map((code) =>
    required(
      `rfc9111-4.2.2/no-guess-${code}`,
      `${code} without explicit freshness is not reused`,
      answeredWith(answerOf(code, MODIFIED)),
      askedAgain(),
    ),
  ),
  required(
    'rfc9111-4.2.2/not-against-max-age',
    'no guess where max-age=0 says it',
    answeredWith(answerOf(200, MODIFIED, cacheControl('max-age=0'))),
    askedAgain(),
  ),
  required(
    'rfc9111-4.2.2/not-against-expires',
    'no guess where Expires says it',
    answeredWith(answerOf(200, MODIFIED, ['Expires', '0'])),
    askedAgain(),
  ),
  optional(
    'rfc9111-4.2.2/public',
    'public lets another status be guessed',
    answeredWith(answerOf(403, MODIFIED, cacheControl('public'))),
    reused({ status: 403 }),
  ),
  optional(
    'rfc9111-4.2.2/just-modified',
    'what was modified this second is not reused on a guess',
    answeredWith(answerOf(200, ['Last-Modified', { inSeconds: 0 }])),
    askedAgain(),
  ),
  optional(
    'rfc9111-4.2.2/modified-in-the-future',
    'what was modified in the future is not reused on a guess',
    answeredWith(answerOf(200, ['Last-Modified', { inSeconds: 864_000 }])),
    askedAgain(),
  ),
]);
