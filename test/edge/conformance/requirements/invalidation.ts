// RFC 9111 section 4.4: what an unsafe request may have changed is asked for again.

import {
  answered,
  askedAgain,
  FRESH,
  inCategory,
  optional,
  preparing,
  required,
  reused,
} from '../case-builders.ts';
import type { FieldLine, Step } from '../conformance-case.ts';

const WITHOUT_BODY = new Set(['GET', 'OPTIONS', 'DELETE']);
const sends = (method: string, status: number, ...fields: FieldLine[]): Step => ({
  request: { method, body: WITHOUT_BODY.has(method) ? undefined : 'x', target: 'a' },
  response: { status, fields },
  expect: method === 'GET' ? {} : { served: 'origin' },
});
const at = (target: string, step: Step): Step => ({ ...step, request: { target } });
const gone = (id: string, title: string, method: string, status = 200) =>
  required(
    `rfc9111-4.4/${id}`,
    title,
    answered(FRESH),
    preparing(reused()),
    sends(method, status),
    askedAgain(),
  );
const stays = (id: string, title: string, method: string, status: number) =>
  optional(`rfc9111-4.4/${id}`, title, answered(FRESH), sends(method, status), reused());

export const invalidation = inCategory('invalidation', [
  gone('post', 'POST', 'POST'),
  gone('put', 'PUT', 'PUT', 204),
  gone('delete', 'DELETE', 'DELETE', 204),
  gone('patch', 'PATCH', 'PATCH'),
  gone('post-created', 'POST that creates', 'POST', 201),
  gone('post-see-other', 'POST that redirects', 'POST', 303),
  gone('registered-method', 'a method of an extension', 'PROPPATCH'),
  gone('unknown-method', 'a method that is not known to be safe', 'SUBSCRIBE'),
  optional(
    'rfc9111-4.4/location',
    'what Location names',
    at('b', answered(FRESH)),
    preparing(at('b', reused())),
    sends('POST', 201, ['Location', '{path}/b']),
    at('b', askedAgain()),
  ),
  optional(
    'rfc9111-4.4/location-relative',
    'what a relative Location names',
    at('b', answered(FRESH)),
    preparing(at('b', reused())),
    sends('POST', 201, ['Location', 'b']),
    at('b', askedAgain()),
  ),
  optional(
    'rfc9111-4.4/content-location',
    'what Content-Location names',
    at('b', answered(FRESH)),
    preparing(at('b', reused())),
    sends('PUT', 200, ['Content-Location', '{path}/b']),
    at('b', askedAgain()),
  ),
  required(
    'rfc9111-4.4/other-origin',
    'what another origin is told to change stays',
    { ...answered(FRESH), request: { target: 'b', host: 'one.conformance.test' } },
    {
      ...sends('POST', 201, ['Location', 'http://one.conformance.test{path}/b']),
      request: { method: 'POST', body: 'x', host: 'two.conformance.test' },
    },
    { ...reused(), request: { target: 'b', host: 'one.conformance.test' } },
  ),
  stays('get', 'GET changes nothing', 'GET', 200),
  stays('options', 'OPTIONS changes nothing', 'OPTIONS', 200),
  stays('post-404', 'POST that failed changes nothing', 'POST', 404),
  stays('post-500', 'nor one that broke the origin', 'POST', 500),
  optional(
    'rfc9111-4.4/all-variants',
    'all variants are gone',
    { ...answered(FRESH, ['Vary', 'X-Kind']), request: { fields: [['X-Kind', '1']] } },
    sends('POST', 200),
    { ...askedAgain(), request: { fields: [['X-Kind', '1']] } },
  ),
]);
