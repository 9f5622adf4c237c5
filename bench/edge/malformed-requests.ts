// Requests on which two servers may disagree: where a message ends (smuggling), whose it is, what it asks for. RFC 9112
// sections 2.2, 3.2, 5 and 6, and what was published of attacks on caches.

import { HOST } from './client.ts';

export interface Malformed {
  name: string;
  /** `PATH` stands for a path of its own. */
  bytes: string;
  /** The RFC leaves passing it on (put right) as a choice. */
  mayForward?: boolean;
}

const head = (line: string, ...fields: string[]) =>
  `${[line, `Host: ${HOST}`, ...fields].join('\r\n')}\r\n\r\n`;
const get = (...fields: string[]) => head('GET PATH HTTP/1.1', ...fields);
const post = (...fields: string[]) => head('POST PATH HTTP/1.1', ...fields);
const CHUNKED = 'Transfer-Encoding: chunked';

export const MALFORMED: readonly Malformed[] = [
  { name: 'CL + TE', bytes: `${post('Content-Length: 5', CHUNKED)}0\r\n\r\n` },
  { name: 'two equal CL', bytes: `${post('Content-Length: 5', 'Content-Length: 5')}hello`, mayForward: true },
  { name: 'obs-fold', bytes: get('X-A: b', ' folded'), mayForward: true },
  { name: 'bare LF', bytes: `GET PATH HTTP/1.1\nHost: ${HOST}\n\n`, mayForward: true },
  { name: 'two Host', bytes: get('Host: other.cdn.test') },
  { name: 'no Host', bytes: 'GET PATH HTTP/1.1\r\n\r\n' },
  {
    name: 'absolute form, other Host',
    bytes: head('GET http://other.cdn.testPATH HTTP/1.1'),
    mayForward: true,
  },
  { name: 'chunk extension with LF', bytes: `${post(CHUNKED)}5;a\nb\r\nhello\r\n0\r\n\r\n` },
  { name: '40 kB field', bytes: get(`X-A: ${'a'.repeat(40_000)}`) },
  { name: 'two different CL', bytes: `${post('Content-Length: 5', 'Content-Length: 6')}hello!` },
  { name: 'CL: 5, 6', bytes: `${post('Content-Length: 5, 6')}hello!` },
  { name: 'CL: +5', bytes: `${post('Content-Length: +5')}hello` },
  { name: 'CL: -1', bytes: post('Content-Length: -1') },
  { name: 'CL: 0x5', bytes: `${post('Content-Length: 0x5')}hello` },
  { name: 'CL of 2^64 + 5', bytes: `${post('Content-Length: 18446744073709551621')}hello` },
  { name: 'TE: xchunked', bytes: `${post('Transfer-Encoding: xchunked')}0\r\n\r\n` },
  { name: 'TE: chunked, identity', bytes: `${post('Transfer-Encoding: chunked, identity')}0\r\n\r\n` },
  { name: 'TE twice', bytes: `${post(CHUNKED, CHUNKED)}0\r\n\r\n` },
  { name: 'TE with a tab', bytes: `${post('Transfer-Encoding:\tchunked\x0b')}0\r\n\r\n` },
  { name: 'TE in HTTP/1.0', bytes: `POST PATH HTTP/1.0\r\nHost: ${HOST}\r\n${CHUNKED}\r\n\r\n0\r\n\r\n` },
  { name: 'space before the colon', bytes: `${post('Content-Length : 5')}hello` },
  { name: 'space before a field', bytes: `GET PATH HTTP/1.1\r\n X-A: b\r\nHost: ${HOST}\r\n\r\n` },
  { name: 'NUL in a value', bytes: get('X-A: a\0b') },
  { name: 'CR in a value', bytes: get('X-A: a\rX-B: c') },
  { name: 'no colon', bytes: get('X-A') },
  { name: 'empty field name', bytes: get(': a') },
  { name: 'field name with (', bytes: get('X-(A: b') },
  { name: 'chunk size 0x5', bytes: `${post(CHUNKED)}0x5\r\nhello\r\n0\r\n\r\n` },
  { name: 'chunk size with a space', bytes: `${post(CHUNKED)} 5\r\nhello\r\n0\r\n\r\n` },
  { name: 'chunk size of 2^64 + 5', bytes: `${post(CHUNKED)}10000000000000005\r\nhello\r\n0\r\n\r\n` },
  { name: 'chunk longer than told', bytes: `${post(CHUNKED)}3\r\nhello\r\n0\r\n\r\n` },
  { name: 'chunk lines end in LF', bytes: `${post(CHUNKED)}5\nhello\n0\n\n` },
  { name: 'request line in two spaces', bytes: head('GET  PATH HTTP/1.1'), mayForward: true },
  { name: 'CR in the target', bytes: head('GET PATH\r HTTP/1.1') },
  { name: 'NUL in the target', bytes: head('GET PATH\0 HTTP/1.1') },
  { name: 'space in the target', bytes: head('GET PATH /x HTTP/1.1') },
  { name: 'HTTP/1.10', bytes: head('GET PATH HTTP/1.10') },
  { name: 'HTTP/2.0', bytes: head('GET PATH HTTP/2.0') },
  { name: 'Host with a path', bytes: `GET PATH HTTP/1.1\r\nHost: ${HOST}/x\r\n\r\n` },
  { name: 'Host with @', bytes: `GET PATH HTTP/1.1\r\nHost: a@${HOST}\r\n\r\n` },
  { name: 'CL in GET, body a request', bytes: `${get('Content-Length: 0')}`, mayForward: true },
];
