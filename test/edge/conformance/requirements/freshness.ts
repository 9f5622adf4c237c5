// RFC 9111 sections 4.2, 4.2.1, 4.2.3: when a stored response is fresh. What is not fresh must not be used without asking.

import {
  answered,
  askedAgain,
  cacheControl,
  FRESH,
  inCategory,
  later,
  optional,
  required,
  reused,
} from '../case-builders.ts';
import type { FieldLine } from '../conformance-case.ts';

const PAST: FieldLine = ['Expires', { inSeconds: -600 }];
const FUTURE: FieldLine = ['Expires', { inSeconds: 3600 }];
const expired = (id: string, title: string, ...fields: FieldLine[]) =>
  required(`rfc9111-${id}`, title, answered(...fields), askedAgain());
const keeps = (id: string, title: string, ...fields: FieldLine[]) =>
  optional(`rfc9111-${id}`, title, answered(...fields), reused());

export const freshness = inCategory('freshness', [
  expired('4.2/max-age-0', 'max-age=0 is never fresh', cacheControl('max-age=0')),
  expired('4.2/s-maxage-0', 's-maxage=0 is never fresh', cacheControl('s-maxage=0')),
  expired(
    '5.2.2.10/s-maxage-0-over-max-age',
    's-maxage=0 before a long max-age',
    cacheControl('s-maxage=0, max-age=3600'),
  ),
  expired(
    '5.2.2.10/s-maxage-0-over-expires',
    's-maxage=0 before a later Expires',
    cacheControl('s-maxage=0'),
    FUTURE,
  ),
  expired(
    '5.3/max-age-0-over-expires',
    'max-age=0 before a later Expires',
    cacheControl('max-age=0'),
    FUTURE,
  ),
  required(
    'rfc9111-4.2/max-age-over',
    'max-age=1 is over after two seconds',
    answered(cacheControl('max-age=1')),
    later(askedAgain()),
  ),
  required(
    'rfc9111-5.2.2.10/s-maxage-over',
    's-maxage=1 is over after two seconds, whatever max-age says',
    answered(cacheControl('s-maxage=1, max-age=3600')),
    later(askedAgain()),
  ),
  required(
    'rfc9111-5.3/expires-over',
    'Expires a second ahead is over after two',
    answered(['Expires', { inSeconds: 1 }]),
    later(askedAgain()),
  ),
  expired('4.2.3/date-adds-age', 'a Date an hour ago is an age of an hour', cacheControl('max-age=1800'), [
    'Date',
    { inSeconds: -3600 },
  ]),
  expired(
    '4.2.3/age-uses-up-max-age',
    'Age beyond max-age is stale on arrival',
    cacheControl('max-age=3600'),
    ['Age', '3700'],
  ),
  expired(
    '4.2.3/age-uses-up-s-maxage',
    'Age beyond s-maxage is stale on arrival',
    cacheControl('s-maxage=3600'),
    ['Age', '3700'],
  ),
  expired('4.2.3/age-uses-up-expires', 'Age beyond Expires minus Date is stale on arrival', FUTURE, [
    'Age',
    '3700',
  ]),
  required(
    'rfc9111-4.2.3/age-and-residence',
    'Age on arrival and the time in the cache are added',
    answered(cacheControl('max-age=3600'), ['Age', '3599']),
    later(askedAgain()),
  ),
  expired(
    '4.2.1/expires-minus-date',
    'Expires counts from Date, not from now',
    ['Date', { inSeconds: -600 }],
    ['Expires', { inSeconds: -10 }],
  ),
  keeps('4.2/max-age', 'max-age=3600 is reused', FRESH),
  keeps('4.2/s-maxage', 's-maxage=3600 is reused', cacheControl('s-maxage=3600')),
  keeps('4.2/expires', 'Expires in an hour is reused', FUTURE),
  keeps(
    '5.2.2.10/s-maxage-over-max-age',
    's-maxage before max-age=0',
    cacheControl('max-age=0, s-maxage=3600'),
  ),
  keeps(
    '5.2.2.10/s-maxage-over-expires',
    's-maxage before a past Expires',
    cacheControl('s-maxage=3600'),
    PAST,
  ),
  keeps('5.3/max-age-over-expires', 'max-age before a past Expires', FRESH, PAST),
  keeps('5.3/max-age-over-invalid-expires', 'max-age before an Expires that is no date', FRESH, [
    'Expires',
    '0',
  ]),
  keeps('1.2.2/max-age-2-31', 'max-age=2147483648 is a long time', cacheControl('max-age=2147483648')),
  keeps(
    '1.2.2/max-age-overflow',
    'max-age beyond 64 bits is a long time',
    cacheControl('max-age=99999999999999999999'),
  ),
  keeps('4.2.3/age-left', 'Age below max-age leaves some of it', FRESH, ['Age', '1000']),
  keeps(
    '5.2.3/extension',
    'an unknown directive changes nothing',
    cacheControl('max-age=3600, x-unknown="a, b"'),
  ),
  keeps('4.2.3/date-ahead', 'a Date ahead of the clock is no age', FRESH, ['Date', { inSeconds: 600 }]),
]);
