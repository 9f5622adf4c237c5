// One request of DNS over HTTPS (RFC 8484), over HTTP/1.1 or HTTP/2 alike: GET with ?dns=, or POST.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Prefix } from '../../net/prefix.ts';
import { clientAddress } from './doh-client.ts';
import { leastTtl } from './doh-least-ttl.ts';
import { type PacketHandler, STREAM_REPLY_BYTES } from './listener.ts';

export const DNS_MESSAGE = 'application/dns-message';
const METHODS = 'GET, HEAD, POST';
const MOST_QUERY_BYTES = 65_535;
/** Shared: filled and copied within one turn of the event loop. */
const reply = Buffer.alloc(STREAM_REPLY_BYTES);

export type DohRequest = IncomingMessage | Http2ServerRequest;

export interface DohParts {
  path: string;
  handler: PacketHandler;
  trusted: readonly Prefix[];
  /** The address of whoever is connected; undefined when the connection is gone. */
  peer: Uint8Array | undefined;
  /** Called when the query has come whole. */
  active: () => void;
}

interface Answer {
  status: number;
  headers: Record<string, string | number>;
  body: Buffer | string;
}

export function answerDoh(
  request: DohRequest,
  compatible: ServerResponse | Http2ServerResponse,
  parts: DohParts,
): void {
  // HTTP/2's response has the same methods; of a union of both, TypeScript could call none.
  const response = compatible as ServerResponse;
  request.on('error', () => {});
  response.on('error', () => {});
  const answer = (query: Buffer | Answer) => {
    if (response.headersSent) return;
    const { status, headers, body } = Buffer.isBuffer(query) ? answerQuery(query, request, parts) : query;
    response.writeHead(status, headers);
    response.end(body);
  };
  const url = request.url ?? '';
  const mark = url.indexOf('?');
  if ((mark < 0 ? url : url.slice(0, mark)) !== parts.path)
    answer(refusal(404, `queries go to ${parts.path}`));
  else if (request.method === 'GET' || request.method === 'HEAD')
    answer(queryOfParameter(mark < 0 ? '' : url.slice(mark + 1)));
  else if (request.method === 'POST') readPosted(request, answer);
  else answer(refusal(405, `one of ${METHODS}`, { allow: METHODS }));
}

function queryOfParameter(search: string): Buffer | Answer {
  const text = new URLSearchParams(search).get('dns');
  if (!text || text.length % 4 === 1 || !/^[\w-]+$/.test(text))
    return refusal(400, 'the parameter dns is to be one message in base64url without padding');
  return Buffer.from(text, 'base64url');
}

function readPosted(request: DohRequest, answer: (query: Buffer | Answer) => void): void {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  const tooLong = () => answer(refusal(413, `a DNS message has at most ${MOST_QUERY_BYTES} bytes`));
  if (type !== DNS_MESSAGE) {
    answer(refusal(415, `the body is to be ${DNS_MESSAGE}`));
    // Read and dropped, so that the next request on this connection begins where it does.
    request.resume();
    return;
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MOST_QUERY_BYTES) chunks.push(chunk);
    else tooLong();
  });
  request.on('end', () => answer(bytes === 0 ? refusal(400, 'an empty body') : Buffer.concat(chunks)));
}

function answerQuery(query: Buffer, request: DohRequest, parts: DohParts): Answer {
  if (!parts.peer) return refusal(400, 'the connection is gone');
  parts.active();
  const forwarded = request.headers['x-forwarded-for'];
  const header = Array.isArray(forwarded) ? forwarded.join(',') : forwarded;
  const source = clientAddress(parts.peer, header, parts.trusted);
  const bytes = parts.handler.handle(query, query.length, source, 'doh', reply);
  if (bytes <= 0) return refusal(400, 'no DNS query');
  const body = Buffer.from(reply.subarray(0, bytes));
  const headers = {
    'content-type': DNS_MESSAGE,
    'content-length': bytes,
    // Private: the answer may be for this client's address, which is no part of what a shared cache looks at.
    'cache-control': `private, max-age=${leastTtl(body)}`,
  };
  return { status: 200, headers, body };
}

function refusal(status: number, why: string, more: Record<string, string> = {}): Answer {
  const body = `${why}\n`;
  return { status, headers: { 'content-type': 'text/plain', 'content-length': body.length, ...more }, body };
}
