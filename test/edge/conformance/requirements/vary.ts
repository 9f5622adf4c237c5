// RFC 9111 section 4.1: one URL, several answers.

import {
  answered,
  askedAgain,
  asks,
  FRESH,
  inCategory,
  optional,
  required,
  reused,
} from '../case-builders.ts';
import type { FieldLine, Step } from '../conformance-case.ts';

const vary = (value: string): FieldLine => ['Vary', value];
/** First a request with these fields, its answer varying by `names`; then one with others. */
const differs = (id: string, title: string, names: string[], first: FieldLine[], second: FieldLine[]) =>
  required(
    `rfc9111-4.1/${id}`,
    title,
    asks(answered(FRESH, ...names.map(vary)), ...first),
    asks(askedAgain(), ...second),
  );
const matches = (id: string, title: string, names: string[], first: FieldLine[], second: FieldLine[]) =>
  optional(
    `rfc9111-4.1/${id}`,
    title,
    asks(answered(FRESH, ...names.map(vary)), ...first),
    asks(reused(), ...second),
  );
const X1: FieldLine = ['X-Kind', '1'];
const X2: FieldLine = ['X-Kind', '2'];
const Y1: FieldLine = ['X-Other', '1'];
const Y2: FieldLine = ['X-Other', '2'];
const kind = (value: FieldLine, step: Step) => asks(step, value);

export const vary4 = inCategory('vary', [
  differs('other-value', 'another value is another answer', ['X-Kind'], [X1], [X2]),
  differs('absent-now', 'an absent field is not a present one', ['X-Kind'], [X1], []),
  differs('present-now', 'a present field is not an absent one', ['X-Kind'], [], [X1]),
  differs(
    'empty-is-present',
    'an empty field is not the same as a value',
    ['X-Kind'],
    [X1],
    [['X-Kind', '']],
  ),
  differs('second-of-two', 'the second name counts', ['X-Kind, X-Other'], [X1, Y1], [X1, Y2]),
  differs('first-of-two', 'the first name counts', ['X-Kind, X-Other'], [X1, Y1], [X2, Y1]),
  differs('two-lines', 'a second Vary line counts', ['X-Kind', 'X-Other'], [X1, Y1], [X1, Y2]),
  differs('name-case', 'names have no case', ['x-KIND'], [X1], [X2]),
  differs('empty-elements', 'empty elements are nothing', [', ,X-Kind,'], [X1], [X2]),
  differs('without-space', 'space is optional', ['X-Other,X-Kind'], [X1], [X2]),
  differs(
    'value-order',
    'the order of an unknown list means something',
    ['X-Kind'],
    [['X-Kind', 'a, b']],
    [['X-Kind', 'b, a']],
  ),
  differs(
    'value-case',
    'the case of an unknown value means something',
    ['X-Kind'],
    [['X-Kind', 'a']],
    [['X-Kind', 'A']],
  ),
  differs('value-lines', 'all lines of a field count', ['X-Kind'], [X1, X2], [X1]),
  differs('star', 'Vary: * never matches', ['*'], [], []),
  differs('star-in-list', 'a star in a list is a star', ['X-Kind, *'], [X1], [X1]),
  differs('star-second-line', 'a star in the second line is a star', ['X-Kind', '*'], [X1], [X1]),
  differs('cookie', 'Vary: Cookie separates users', ['Cookie'], [['Cookie', 'u=1']], [['Cookie', 'u=2']]),
  differs(
    'origin',
    'Vary: Origin separates sites',
    ['Origin'],
    [['Origin', 'http://a.test']],
    [['Origin', 'http://b.test']],
  ),
  required(
    'rfc9111-4.1/right-body',
    'each gets its own of two stored variants',
    kind(X1, { response: { fields: [FRESH, vary('X-Kind')], body: 'one' } }),
    kind(X2, { response: { fields: [FRESH, vary('X-Kind')], body: 'two' } }),
    kind(X1, { response: { body: 'one' }, expect: { body: 'one' } }),
    kind(X2, { response: { body: 'two' }, expect: { body: 'two' } }),
  ),
  matches('same-value', 'the same value is the same answer', ['X-Kind'], [X1], [X1]),
  matches('both-absent', 'absent twice is the same', ['X-Kind'], [], []),
  matches('same-two', 'both values the same', ['X-Kind, X-Other'], [X1, Y1], [X1, Y1]),
  matches('names-order', 'the order of fields means nothing', ['X-Kind, X-Other'], [X1, Y1], [Y1, X1]),
  matches('other-fields', 'fields that Vary does not name mean nothing', ['X-Kind'], [X1, Y1], [X1, Y2]),
  matches(
    'space-normalised',
    'space around commas means nothing',
    ['X-Kind'],
    [['X-Kind', 'a, b']],
    [['X-Kind', 'a,b']],
  ),
  matches(
    'lines-joined',
    'two lines are one list',
    ['X-Kind'],
    [
      ['X-Kind', 'a'],
      ['X-Kind', 'b'],
    ],
    [['X-Kind', 'a, b']],
  ),
  matches(
    'language-case',
    'languages have no case',
    ['Accept-Language'],
    [['Accept-Language', 'de-CH, en']],
    [['Accept-Language', 'DE-ch, EN']],
  ),
  matches(
    'language-weights',
    'the order of different weights means nothing',
    ['Accept-Language'],
    [['Accept-Language', 'en;q=0.5, de']],
    [['Accept-Language', 'de, en;q=0.5']],
  ),
  matches(
    'encoding-order',
    'codings have no order',
    ['Accept-Encoding'],
    [['Accept-Encoding', 'gzip, br']],
    [['Accept-Encoding', 'br, gzip']],
  ),
  optional(
    'rfc9111-4.1/two-variants',
    'two variants are stored side by side',
    kind(X1, answered(FRESH, vary('X-Kind'))),
    kind(X2, answered(FRESH, vary('X-Kind'))),
    kind(X1, reused({ fromStep: 0 })),
    kind(X2, reused({ fromStep: 1 })),
  ),
  optional(
    'rfc9111-4.1/three-variants',
    'and a third',
    kind(X1, answered(FRESH, vary('X-Kind'))),
    kind(X2, answered(FRESH, vary('X-Kind'))),
    kind(['X-Kind', '3'], answered(FRESH, vary('X-Kind'))),
    kind(X1, reused({ fromStep: 0 })),
    kind(X2, reused({ fromStep: 1 })),
    kind(['X-Kind', '3'], reused({ fromStep: 2 })),
  ),
]);
