// What the cache asks of the way to the origin: send a request, hear of the head, the bytes, and the end or the
// failure. The socket side is io/undici-upstream.ts; the error names are those of RFC 9209 (Proxy-Status).

import type { Readable } from 'node:stream';
import type { Fields } from './fields.ts';

export interface UpstreamRequest {
  method: string;
  pathAndQuery: string;
  fields: Fields;
  body?: Readable;
}

export interface UpstreamEvents {
  onHead(status: number, fields: Fields): void;
  onData(chunk: Uint8Array): void;
  onEnd(): void;
  /** Before onHead: no response. After it: the response broke off. */
  onFailure(failure: UpstreamFailure): void;
}

export interface UpstreamExchange {
  pause(): void;
  resume(): void;
  abort(): void;
}

export interface UpstreamFailure {
  /** 400 when the request itself could not be sent. */
  status: 400 | 502 | 504;
  /** RFC 9209 section 2.3: `connection_refused`, `http_response_timeout` and the like. */
  error: string;
  /** One sentence. */
  detail: string;
}

export interface Upstream {
  send(request: UpstreamRequest, events: UpstreamEvents): UpstreamExchange;
  close(): Promise<void>;
}
