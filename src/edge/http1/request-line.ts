// The request line, strictly: method SP target SP HTTP/1.x CRLF (RFC 9112 section 3). Section 3 allows leniency with
// white space; every leniency is a way for two parsers to disagree, so there is none.

import type { Http1Limits } from './limits.ts';
import { KNOWN_METHODS, LONGEST_METHOD } from './methods.ts';
import { CR, LF, SP, TARGET, TOKEN } from './octets.ts';
import { Refusal } from './refusal.ts';

export interface RequestLine {
  method: string;
  target: string;
  minorVersion: 0 | 1;
  /** Offset behind the line. */
  end: number;
}

/** Undefined when more bytes are needed. `from` is where the line begins. */
export function parseRequestLine(
  bytes: Buffer,
  from: number,
  limits: Pick<Http1Limits, 'maxTargetBytes'>,
): RequestLine | Refusal | undefined {
  const length = bytes.length;
  let at = from;
  let method = 'GET';
  if (bytes[at] === 0x47 && bytes[at + 1] === 0x45 && bytes[at + 2] === 0x54 && bytes[at + 3] === SP) at += 3;
  else {
    while (at < length && TOKEN[bytes[at] as number] === 1 && at - from <= LONGEST_METHOD) at++;
    if (at === length) return undefined;
    if (bytes[at] !== SP) return NOT_A_REQUEST_LINE;
    method = bytes.toString('latin1', from, at);
    if (!KNOWN_METHODS.has(method)) return UNKNOWN_METHOD;
  }
  const targetStart = ++at;
  const targetLimit = targetStart + limits.maxTargetBytes;
  while (at < length && TARGET[bytes[at] as number] === 1 && at <= targetLimit) at++;
  if (at > targetLimit) return TARGET_TOO_LONG;
  if (at === length) return undefined;
  if (bytes[at] !== SP) return bytes[at] === CR || bytes[at] === LF ? NOT_A_REQUEST_LINE : BAD_TARGET;
  if (at === targetStart) return NOT_A_REQUEST_LINE;
  const targetEnd = at++;
  for (let i = 0; i < VERSION.length; i++, at++) {
    if (at === length) return undefined;
    const byte = bytes[at];
    if (byte !== VERSION[i] && !(i === MINOR && byte === 0x30))
      return i <= MINOR ? BAD_VERSION : NOT_A_REQUEST_LINE;
  }
  return {
    method,
    target: bytes.toString('latin1', targetStart, targetEnd),
    minorVersion: bytes[targetEnd + 1 + MINOR] === 0x30 ? 0 : 1,
    end: at,
  };
}

const VERSION = Buffer.from('HTTP/1.1\r\n');
const MINOR = 7;

const NOT_A_REQUEST_LINE = new Refusal(400, 'not a request line');
const UNKNOWN_METHOD = new Refusal(400, 'unknown method');
const TARGET_TOO_LONG = new Refusal(414, 'request target too long');
const BAD_TARGET = new Refusal(400, 'request target has characters that no URI has');
const BAD_VERSION = new Refusal(400, 'not HTTP/1.0 or HTTP/1.1');
