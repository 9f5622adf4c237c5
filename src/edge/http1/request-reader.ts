// From bytes to a request that may be answered, or the reason why not: request line, field lines, framing, target. All
// of it is a function of the bytes alone, so a client that sends the same head again, as browsers' and load balancers'
// kept-alive connections do, gets the result of the last time for one comparison of bytes; one that asks for another
// path with the same fields gets the fields.

import { judgeHost, judgeTarget } from '../request-target.ts';
import { type FieldLines, parseFieldLines } from './field-lines.ts';
import { type Framing, type FramingFields, framingFields, requestFraming } from './framing.ts';
import type { Http1Limits } from './limits.ts';
import { CR, LF, TOKEN } from './octets.ts';
import { Refusal } from './refusal.ts';
import { parseRequestLine, type RequestLine } from './request-line.ts';

/** Shared by all requests that came with the same bytes: not to be changed. */
export interface ReceivedRequest extends Readonly<Framing> {
  readonly method: string;
  readonly authority: string;
  readonly pathAndQuery: string;
  readonly minorVersion: 0 | 1;
  readonly fields: readonly string[];
}

/** RFC 9112 section 2.2: an empty line before a request is ignored, since old clients send one after a body. */
const MAX_EMPTY_LINES = 2;

/** Heads longer than this are not remembered: an idle connection should hold little. */
const MAX_REMEMBERED_BYTES = 4096;

export class RequestReader {
  readonly #limits: Http1Limits;
  /** Bytes of the last head, where its fields begin in them, and what was made of both. */
  #bytes: Buffer | undefined;
  #fieldsAt = 0;
  #request: ReceivedRequest | undefined;
  #lines: { fields: string[]; framing: FramingFields } | undefined;
  /** Offset behind the last head that was read. */
  end = 0;

  constructor(limits: Http1Limits) {
    this.#limits = limits;
  }

  /** The request whose head begins at `from`; `end` is then the offset behind it. Undefined: more bytes are needed. */
  read(bytes: Buffer, from: number): ReceivedRequest | Refusal | undefined {
    const last = this.#bytes;
    if (last && this.#request && startsWith(bytes, from, last, 0)) {
      this.end = from + last.length;
      return this.#request;
    }
    const start = skipEmptyLines(bytes, from);
    if (start instanceof Refusal) return start;
    if (start === bytes.length) return undefined;
    const line = parseRequestLine(bytes, start, this.#limits);
    if (line === undefined || line instanceof Refusal) return line;
    const lines = this.#fieldLines(bytes, start, line.end);
    if (lines === undefined || lines instanceof Refusal) return lines;
    const request = admit(line, lines.fields, lines.framing);
    if (request instanceof Refusal) return request;
    this.#remember(bytes, start, line.end, request, lines);
    return request;
  }

  /** Frees what is remembered. */
  forget(): void {
    this.#bytes = undefined;
    this.#request = undefined;
    this.#lines = undefined;
  }

  #fieldLines(
    bytes: Buffer,
    start: number,
    from: number,
  ): { fields: string[]; framing: FramingFields } | Refusal | undefined {
    const last = this.#bytes;
    const rest = last ? last.length - this.#fieldsAt : 0;
    const limitEnd = start + this.#limits.maxHeadBytes;
    if (last && this.#lines && from + rest <= limitEnd && startsWith(bytes, from, last, this.#fieldsAt)) {
      this.end = from + rest;
      return this.#lines;
    }
    const parsed: FieldLines | Refusal | undefined = parseFieldLines(bytes, from, limitEnd, this.#limits);
    if (parsed === undefined || parsed instanceof Refusal) return parsed;
    this.end = parsed.end;
    return { fields: parsed.fields, framing: framingFields(parsed.fields) };
  }

  #remember(
    bytes: Buffer,
    start: number,
    fieldsAt: number,
    request: ReceivedRequest,
    lines: { fields: string[]; framing: FramingFields },
  ): void {
    const head = bytes.subarray(start, this.end);
    if (head.length > MAX_REMEMBERED_BYTES) {
      this.forget();
      return;
    }
    // Its own bytes when it is a small part of what came: a window would hold the rest of the read too.
    this.#bytes = head.length * 2 < bytes.buffer.byteLength ? Buffer.from(head) : head;
    this.#fieldsAt = fieldsAt - start;
    this.#request = request;
    this.#lines = lines;
  }
}

function admit(
  line: RequestLine,
  fields: readonly string[],
  found: FramingFields,
): ReceivedRequest | Refusal {
  const framing = requestFraming(found, line.minorVersion);
  if (framing instanceof Refusal) return framing;
  const host = judgeHost(found.hosts, found.host);
  if (typeof host !== 'string') return new Refusal(host.status, host.reason);
  const target = judgeTarget(line.method, line.target, host);
  if (!target.ok) return new Refusal(target.status, target.reason);
  return {
    method: line.method,
    authority: target.authority,
    pathAndQuery: target.pathAndQuery,
    minorVersion: line.minorVersion,
    fields,
    bodyLength: framing.bodyLength,
    keepAlive: framing.keepAlive,
    expectContinue: framing.expectContinue,
  };
}

function startsWith(bytes: Buffer, at: number, head: Buffer, headFrom: number): boolean {
  const end = at + head.length - headFrom;
  return end <= bytes.length && head.compare(bytes, at, end, headFrom, head.length) === 0;
}

function skipEmptyLines(bytes: Buffer, from: number): number | Refusal {
  let at = from;
  while (at < bytes.length && bytes[at] === CR) {
    if (at + 1 === bytes.length) return bytes.length;
    if (bytes[at + 1] !== LF || at - from >= MAX_EMPTY_LINES * 2) return NO_REQUEST;
    at += 2;
  }
  // A TLS hello or other binary is refused by its first byte, without waiting for a line end that never comes.
  return at < bytes.length && TOKEN[bytes[at] as number] !== 1 ? NO_REQUEST : at;
}

const NO_REQUEST = new Refusal(400, 'not a request line');
