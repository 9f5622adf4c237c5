// RFC 9111 sections 5.2 and 4.2.1: reading Cache-Control. What is unclear must not make a response fresh or public.

import {
  answered,
  askedAgain,
  cacheControl,
  inCategory,
  optional,
  required,
  reused,
} from '../case-builders.ts';
import type { FieldLine } from '../conformance-case.ts';

const refused = (id: string, title: string, ...values: string[]) =>
  required(`rfc9111-${id}`, title, answered(...values.map(cacheControl)), askedAgain());
const stale = (id: string, title: string, ...values: string[]) =>
  optional(`rfc9111-${id}`, title, answered(...values.map(cacheControl)), askedAgain());
const keeps = (id: string, title: string, ...values: string[]) =>
  optional(`rfc9111-${id}`, title, answered(...values.map(cacheControl)), reused());

const FUTURE: FieldLine = ['Expires', { inSeconds: 3600 }];

export const directiveSyntax = inCategory('directive-syntax', [
  refused('5.2/no-store-upper-case', 'directives have no case', 'max-age=3600, NO-STORE'),
  refused('5.2/no-store-second-line', 'lines are one list', 'max-age=3600', 'no-store'),
  refused('5.2/no-store-first-line', 'lines are one list, whatever their order', 'no-store', 'max-age=3600'),
  refused('5.2/no-store-after-quoted', 'a quoted string ends', 'x="a, b", max-age=3600, no-store'),
  refused(
    '5.2/no-store-after-escape',
    'an escaped quote does not end a quoted string',
    'x="a\\", b", no-store, max-age=3600',
  ),
  refused('5.2/no-store-empty-elements', 'empty elements are nothing', ',, ,no-store,, max-age=3600'),
  refused('5.2/no-store-without-space', 'space between directives is optional', 'max-age=3600,no-store'),
  refused('5.2/no-store-tab', 'space may be a tab', 'max-age=3600,\tno-store'),
  refused('5.2/no-store-value', 'no-store is no-store even with a value', 'no-store=1, max-age=3600'),
  refused('5.2/private-upper-case', 'Private is private', 'Private, max-age=3600'),
  refused('5.2/inside-quotes', 'what stands in quotes is no directive', 'max-age=0, x=", max-age=3600"'),
  refused('5.2/other-name', 'x-max-age is not max-age', 'max-age=0, x-max-age=3600'),
  refused('4.2.1/two-max-ages', 'of two max-age the first or neither', 'max-age=0, max-age=3600'),
  refused('4.2.1/two-s-maxages', 'of two s-maxage the first or neither', 's-maxage=0, s-maxage=3600'),
  refused('4.2.1/two-lines', 'of two lines the first or neither', 'max-age=0', 'max-age=3600'),
  refused('4.2.1/no-cache-and-max-age', 'of conflicting directives the stricter', 'no-cache, max-age=3600'),
  stale(
    '4.2.1/two-max-ages-second-0',
    'of two max-age the shorter is the careful choice',
    'max-age=3600, max-age=0',
  ),
  stale('4.2.1/max-age-word', 'max-age=abc is stale', 'max-age=abc'),
  stale('4.2.1/max-age-empty', 'max-age= is stale', 'max-age='),
  stale('4.2.1/max-age-without-value', 'max-age alone is stale', 'max-age'),
  stale('4.2.1/max-age-negative', 'max-age=-3600 is stale', 'max-age=-3600'),
  stale('4.2.1/max-age-decimal', 'max-age=3600.5 is stale', 'max-age=3600.5'),
  stale('4.2.1/max-age-trailing', 'max-age=3600x is stale', 'max-age=3600x'),
  stale('4.2.1/max-age-single-quotes', "max-age='3600' is stale", "max-age='3600'"),
  optional(
    'rfc9111-4.2.1/invalid-max-age-over-expires',
    'an invalid max-age is stale even beside a later Expires',
    answered(cacheControl('max-age=abc'), FUTURE),
    askedAgain(),
  ),
  keeps('5.2/max-age-upper-case', 'MAX-AGE=3600 is max-age', 'MAX-AGE=3600'),
  keeps('5.2/max-age-quoted', 'a quoted number is a number', 'max-age="3600"'),
  keeps('5.2/max-age-zeros', 'leading zeros are nothing', 'max-age=003600'),
  keeps('5.2/max-age-lines', 'the second line counts', 'public', 'max-age=3600'),
  keeps('5.2/max-age-empty-elements', 'empty elements change nothing', ', ,max-age=3600,'),
  keeps(
    '5.2/max-age-after-quoted',
    'a quoted string before it changes nothing',
    'x="no-store, \\"", max-age=3600',
  ),
]);
