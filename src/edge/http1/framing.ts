// Where a request's body ends and whether another request may follow (RFC 9112 sections 6 and 9.3). Anything that two
// parsers could read differently is refused: a length twice, length and coding together, a coding other than chunked.

import type { Fields } from '../fields.ts';
import { Refusal } from './refusal.ts';

/** What the fields say, collected in one pass. */
export interface FramingFields {
  hosts: number;
  host: string;
  contentLengths: number;
  contentLength: string;
  transferEncodings: number;
  transferEncoding: string;
  /** In lower case, all lines joined. */
  connection: string;
  /** In lower case, all lines joined. */
  expect: string;
}

export interface Framing {
  /** Bytes of the body; CHUNKED when the chunks tell. */
  bodyLength: number;
  /** The client takes another answer on this connection. */
  keepAlive: boolean;
  /** The client waits for 100 (Continue) before it sends its body. */
  expectContinue: boolean;
}

export const CHUNKED = -1;

export function framingFields(fields: Fields): FramingFields {
  const found: FramingFields = {
    hosts: 0,
    host: '',
    contentLengths: 0,
    contentLength: '',
    transferEncodings: 0,
    transferEncoding: '',
    connection: '',
    expect: '',
  };
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] as string;
    const value = fields[i + 1] as string;
    // The length first: lower case is made of candidates only.
    switch (name.length) {
      case 4:
        if (name.toLowerCase() !== 'host') break;
        found.hosts++;
        found.host = value;
        break;
      case 6:
        if (name.toLowerCase() === 'expect') found.expect = joined(found.expect, value);
        break;
      case 10:
        if (name.toLowerCase() === 'connection') found.connection = joined(found.connection, value);
        break;
      case 14:
        if (name.toLowerCase() !== 'content-length') break;
        found.contentLengths++;
        found.contentLength = value;
        break;
      case 17:
        if (name.toLowerCase() !== 'transfer-encoding') break;
        found.transferEncodings++;
        found.transferEncoding = value;
    }
  }
  return found;
}

export function requestFraming(found: FramingFields, minorVersion: 0 | 1): Framing | Refusal {
  let bodyLength = 0;
  if (found.transferEncodings > 0) {
    if (found.contentLengths > 0) return LENGTH_AND_CODING;
    // RFC 9112 section 6.1: HTTP/1.0 knows no codings, so whoever sends one has misread something on the way.
    if (minorVersion === 0) return CODING_IN_1_0;
    if (found.transferEncodings > 1 || found.transferEncoding.toLowerCase() !== 'chunked')
      return UNKNOWN_CODING;
    bodyLength = CHUNKED;
  } else if (found.contentLengths > 0) {
    if (found.contentLengths > 1) return TWO_LENGTHS;
    if (!/^\d{1,16}$/.test(found.contentLength)) return BAD_LENGTH;
    bodyLength = Number(found.contentLength);
    if (!Number.isSafeInteger(bodyLength)) return BAD_LENGTH;
  }
  if (found.expect !== '' && found.expect !== '100-continue') return UNKNOWN_EXPECTATION;
  return {
    bodyLength,
    keepAlive: mayFollow(found.connection, minorVersion),
    // RFC 9110 section 10.1.1: ignored from HTTP/1.0, and there is nothing to wait for without a body.
    expectContinue: found.expect !== '' && minorVersion === 1 && bodyLength !== 0,
  };
}

function mayFollow(connection: string, minorVersion: 0 | 1): boolean {
  if (connection === '') return minorVersion === 1;
  if (connection === 'keep-alive') return true;
  const options = connection.split(',').map((option) => option.trim());
  return !options.includes('close') && (minorVersion === 1 || options.includes('keep-alive'));
}

function joined(earlier: string, value: string): string {
  const text = value.toLowerCase();
  return earlier === '' ? text : `${earlier},${text}`;
}

const LENGTH_AND_CODING = new Refusal(400, 'Content-Length and Transfer-Encoding together');
const CODING_IN_1_0 = new Refusal(400, 'Transfer-Encoding in HTTP/1.0');
const UNKNOWN_CODING = new Refusal(400, 'Transfer-Encoding is not chunked');
const TWO_LENGTHS = new Refusal(400, 'more than one Content-Length');
const BAD_LENGTH = new Refusal(400, 'Content-Length is not a length');
const UNKNOWN_EXPECTATION = new Refusal(417, 'unknown expectation');
