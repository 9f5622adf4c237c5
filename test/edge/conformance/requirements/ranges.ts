// RFC 9110 sections 13.1.5, 14 and 15.3.7, RFC 9111 section 3.3: parts of a whole.

import {
  answeredWith,
  asks,
  cacheControl,
  ETAG,
  FRESH,
  inCategory,
  optional,
  required,
  reused,
} from '../case-builders.ts';
import type { Expectation, FieldLine, Step } from '../conformance-case.ts';

const BODY = '0123456789abcdefghijklmnopqrstuvwxyz';
const MODIFIED = 'Fri, 01 Jan 2021 00:00:00 GMT';
const whole = answeredWith({ fields: [FRESH, ETAG, ['Last-Modified', MODIFIED]], body: BODY });
const range = (value: string): FieldLine => ['Range', value];
const part = (
  id: string,
  title: string,
  value: string,
  body: string,
  contentRange: string,
  ...more: FieldLine[]
) =>
  optional(
    `rfc9110-14/${id}`,
    title,
    whole,
    asks(reused({ status: 206, body, fields: { 'content-range': contentRange } }), range(value), ...more),
  );
const ALL: Step = { response: { fields: [FRESH, ETAG], body: BODY } };
/** The whole is right; so is a 206 that is true, which `or` may say. */
const all = (id: string, title: string, ...fields: FieldLine[]) =>
  required(
    `rfc9110-14/${id}`,
    title,
    whole,
    asks({ ...ALL, expect: { status: 200, body: BODY } }, ...fields),
  );
const true206 = (id: string, title: string, value: string, expect: Expectation) =>
  required(
    `rfc9110-15.3.7/${id}`,
    title,
    whole,
    asks({ ...ALL, expect: { onlyIfStatus: 206, ...expect } }, range(value)),
  );

export const ranges = inCategory('ranges', [
  part('first-bytes', 'the first bytes of a stored whole', 'bytes=0-4', '01234', 'bytes 0-4/36'),
  part('middle', 'bytes of the middle', 'bytes=10-12', 'abc', 'bytes 10-12/36'),
  part('from', 'from a byte on', 'bytes=30-', 'uvwxyz', 'bytes 30-35/36'),
  part('suffix', 'the last bytes', 'bytes=-3', 'xyz', 'bytes 33-35/36'),
  part('beyond', 'a last byte beyond the end', 'bytes=33-99', 'xyz', 'bytes 33-35/36'),
  part('long-suffix', 'a suffix longer than the whole', 'bytes=-99', BODY, 'bytes 0-35/36'),
  part('if-range-tag', 'If-Range with the right tag', 'bytes=0-4', '01234', 'bytes 0-4/36', [
    'If-Range',
    '"v1"',
  ]),
  part('if-range-date', 'If-Range with the right date', 'bytes=0-4', '01234', 'bytes 0-4/36', [
    'If-Range',
    MODIFIED,
  ]),
  optional(
    'rfc9110-15.5.17/unsatisfiable',
    'a range behind the end is 416 with the length',
    whole,
    asks(reused({ status: 416, fields: { 'content-range': 'bytes */36' } }), range('bytes=36-')),
  ),
  all('unknown-unit', 'an unknown unit is ignored', range('lines=0-4')),
  all('not-a-range', 'what is no range is ignored', range('bytes=abc')),
  all('backwards', 'a range that ends before it begins is ignored', range('bytes=9-4')),
  all('if-range-other-tag', 'If-Range with another tag gives the whole', range('bytes=0-4'), [
    'If-Range',
    '"v2"',
  ]),
  all('if-range-weak', 'If-Range with a weak tag gives the whole', range('bytes=0-4'), [
    'If-Range',
    'W/"v1"',
  ]),
  all('if-range-other-date', 'If-Range with another date gives the whole', range('bytes=0-4'), [
    'If-Range',
    'Sat, 01 Jan 2022 00:00:00 GMT',
  ]),
  true206('true-range', 'a 206 has the bytes it says', 'bytes=5-8', {
    body: '5678',
    fields: { 'content-range': 'bytes 5-8/36' },
  }),
  true206('has-etag', 'a 206 has the ETag of the whole', 'bytes=5-8', { fields: { etag: '"v1"' } }),
  true206('has-date', 'a 206 has a Date', 'bytes=5-8', { fields: { date: /GMT$/ } }),
  required(
    'rfc9110-14.2/range-on-head',
    'Range is for GET only',
    whole,
    asks({ ...ALL, request: { method: 'HEAD' }, expect: { status: 200, body: '' } }, range('bytes=0-4')),
  ),
  required(
    'rfc9110-14.2/several',
    'several ranges are several parts, or the whole',
    whole,
    asks({ ...ALL, expect: { status: [200, 206], body: /01234[\s\S]*xyz/ } }, range('bytes=0-4, -3')),
  ),
  required(
    'rfc9110-13.2.2/not-modified-first',
    'conditions come before ranges',
    whole,
    asks(
      { whenConditional: { status: 304, fields: [ETAG] }, expect: { status: 304, body: '' } },
      range('bytes=0-4'),
      ['If-None-Match', '"v1"'],
    ),
  ),
  required(
    'rfc9111-3.3/part-not-as-whole',
    'a stored part is not served as the whole',
    asks(
      {
        response: { status: 206, fields: [FRESH, ETAG, ['Content-Range', 'bytes 0-4/36']], body: '01234' },
        expect: {},
      },
      range('bytes=0-4'),
    ),
    { ...ALL, expect: { status: 200, body: BODY } },
  ),
  required(
    'rfc9111-3.3/part-not-as-other-part',
    'nor as another part',
    asks(
      {
        response: { status: 206, fields: [FRESH, ETAG, ['Content-Range', 'bytes 0-4/36']], body: '01234' },
        expect: {},
      },
      range('bytes=0-4'),
    ),
    asks(
      {
        response: { status: 206, fields: [FRESH, ETAG, ['Content-Range', 'bytes 10-12/36']], body: 'abc' },
        expect: { onlyIfStatus: 206, body: 'abc' },
      },
      range('bytes=10-12'),
    ),
  ),
  required(
    'rfc9111-3.3/unasked-part',
    'a 206 that nobody asked for is not stored as a whole',
    {
      response: { status: 206, fields: [FRESH, ['Content-Range', 'bytes 0-4/36']], body: '01234' },
      expect: {},
    },
    { ...ALL, expect: { status: 200, body: BODY } },
  ),
  required(
    'rfc9111-4/range-of-stale',
    'a range of what is stale is not served unasked',
    answeredWith({ fields: [cacheControl('max-age=0'), ETAG], body: BODY }),
    asks({ ...ALL, expect: { served: 'origin' } }, range('bytes=0-4')),
  ),
  optional(
    'rfc9110-15.3.7.2/touching',
    'ranges that touch are one, or the whole',
    whole,
    asks(reused({ status: [200, 206], body: /01234567/ }), range('bytes=0-4, 5-7')),
  ),
]);
