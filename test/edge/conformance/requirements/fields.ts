// RFC 9111 section 3.1, RFC 9110 sections 7.6 and 15.2: fields that are stored, and those that end at a connection.

import {
  answered,
  answeredWith,
  asks,
  FRESH,
  inCategory,
  optional,
  required,
  reused,
} from '../case-builders.ts';
import type { FieldLine } from '../conformance-case.ts';

const STORED: FieldLine[] = [
  ['Content-Type', 'text/x-test; charset=utf-8'],
  ['Content-Language', 'de'],
  ['Content-Location', '/elsewhere'],
  ['Content-Disposition', 'attachment; filename="a.txt"'],
  ['Content-Security-Policy', "default-src 'self'"],
  ['ETag', '"v1"'],
  ['Last-Modified', 'Fri, 01 Jan 2021 00:00:00 GMT'],
  ['Expires', 'Fri, 01 Jan 2100 00:00:00 GMT'],
  ['Link', '</a>; rel="preload", </b>; rel="next"'],
  ['Allow', 'GET, HEAD'],
  ['Access-Control-Allow-Origin', '*'],
  ['Strict-Transport-Security', 'max-age=1'],
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
  ['Referrer-Policy', 'no-referrer'],
  ['WWW-Authenticate', 'Basic realm="x"'],
  ['Retry-After', '5'],
  ['X-Unknown', 'any  text; with="things"'],
];
const HOP: FieldLine[] = [
  ['Proxy-Authenticate', 'Basic realm="x"'],
  ['Proxy-Authentication-Info', 'x=1'],
  ['Proxy-Authorization', 'Basic dTpw'],
  ['Proxy-Connection', 'keep-alive'],
  ['TE', 'trailers'],
  ['Upgrade', 'x/1'],
];

export const fields = inCategory('fields', [
  ...STORED.map(([name, value]) =>
    required(
      `rfc9111-3.1/${name.toLowerCase()}`,
      `${name} is stored and sent again`,
      answered(FRESH, [name, value]),
      reused({ fields: { [name.toLowerCase()]: value as string } }),
    ),
  ),
  required(
    'rfc9111-3.1/date',
    'Date is that of the stored response',
    answered(FRESH, ['Date', 'Fri, 01 Jan 2100 00:00:00 GMT']),
    reused({ fields: { date: 'Fri, 01 Jan 2100 00:00:00 GMT' } }),
  ),
  required(
    'rfc9111-3.1/lines',
    'lines of a field keep their order',
    answered(FRESH, ['X-List', 'a'], ['X-List', 'b'], ['X-List', 'c']),
    reused({ fields: { 'x-list': /^a, ?b, ?c$/ } }),
  ),
  ...HOP.map(([name, value]) =>
    required(
      `rfc9111-3.1/not-${name.toLowerCase()}`,
      `${name} is not stored`,
      answered(FRESH, [name, value]),
      reused({ fields: { [name.toLowerCase()]: null } }),
    ),
  ),
  required('rfc9110-7.6.1/connection-named-in-answer', 'a field that Connection names goes no further', {
    response: { fields: [FRESH, ['X-Hop', '1'], ['Connection', 'X-Hop']] },
    expect: { fields: { 'x-hop': null } },
  }),
  required(
    'rfc9111-3.1/connection-named-stored',
    'nor is it stored',
    answered(FRESH, ['X-Hop', '1'], ['x-hop-too', '2'], ['Connection', 'X-Hop, X-HOP-Too']),
    reused({ fields: { 'x-hop': null, 'x-hop-too': null } }),
  ),
  optional('rfc9110-15.2/early-hints', '103 is passed on', {
    response: { fields: [FRESH], interim: [{ status: 103, fields: [['Link', '</x>; rel=preload']] }] },
    expect: { interim: [103], status: 200 },
  }),
  optional('rfc9110-15.2/processing', '102 is passed on', {
    response: { interim: [{ status: 102, fields: [] }] },
    expect: { interim: [102], status: 200 },
  }),
]);

const sent = (
  id: string,
  title: string,
  fields: FieldLine[],
  atOrigin: Record<string, string | RegExp | null>,
) =>
  required(
    `rfc9110-${id}`,
    title,
    asks({ expect: { served: 'origin', atOrigin: { fields: atOrigin } } }, ...fields),
  );

export const forwarding = inCategory('forwarding', [
  sent('7.6.3/via', 'a forwarded request has Via', [], { via: /1\.1 \S+/ }),
  sent('7.6.3/via-appended', 'a Via that was there stays before', [['Via', '1.0 fred']], {
    via: /^1\.0 fred, ?(?:HTTP\/)?1\.1 \S+/i,
  }),
  sent(
    '7.6.1/connection-named',
    'a field that Connection names goes no further',
    [
      ['X-Hop', '1'],
      ['Connection', 'X-Hop'],
    ],
    { 'x-hop': null },
  ),
  sent('7.6.1/proxy-connection', 'Proxy-Connection goes no further', [['Proxy-Connection', 'keep-alive']], {
    'proxy-connection': null,
  }),
  sent('7.6.1/keep-alive', 'Keep-Alive goes no further', [['Keep-Alive', 'timeout=123']], {
    'keep-alive': null,
  }),
  sent(
    '7.6.1/te',
    'TE goes no further',
    [
      ['TE', 'trailers'],
      ['Connection', 'TE'],
    ],
    { te: null },
  ),
  sent(
    '7.6.1/upgrade',
    'Upgrade goes no further',
    [
      ['Upgrade', 'x/1'],
      ['Connection', 'Upgrade'],
    ],
    { upgrade: null },
  ),
  sent('5.1/unknown', 'unknown fields are passed on', [['X-Unknown', 'a; b="c, d"']], {
    'x-unknown': 'a; b="c, d"',
  }),
  sent(
    '5.3/lines',
    'lines of a field keep their order',
    [
      ['X-List', 'a'],
      ['X-List', 'b'],
    ],
    { 'x-list': /^a, ?b$/ },
  ),
  required('rfc9110-7.2/host', 'there is one Host', {
    expect: { served: 'origin', atOrigin: { fields: { host: /^[^,]+$/ } } },
  }),
  required(
    'rfc9110-7.6.2/max-forwards-0',
    'OPTIONS with Max-Forwards: 0 goes no further',
    asks({ request: { method: 'OPTIONS' }, expect: { originRequests: 0 } }, ['Max-Forwards', '0']),
  ),
  required(
    'rfc9110-7.6.2/max-forwards-less',
    'Max-Forwards of OPTIONS is one less at the origin',
    asks(
      {
        request: { method: 'OPTIONS' },
        expect: { served: 'origin', atOrigin: { fields: { 'max-forwards': '4' } } },
      },
      ['Max-Forwards', '5'],
    ),
  ),
  required('rfc9110-9.3.3/body', 'a body reaches the origin with its length', {
    request: { method: 'POST', body: 'twelve bytes' },
    expect: { served: 'origin', atOrigin: { method: 'POST', fields: { 'content-length': '12' } } },
  }),
  required('rfc9110-15/unknown-status', 'an unknown status is passed on', {
    ...answeredWith({ status: 299 }),
    expect: { status: 299 },
  }),
]);
