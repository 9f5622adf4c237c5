// Reads HTTP/1.1 responses of one connection from its bytes, as lean as a load generator needs it: status, length of the
// body, Cache-Status, X-POP, whether the connection stays. Pure; fields it has no use for are not looked at.

export interface ReadResponse {
  status: number;
  bodyBytes: number;
  cacheStatus: string | undefined;
  pop: string | undefined;
  /** The server goes on with this connection. */
  keepAlive: boolean;
}

type Framing = { kind: 'length'; left: number } | { kind: 'chunked' } | { kind: 'until-close' };

/** A head is longer than that only by mistake. */
const MOST_HEAD_BYTES = 65_536;
const MOST_CHUNK_LINE_BYTES = 4096;

export class ResponseReader {
  #held: Buffer = Buffer.alloc(0);
  #response: ReadResponse | undefined;
  #framing: Framing | undefined;
  /** Of a chunked body: what is expected next. */
  #chunk: 'size' | 'data' | 'data-end' | 'trailer' = 'size';
  #chunkLeft = 0;

  /** The head is there, the body not yet. */
  get headSeen(): boolean {
    return this.#response !== undefined;
  }

  /** Bytes of a response as they come; the response when it is whole. @throws Error when it is no HTTP. */
  push(bytes: Buffer): ReadResponse | undefined {
    let rest = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    this.#held = EMPTY;
    while (!this.#response) {
      const end = rest.indexOf('\r\n\r\n');
      if (end < 0) {
        if (rest.length > MOST_HEAD_BYTES) throw new Error('head-too-long');
        this.#held = rest;
        return undefined;
      }
      const head = rest.toString('latin1', 0, end + 2);
      rest = rest.subarray(end + 4);
      // An interim response: the real one follows.
      if (!/^HTTP\/1\.[01] 1\d\d/.test(head)) this.#begin(head);
    }
    return this.#body(rest);
  }

  /** The connection was closed: the response, if that was its end. */
  close(): ReadResponse | undefined {
    return this.#framing?.kind === 'until-close' ? this.#finish() : undefined;
  }

  #begin(head: string): void {
    const statusLine = /^HTTP\/1\.([01]) (\d{3})[ \r]/.exec(head);
    if (!statusLine) throw new Error('not-http');
    const status = Number(statusLine[2]);
    const connection = field(head, 'connection')?.toLowerCase();
    const keepAlive = statusLine[1] === '1' ? connection !== 'close' : connection === 'keep-alive';
    this.#response = {
      status,
      bodyBytes: 0,
      cacheStatus: field(head, 'cache-status'),
      pop: field(head, 'x-pop'),
      keepAlive,
    };
    this.#chunk = 'size';
    if (status === 204 || status === 304) this.#framing = { kind: 'length', left: 0 };
    else if (/chunked/i.test(field(head, 'transfer-encoding') ?? '')) this.#framing = { kind: 'chunked' };
    else {
      const length = field(head, 'content-length');
      if (length === undefined) this.#framing = { kind: 'until-close' };
      else if (/^\d{1,15}$/.test(length)) this.#framing = { kind: 'length', left: Number(length) };
      else throw new Error('bad-length');
    }
  }

  #body(bytes: Buffer): ReadResponse | undefined {
    const response = this.#response as ReadResponse;
    const framing = this.#framing as Framing;
    if (framing.kind === 'chunked') return this.#chunks(bytes, response);
    if (framing.kind === 'until-close') {
      response.bodyBytes += bytes.length;
      return undefined;
    }
    if (bytes.length > framing.left) throw new Error('bytes-after-the-response');
    framing.left -= bytes.length;
    response.bodyBytes += bytes.length;
    return framing.left === 0 ? this.#finish() : undefined;
  }

  #chunks(bytes: Buffer, response: ReadResponse): ReadResponse | undefined {
    let at = 0;
    while (at < bytes.length) {
      if (this.#chunk === 'data') {
        const taken = Math.min(this.#chunkLeft, bytes.length - at);
        response.bodyBytes += taken;
        this.#chunkLeft -= taken;
        at += taken;
        if (this.#chunkLeft === 0) this.#chunk = 'data-end';
        continue;
      }
      const end = bytes.indexOf('\r\n', at);
      if (end < 0) {
        if (bytes.length - at > MOST_CHUNK_LINE_BYTES) throw new Error('bad-chunk');
        this.#held = bytes.subarray(at);
        return undefined;
      }
      const line = bytes.toString('latin1', at, end);
      at = end + 2;
      if (this.#chunk === 'data-end') {
        if (line !== '') throw new Error('bad-chunk');
        this.#chunk = 'size';
      } else if (this.#chunk === 'size') {
        const size = /^([0-9a-f]{1,12})[ \t]*(?:;|$)/i.exec(line)?.[1];
        if (size === undefined) throw new Error('bad-chunk');
        this.#chunkLeft = Number.parseInt(size, 16);
        this.#chunk = this.#chunkLeft === 0 ? 'trailer' : 'data';
      } else if (line === '') {
        if (at < bytes.length) throw new Error('bytes-after-the-response');
        return this.#finish();
      }
    }
    return undefined;
  }

  #finish(): ReadResponse {
    const response = this.#response as ReadResponse;
    this.#response = undefined;
    this.#framing = undefined;
    return response;
  }
}

const EMPTY = Buffer.alloc(0);

/** All values of a field in a head, joined with commas; `name` in lower case. */
function field(head: string, name: string): string | undefined {
  const pattern = PATTERNS.get(name) as RegExp;
  pattern.lastIndex = 0;
  let joined: string | undefined;
  for (;;) {
    const match = pattern.exec(head);
    if (!match) return joined;
    const value = (match[1] ?? '').trim();
    joined = joined === undefined ? value : `${joined}, ${value}`;
  }
}

const PATTERNS = new Map(
  ['connection', 'cache-status', 'x-pop', 'transfer-encoding', 'content-length'].map((name) => [
    name,
    new RegExp(`\\r\\n${name}:([^\\r]*)`, 'gi'),
  ]),
);
