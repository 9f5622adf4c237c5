// RFC 9111 sections 5.1 and 5.3 (with 4.2, dates): Age as sent and as read, and what is and is not a date.

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
import type { FieldLine, RelativeDate } from '../conformance-case.ts';

const aged = (...values: string[]): FieldLine[] => values.map((value) => ['Age', value] as const);
const used = (id: string, title: string, ...values: string[]) =>
  required(`rfc9111-${id}`, title, answered(FRESH, ...aged(...values)), askedAgain());
const oldest = (id: string, title: string, ...values: string[]) =>
  optional(`rfc9111-${id}`, title, answered(FRESH, ...aged(...values)), askedAgain());
const ignored = (id: string, title: string, ...values: string[]) =>
  optional(`rfc9111-${id}`, title, answered(FRESH, ...aged(...values)), reused());

export const age = inCategory('age', [
  required('rfc9111-5.1/sent', 'what is reused has an Age', answered(FRESH), reused({ ageAtLeast: 0 })),
  required(
    'rfc9111-5.1/received',
    'Age on arrival is part of it',
    answered(FRESH, ...aged('100')),
    reused({ ageAtLeast: 100 }),
  ),
  required(
    'rfc9111-5.1/resident',
    'Age grows in the cache',
    answered(FRESH),
    later(reused({ ageAtLeast: 1 })),
  ),
  required(
    'rfc9111-5.1/received-and-resident',
    'both are added',
    answered(FRESH, ...aged('100')),
    later(reused({ ageAtLeast: 101, fields: { age: /^\d+$/ } })),
  ),
  required(
    'rfc9111-4.2.3/from-date',
    'an old Date is an age',
    answered(FRESH, ['Date', { inSeconds: -100 }]),
    reused({ ageAtLeast: 99 }),
  ),
  required(
    'rfc9111-4.2.3/the-greater',
    'of Date and Age the greater age counts',
    answered(FRESH, ['Date', { inSeconds: -50 }], ...aged('100')),
    reused({ ageAtLeast: 100 }),
  ),
  used('1.2.2/age-2-31', 'Age 2147483648 is old', '2147483648'),
  used('1.2.2/age-2-31-and-more', 'Age 4294967297 does not wrap around', '4294967297'),
  used('1.2.2/age-overflow', 'Age beyond 64 bits is old', '18446744073709551617'),
  used('1.2.2/age-long', 'Age of thirty digits is old', '999999999999999999999999999999'),
  used('5.1/leading-zeros', 'leading zeros are nothing', '0003700'),
  oldest('5.1/list-first', 'of a list the first counts', '3700, 0'),
  oldest('5.1/lines-first', 'of two lines the first counts', '3700', '0'),
  ignored('5.1/list-young-first', 'the rest of a list is dropped', '0, 3700'),
  ignored('5.1/lines-young-first', 'the second line is dropped', '0', '3700'),
  ignored('5.1/negative', 'Age -3700 is ignored', '-3700'),
  ignored('5.1/decimal', 'Age 3700.5 is ignored', '3700.5'),
  ignored('5.1/word', 'Age abc is ignored', 'abc'),
  ignored('5.1/empty', 'an empty Age is ignored', ''),
  ignored('5.1/suffix', 'Age 3700s is ignored', '3700s'),
  ignored('5.1/prefix', 'Age x3700 is ignored', 'x3700'),
  ignored('5.1/parameter', 'Age 3700;x=1 is ignored', '3700;x=1'),
  ignored('5.1/quoted', 'Age "3700" is ignored', '"3700"'),
]);

const noDate = (id: string, value: string) =>
  required(
    `rfc9111-5.3/${id}`,
    `Expires: ${value} is in the past`,
    answered(['Expires', value]),
    askedAgain(),
  );
const aDate = (id: string, title: string, value: string | RelativeDate) =>
  optional(`rfc9111-4.2/${id}`, title, answered(['Expires', value]), reused());

export const expires = inCategory('expires', [
  required(
    'rfc9111-5.3/past',
    'a past Expires is stale',
    answered(['Expires', { inSeconds: -10 }]),
    askedAgain(),
  ),
  required(
    'rfc9111-5.3/now',
    'Expires equal to Date is stale',
    answered(['Expires', { inSeconds: 0 }]),
    askedAgain(),
  ),
  required(
    'rfc9111-4.2/past-rfc850',
    'a past date in the obsolete form is past',
    answered(['Expires', { inSeconds: -600, form: 'rfc850' }]),
    askedAgain(),
  ),
  required(
    'rfc9111-4.2/past-asctime',
    'a past date in the form of asctime is past',
    answered(['Expires', { inSeconds: -600, form: 'asctime' }]),
    askedAgain(),
  ),
  required(
    'rfc9110-5.6.7/two-digit-year',
    'a two-digit year more than 50 years ahead is past',
    answered(['Expires', 'Wednesday, 18-Aug-99 02:01:18 GMT']),
    askedAgain(),
  ),
  noDate('zero', '0'),
  noDate('minus-one', '-1'),
  noDate('empty', ''),
  noDate('word', 'tomorrow'),
  noDate('number', '4000000000'),
  noDate('iso', '2099-01-01T00:00:00Z'),
  noDate('day-of-no-month', 'Wed, 32 Aug 2099 02:01:18 GMT'),
  noDate('month-of-no-year', 'Tue, 18 Foo 2099 02:01:18 GMT'),
  noDate('hour-of-no-day', 'Tue, 18 Aug 2099 25:01:18 GMT'),
  noDate('offset', 'Tue, 18 Aug 2099 02:01:18 +0100'),
  required(
    'rfc9111-4.2.1/two-expires',
    'of two Expires the first or neither',
    answered(['Expires', { inSeconds: -600 }], ['Expires', { inSeconds: 3600 }]),
    askedAgain(),
  ),
  optional(
    'rfc9111-4.2/other-zone',
    'a date in another zone than GMT is invalid',
    answered(['Expires', 'Tue, 18 Aug 2099 02:01:18 AEST']),
    askedAgain(),
  ),
  aDate('rfc850', 'a date in the obsolete form is a date', { inSeconds: 3600, form: 'rfc850' }),
  aDate('asctime', 'a date in the form of asctime is a date', { inSeconds: 3600, form: 'asctime' }),
  aDate('lower-case', 'dates have no case', { inSeconds: 3600, form: 'lower-case' }),
  aDate('far', 'a date far ahead is a date', 'Fri, 01 Jan 2100 00:00:00 GMT'),
  optional(
    'rfc9111-5.3/without-date',
    'without Date, Expires counts from arrival',
    { response: { fields: [['Expires', { inSeconds: 3600 }]], withoutDate: true } },
    reused(),
  ),
  optional(
    'rfc9111-5.3/public-changes-nothing',
    'public does not make an expired response fresh',
    answered(cacheControl('public'), ['Expires', { inSeconds: -600 }]),
    askedAgain(),
  ),
]);
