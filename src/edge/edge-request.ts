// A request past the door, and the answer before it is written: what the pipeline takes and gives. No sockets here.

import type { Readable } from 'node:stream';
import type { CacheStatus } from './cache-status.ts';
import type { Fields } from './fields.ts';
import type { BodyReader } from './growing-body.ts';
import type { StoredResponse } from './stored-response.ts';

export interface EdgeRequest {
  method: string;
  /** Host and port the client asked for. */
  authority: string;
  pathAndQuery: string;
  /** All fields as received. */
  fields: Fields;
  clientAddress: string;
  /** Set when the request has a body. */
  body?: Readable | undefined;
  /** A 1xx of the origin to hand on while the answer is not there. */
  onInterim?(status: number, fields: Fields): void;
}

export type AnswerBody =
  | { kind: 'none' }
  | { kind: 'chunks'; chunks: readonly Uint8Array[] }
  | { kind: 'stream'; reader: BodyReader };

export interface Answer {
  status: number;
  /** End-to-end fields, without those that the listener adds (Cache-Status, X-POP, Via). */
  fields: string[];
  body: AnswerBody;
  /** Where the body begins and how much of it is sent, when that is not all of it. */
  slice?: { first: number; length: number };
  cacheStatus: CacheStatus;
  /** RFC 9209, for failures on the way to the origin. */
  failure?: string;
  /** The whole of this response, unchanged but for its Age: what was written for it before may be written again. */
  stored?: StoredResponse;
  /** Which route and key it went by, and who was asked: for the access log. */
  route?: string;
  key?: string;
  upstream?: string;
  /** Names the trace of this request. */
  traceId?: string;
}
