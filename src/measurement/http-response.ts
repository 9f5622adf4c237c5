// Reads an HTTP/1.1 response as it comes (RFC 9112 sections 4 and 6): the head, then a body by Content-Length, chunked
// coding, or until the connection closes. Only what a probe's GET can meet.

export interface ResponseHead {
  status: number;
  /** Names in lower case; repeated fields joined by a comma. */
  fields: Map<string, string>;
}

/** `text` is the head without its empty line; undefined when it is no HTTP/1.x response. */
export function parseResponseHead(text: string): ResponseHead | undefined {
  const [statusLine = '', ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(statusLine)?.[1];
  if (status === undefined) return undefined;
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon <= 0) return undefined;
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = fields.get(name);
    fields.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return { status: Number(status), fields };
}

type Framing = { kind: 'length'; left: number } | { kind: 'chunked' } | { kind: 'close' };

/** Counts the body and says when it is complete. */
export class BodyReader {
  /** Body bytes so far, without the framing. */
  bytes = 0;
  private framing: Framing;
  /** Chunked: text of the framing read so far, and bytes left in the current chunk. */
  private line = '';
  private chunkLeft = 0;
  private phase: 'size' | 'data' | 'data-end' | 'trailer' = 'size';

  constructor(head: ResponseHead) {
    const length = head.fields.get('content-length');
    if (head.status === 204 || head.status === 304) this.framing = { kind: 'length', left: 0 };
    else if (head.fields.get('transfer-encoding')?.toLowerCase() === 'chunked')
      this.framing = { kind: 'chunked' };
    else if (length !== undefined && /^\d+$/.test(length))
      this.framing = { kind: 'length', left: Number(length) };
    else this.framing = { kind: 'close' };
  }

  push(chunk: Uint8Array): 'more' | 'complete' | 'malformed' {
    if (this.framing.kind === 'chunked') return this.pushChunked(chunk);
    this.bytes += chunk.length;
    if (this.framing.kind === 'close') return 'more';
    this.framing.left -= chunk.length;
    return this.framing.left <= 0 ? 'complete' : 'more';
  }

  /** Whether the end of the connection is the end of the body. */
  completeAtEnd(): boolean {
    return this.framing.kind === 'close';
  }

  private pushChunked(chunk: Uint8Array): 'more' | 'complete' | 'malformed' {
    let i = 0;
    while (i < chunk.length) {
      if (this.phase === 'data') {
        const taken = Math.min(this.chunkLeft, chunk.length - i);
        this.bytes += taken;
        this.chunkLeft -= taken;
        i += taken;
        if (this.chunkLeft === 0) this.phase = 'data-end';
        continue;
      }
      const character = String.fromCharCode(chunk[i++] ?? 0);
      this.line += character;
      if (this.line.length > 1024) return 'malformed';
      if (!this.line.endsWith('\r\n')) continue;
      const text = this.line.slice(0, -2);
      this.line = '';
      if (this.phase === 'data-end') {
        if (text !== '') return 'malformed';
        this.phase = 'size';
      } else if (this.phase === 'trailer') {
        if (text === '') return 'complete';
      } else {
        const size = /^([0-9a-fA-F]{1,8})\s*(?:;.*)?$/.exec(text)?.[1];
        if (size === undefined) return 'malformed';
        this.chunkLeft = Number.parseInt(size, 16);
        this.phase = this.chunkLeft === 0 ? 'trailer' : 'data';
      }
    }
    return 'more';
  }
}
