// Reads a stream of bytes to requests in two ways: with the edge's own parser, as a connection does, and with llhttp,
// the parser of node:http, which is the oracle: what the edge takes for a request, llhttp must take for the same one.

// @ts-expect-error: internal to Node.js and untyped, but the only way to llhttp without sockets.
import { HTTPParser } from 'node:_http_common';
import { METHODS } from 'node:http';
import { bodyDecoder } from '../../../src/edge/http1/body-decoder.ts';
import { DEFAULT_HTTP1_LIMITS } from '../../../src/edge/http1/limits.ts';
import { Refusal } from '../../../src/edge/http1/refusal.ts';
import { type ReceivedRequest, RequestReader } from '../../../src/edge/http1/request-reader.ts';

/** llhttp tells methods by number, and Node.js keeps the list of names to itself: filled below. */
const methodNames = new Map<number, string>();

export interface ReadRequest {
  method: string;
  /** Undefined where the client named it in absolute form. */
  target: string;
  fields: string[];
  body: string;
}

export interface ReadStream {
  requests: ReadRequest[];
  /** Status and reason of what ended it. */
  refused: string | undefined;
}

/** `chunks` are read one after the other; ends at a refusal or a request that is the connection's last. */
export function readWithEdge(
  chunks: readonly Buffer[],
  reader = new RequestReader(DEFAULT_HTTP1_LIMITS),
): ReadStream {
  const result: ReadStream = { requests: [], refused: undefined };
  let held = Buffer.alloc(0);
  let request: ReceivedRequest | undefined;
  let decoder: ReturnType<typeof bodyDecoder> | undefined;
  let body = '';
  for (const chunk of chunks) {
    held = Buffer.concat([held, chunk]);
    for (;;) {
      if (!request) {
        const read = reader.read(held, 0);
        if (read === undefined) break;
        if (read instanceof Refusal) return refuse(result, read);
        request = read;
        held = held.subarray(reader.end);
        decoder = bodyDecoder(request.bodyLength);
        body = '';
      }
      if (decoder && !decoder.done && request.bodyLength !== 0) {
        const end = decoder.decode(held, 0, (content) => {
          body += content.toString('latin1');
        });
        if (end instanceof Refusal) return refuse(result, end);
        held = held.subarray(end);
        if (!decoder.done) break;
      }
      const { method, pathAndQuery, fields, keepAlive } = request;
      result.requests.push({ method, target: pathAndQuery, fields: [...fields], body });
      request = undefined;
      if (!keepAlive) return result;
    }
  }
  return result;
}

function refuse(result: ReadStream, refusal: Refusal): ReadStream {
  result.refused = `${refusal.status} ${refusal.reason}`;
  return result;
}

export function readWithLlhttp(bytes: Buffer): ReadStream {
  const result: ReadStream = { requests: [], refused: undefined };
  let current: ReadRequest = { method: '', target: '', fields: [], body: '' };
  const parser = new HTTPParser();
  parser.initialize(HTTPParser.REQUEST, {}, 65_536, HTTPParser.kLenientNone);
  let inBody = false;
  parser[HTTPParser.kOnHeaders] = (fields: string[], url: string) => {
    // Trailers come this way too.
    if (inBody) return;
    current.fields.push(...fields);
    current.target += url;
  };
  parser[HTTPParser.kOnMessageBegin] = () => {
    current = { method: '', target: '', fields: [], body: '' };
    inBody = false;
  };
  parser[HTTPParser.kOnHeadersComplete] = (
    _major: number,
    _minor: number,
    fields: string[] | undefined,
    method: number,
    url: string,
  ) => {
    current.method = methodNames.get(method) ?? String(method);
    if (fields) current.fields = fields;
    if (url) current.target = url;
    inBody = true;
    return 0;
  };
  parser[HTTPParser.kOnBody] = (chunk: Buffer) => {
    current.body += chunk.toString('latin1');
  };
  parser[HTTPParser.kOnMessageComplete] = () => {
    result.requests.push({ ...current });
  };
  const outcome = parser.execute(bytes);
  if (outcome instanceof Error) result.refused = (outcome as NodeJS.ErrnoException).code ?? 'error';
  return result;
}

for (const name of METHODS) {
  const before = readWithLlhttp(Buffer.from(`${name} / HTTP/1.1\r\n\r\n`)).requests[0]?.method;
  if (before) methodNames.set(Number(before), name);
}
