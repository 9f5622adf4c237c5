// RFC 9111 sections 2, 3, 3.3, 3.5: what may be stored at all, for which request, and for whom.

import {
  answered,
  answeredWith,
  askedAgain,
  asks,
  cacheControl,
  FRESH,
  inCategory,
  optional,
  preparing,
  required,
  reused,
} from '../case-builders.ts';
import type { FieldLine, Step } from '../conformance-case.ts';

const refused = (id: string, title: string, value: string) =>
  required(`rfc9111-${id}`, title, answered(cacheControl(value)), askedAgain());
const sent = (method: string, step: Step): Step => ({ ...step, request: { ...step.request, method } });
const at = (target: string, step: Step): Step => ({ ...step, request: { ...step.request, target } });
const atHost = (host: string, step: Step): Step => ({ ...step, request: { ...step.request, host } });

export const storing = inCategory('storing', [
  refused('5.2.2.5/no-store', 'no-store is not stored', 'no-store'),
  refused('5.2.2.5/no-store-max-age', 'no-store is not stored, however fresh', 'no-store, max-age=3600'),
  refused('5.2.2.5/no-store-s-maxage', 'no-store wins over s-maxage', 's-maxage=3600, no-store, public'),
  refused('5.2.2.7/private', 'private is not for a shared cache', 'private, max-age=3600'),
  refused('5.2.2.7/private-s-maxage', 'private wins over s-maxage', 'private, s-maxage=3600'),
  refused('5.2.2.7/private-public', 'private wins over public', 'public, private, max-age=3600'),
  required(
    'rfc9111-5.2.2.5/no-store-expires',
    'no-store wins over Expires',
    answered(cacheControl('no-store'), ['Expires', { inSeconds: 3600 }]),
    askedAgain(),
  ),
  required(
    'rfc9111-2/query',
    'the query is part of the key',
    at('a?x=1', answered(FRESH)),
    at('a?x=2', askedAgain()),
  ),
  required(
    'rfc9111-2/no-query',
    'a URL without query is another one',
    at('a?x=1', answered(FRESH)),
    at('a', askedAgain()),
  ),
  required('rfc9111-2/path-case', 'paths have case', at('a', answered(FRESH)), at('A', askedAgain())),
  required(
    'rfc9111-2/slash',
    'a slash at the end is part of the key',
    at('a', answered(FRESH)),
    at('a/', askedAgain()),
  ),
  required(
    'rfc9111-2/host',
    'the host is part of the key',
    atHost('one.conformance.test', answered(FRESH)),
    atHost('two.conformance.test', askedAgain()),
  ),
  required(
    'rfc9111-2/host-case',
    'the host has no case',
    atHost('one.conformance.test', answered(FRESH)),
    atHost('ONE.conformance.test', { expect: { status: 200 } }),
  ),
  ...['POST', 'PUT', 'DELETE', 'PATCH'].map((method) =>
    required(
      `rfc9111-4/write-through-${method}`,
      `${method} reaches the origin though a GET is stored`,
      answered(FRESH),
      sent(method, { request: { body: 'x' }, ...askedAgain({ atOrigin: { method } }) }),
    ),
  ),
  required(
    'rfc9111-3/post-not-for-get',
    'an answer to POST without freshness is not for GET',
    { request: { method: 'POST', body: 'x' }, response: {} },
    askedAgain(),
  ),
  required(
    'rfc9111-3/options-not-for-get',
    'an answer to OPTIONS is not for GET',
    { request: { method: 'OPTIONS' }, response: { fields: [FRESH] } },
    askedAgain(),
  ),
  required(
    'rfc9111-3/unknown-method-not-for-get',
    'an answer to an unknown method is not for GET',
    { request: { method: 'SUBSCRIBE' }, response: { fields: [FRESH] }, expect: {} },
    askedAgain(),
  ),
  required(
    'rfc9111-3.3/incomplete-length',
    'a body shorter than its Content-Length is not served as whole',
    { response: { fields: [FRESH], breakOff: 'in-body' } },
    askedAgain(),
  ),
  required(
    'rfc9111-3.3/incomplete-chunked',
    'a chunked body without its end is not served as whole',
    { response: { fields: [FRESH], breakOff: 'in-body', chunked: true } },
    askedAgain(),
  ),
  required(
    'rfc9111-4/body',
    'what is reused has the same body',
    answeredWith({ fields: [FRESH], body: 'exactly these bytes' }),
    reused({ body: 'exactly these bytes' }),
  ),
  required(
    'rfc9111-4/empty-body',
    'an empty body is reused as an empty body',
    answeredWith({ fields: [FRESH], body: '' }),
    reused({ body: '' }),
  ),
  required(
    'rfc9110-15.2/interim-is-not-final',
    'an informational response is not the answer',
    {
      response: { fields: [FRESH], interim: [{ status: 103, fields: [['Link', '</x>']] }] },
      expect: { status: 200, fromStep: 0 },
    },
    { expect: { status: 200 } },
  ),
  required(
    'rfc9111-4/most-recent',
    'of two answers for one request the later is used',
    answered(cacheControl('max-age=0')),
    answered(FRESH),
    reused({ fromStep: 1 }),
  ),
  optional(
    'rfc9111-3.3/chunked',
    'a chunked body is stored',
    answeredWith({ fields: [FRESH], chunked: true }),
    reused(),
  ),
  optional(
    'rfc9111-2/same-query',
    'the same query is the same key',
    at('a?x=1', answered(FRESH)),
    at('a?x=1', reused()),
  ),
  optional(
    'rfc9111-2/cookie-request',
    'a Cookie in the request does not keep a response from being reused',
    answered(FRESH),
    asks(reused(), ['Cookie', 'a=1']),
  ),
  optional(
    'rfc9111-4/user-agent',
    'another client is served the same',
    asks(answered(FRESH), ['User-Agent', 'one']),
    asks(reused(), ['User-Agent', 'two']),
  ),
]);

const AUTHORIZED: FieldLine = ['Authorization', 'Basic dTpw'];
const forAll = (value: string) =>
  optional(
    `rfc9111-3.5/${value}`,
    `${value} lets an answer to Authorization be reused`,
    asks(answered(cacheControl(`max-age=3600, ${value}`)), AUTHORIZED),
    reused(),
  );

export const authorization = inCategory('authorization', [
  required(
    'rfc9111-3.5/not-shared',
    'an answer to Authorization is not for others',
    asks(answered(FRESH), AUTHORIZED),
    askedAgain(),
  ),
  required(
    'rfc9111-3.5/not-shared-same',
    'nor without asking for the same client',
    asks(answered(FRESH), AUTHORIZED),
    asks(askedAgain(), AUTHORIZED),
  ),
  required(
    'rfc9111-3.5/not-shared-expires',
    'Expires alone does not let it be shared',
    asks(answered(['Expires', { inSeconds: 3600 }]), AUTHORIZED),
    askedAgain(),
  ),
  required(
    'rfc9111-3.5/not-another-user',
    'one user does not get what another got',
    asks(answered(FRESH), AUTHORIZED),
    asks(askedAgain(), ['Authorization', 'Basic eDp5']),
  ),
  required(
    'rfc9111-3.5/reaches-the-origin',
    'Authorization reaches the origin',
    asks(
      { ...preparing({}), setup: false, expect: { atOrigin: { fields: { authorization: 'Basic dTpw' } } } },
      AUTHORIZED,
    ),
  ),
  forAll('public'),
  forAll('s-maxage=3600'),
  forAll('must-revalidate'),
  optional(
    'rfc9111-3.5/stored-for-authorized',
    'what is stored already is for requests with Authorization too',
    answered(FRESH),
    asks(reused(), AUTHORIZED),
  ),
]);
