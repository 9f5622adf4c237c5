// The head of a response as text, and how its body is framed (RFC 9112 section 6). The length is never believed: where
// the edge has the body it counts it, and where it streams a body under an announced length the writer checks it.

import { STATUS_CODES } from 'node:http';
import type { Fields } from '../fields.ts';
import { TOKEN } from './octets.ts';

export interface ResponseFraming {
  /** Status line, fields, empty line; one character per byte. */
  head: string;
  /** False for HEAD, 204 and 304, whatever the answer carries. */
  hasBody: boolean;
  chunked: boolean;
  /** What a streamed body must add up to; undefined when it is chunked or ends with the connection. */
  length: number | undefined;
  keepAlive: boolean;
}

export interface ResponseTo {
  method: string;
  minorVersion: 0 | 1;
  keepAlive: boolean;
}

/**
 * `size`: bytes of the body that will be written; undefined when it is streamed. Throws a TypeError for a field that
 * cannot be written without changing what follows.
 */
export function frameResponse(
  to: ResponseTo,
  status: number,
  fields: Fields,
  size: number | undefined,
): ResponseFraming {
  const hasBody = to.method !== 'HEAD' && status !== 204 && status !== 304;
  const counted = hasBody && size !== undefined;
  let announced: number | undefined;
  let lines = '';
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] as string;
    const value = fields[i + 1] as string;
    if (OWN_LENGTHS.has(name.length)) {
      const lower = name.toLowerCase();
      if (CONNECTION_FIELDS.has(lower)) continue;
      if (lower === 'content-length') {
        if (counted || status === 204) continue;
        if (announced !== undefined || !/^\d{1,15}$/.test(value))
          throw new TypeError('invalid Content-Length');
        announced = Number(value);
      }
    }
    lines += fieldLine(name, value);
  }
  const chunked = hasBody && !counted && announced === undefined && to.minorVersion === 1;
  const keepAlive = to.keepAlive && (counted || !hasBody || announced !== undefined || chunked);
  if (counted) lines += `Content-Length: ${size}\r\n`;
  if (chunked) lines += 'Transfer-Encoding: chunked\r\n';
  if (!keepAlive) lines += 'Connection: close\r\n';
  else if (to.minorVersion === 0) lines += 'Connection: keep-alive\r\n';
  const head = `${statusLine(status)}${lines}\r\n`;
  return { head, hasBody, chunked, length: hasBody ? announced : undefined, keepAlive };
}

/** A 1xx response (RFC 9110 section 15.2); its fields are checked as any others. */
export function interimHead(status: number, fields: Fields): string {
  let lines = '';
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] as string;
    if (!CONNECTION_FIELDS.has(name.toLowerCase())) lines += fieldLine(name, fields[i + 1] as string);
  }
  return `${statusLine(status)}${lines}\r\n`;
}

function statusLine(status: number): string {
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n`;
}

function fieldLine(name: string, value: string): string {
  if (!isToken(name)) throw new TypeError(`invalid field name ${JSON.stringify(name)}`);
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) throw new TypeError(`invalid character in field ${name}`);
  return `${name}: ${value}\r\n`;
}

function isToken(name: string): boolean {
  for (let i = 0; i < name.length; i++) if (TOKEN[name.charCodeAt(i)] !== 1) return false;
  return name.length > 0;
}

/** Of this connection, not of the answer: the edge's own. */
const CONNECTION_FIELDS = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);
const OWN_LENGTHS = new Set([...CONNECTION_FIELDS, 'content-length'].map((name) => name.length));
