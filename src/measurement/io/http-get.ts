// One HTTP/1.1 GET over one new TCP connection (RFC 9112), with the times a browser's developer tools show: connect,
// first byte, whole body. Written on the socket itself, since an HTTP library hides the moment of connection and would
// keep connections alive; a lab's probe wants a new path decision for every request.

import { connect, type Socket } from 'node:net';
import { BodyReader, parseResponseHead, type ResponseHead } from '../http-response.ts';

export interface GetRequest {
  address: string;
  port: number;
  host: string;
  path: string;
  timeoutMs: number;
}

export interface GetResult {
  connectMs?: number;
  firstByteMs?: number;
  /** From the start of the connect to the last byte. */
  fetchMs?: number;
  head?: ResponseHead;
  bytes: number;
  error?: { stage: 'connect' | 'first-byte' | 'body'; reason: string };
}

/** The largest head a server may send before we call it malformed. */
const MAX_HEAD_BYTES = 32 * 1024;

export function httpGet(request: GetRequest): Promise<GetResult> {
  return new Promise((resolve) => {
    const started = performance.now();
    const result: GetResult = { bytes: 0 };
    let connected = 0;
    let pending: Buffer = Buffer.alloc(0);
    let body: BodyReader | undefined;
    const socket: Socket = connect({ host: request.address, port: request.port, noDelay: true });
    const stage = () => {
      if (result.connectMs === undefined) return 'connect';
      return result.firstByteMs === undefined ? 'first-byte' : 'body';
    };
    let settled = false;
    const finish = (reason?: string) => {
      if (settled) return;
      settled = true;
      clearTimeout(deadline);
      if (reason === undefined) result.fetchMs = performance.now() - started;
      else result.error = { stage: stage(), reason };
      socket.destroy();
      resolve(result);
    };
    const deadline = setTimeout(() => finish('timeout'), Math.max(1, request.timeoutMs));

    socket.once('connect', () => {
      connected = performance.now();
      result.connectMs = connected - started;
      socket.write(requestText(request));
    });
    socket.on('data', (chunk: Buffer) => {
      result.firstByteMs ??= performance.now() - connected;
      if (body === undefined) {
        pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
        const end = pending.indexOf('\r\n\r\n');
        if (end < 0) {
          if (pending.length > MAX_HEAD_BYTES) finish('malformed response');
          return;
        }
        const head = parseResponseHead(pending.subarray(0, end).toString('latin1'));
        if (head === undefined) return finish('malformed response');
        result.head = head;
        body = new BodyReader(head);
        chunk = pending.subarray(end + 4);
      }
      const state = body.push(chunk);
      result.bytes = body.bytes;
      if (state === 'complete') finish(failureOf(result.head));
      else if (state === 'malformed') finish('malformed response');
    });
    socket.on('end', () => {
      if (body?.completeAtEnd()) finish(failureOf(result.head));
      else finish('connection closed');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      finish(error.code === 'ECONNRESET' ? 'reset' : (error.code ?? error.message));
    });
  });
}

export function requestText(request: Pick<GetRequest, 'host' | 'path'>): string {
  return `GET ${request.path} HTTP/1.1\r\nHost: ${request.host}\r\nUser-Agent: catchment-probe\r\nAccept: */*\r\nConnection: close\r\n\r\n`;
}

/** An answer that is whole but is no success counts as failed: the user did not get the object. */
function failureOf(head: ResponseHead | undefined): string | undefined {
  return head !== undefined && head.status >= 200 && head.status < 400 ? undefined : `status ${head?.status}`;
}
