// A client on a bare socket, which costs little and times exactly: a hundred of them and the caches share two cores. It
// connects first and sends later, so that a herd's requests leave in one moment.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Reply {
  /** 0 when the connection ended without an answer. */
  status: number;
  /** Status line and fields, as they came. */
  head: string;
  body: Buffer;
  /** From the request to the first byte of the answer, and of its body, and to the end. */
  headMs: number;
  firstByteMs: number;
  totalMs: number;
  /** All that was announced has come. */
  whole: boolean;
}

export interface AskOptions {
  fields?: Readonly<Record<string, string>>;
  method?: string;
  timeoutMs?: number;
}

const TIMEOUT_MS = 30_000;

export async function ask(port: number, path: string, options: AskOptions = {}): Promise<Reply> {
  const client = await openClient(port);
  const reply = await client.ask(path, options);
  client.close();
  return reply;
}

export interface Client {
  ask(path: string, options?: AskOptions): Promise<Reply>;
  close(): void;
}

/** A kept connection; one request at a time. */
export async function openClient(port: number): Promise<Client> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => {});
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  return {
    ask: (path, options = {}) =>
      exchange(socket, requestText(path, options), options.timeoutMs ?? TIMEOUT_MS),
    close: () => socket.destroy(),
  };
}

/** `count` connections first, then all requests in one turn of the event loop. */
export async function herd(port: number, count: number, path: string): Promise<Reply[]> {
  const clients = await Promise.all(Array.from({ length: count }, () => openClient(port)));
  const replies = await Promise.all(clients.map((client) => client.ask(path)));
  for (const client of clients) client.close();
  return replies;
}

function requestText(path: string, { method = 'GET', fields = {} }: AskOptions): string {
  const lines = Object.entries({ Host: HOST, ...fields }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** Host of all requests of the bench. */
export const HOST = 'bench.cdn.test';

function exchange(socket: Socket, request: string, timeoutMs: number): Promise<Reply> {
  return new Promise((resolve) => {
    const startedMs = performance.now();
    const since = () => performance.now() - startedMs;
    let bytes = Buffer.alloc(0);
    let chunks: Buffer[] = [];
    let received = 0;
    let head: Head | undefined;
    let headMs = Number.NaN;
    let firstByteMs = Number.NaN;
    const finish = (whole: boolean) => {
      clearTimeout(timer);
      socket.off('data', onData).off('close', onClose);
      const body = Buffer.concat(chunks);
      const status = head?.status ?? 0;
      resolve({ status, head: head?.text ?? '', body, headMs, firstByteMs, totalMs: since(), whole });
    };
    const timer = setTimeout(() => {
      finish(false);
      socket.destroy();
    }, timeoutMs);
    const onClose = () => finish(head !== undefined && head.length === 'close');
    const onData = (chunk: Buffer) => {
      let rest = chunk;
      if (!head) {
        if (Number.isNaN(headMs)) headMs = since();
        bytes = Buffer.concat([bytes, chunk]);
        const end = bytes.indexOf('\r\n\r\n');
        if (end < 0) return;
        head = parseHead(bytes.toString('latin1', 0, end));
        rest = bytes.subarray(end + 4);
      }
      if (rest.length > 0) {
        if (Number.isNaN(firstByteMs)) firstByteMs = since();
        chunks.push(rest);
        received += rest.length;
      }
      if (head.length === 'chunked') {
        const tail = Buffer.concat(chunks.slice(-2)).subarray(-7).toString('latin1');
        if (!tail.endsWith('0\r\n\r\n') || (tail.length > 5 && !tail.endsWith('\r\n0\r\n\r\n'))) return;
        chunks = [unchunk(Buffer.concat(chunks))];
        finish(true);
      } else if (typeof head.length === 'number' && received >= head.length) finish(true);
    };
    socket.on('data', onData).on('close', onClose);
    if (socket.destroyed) finish(false);
    else socket.write(request);
  });
}

interface Head {
  text: string;
  status: number;
  length: number | 'chunked' | 'close';
}

function parseHead(text: string): Head {
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0);
  const length = fieldOf(text, 'content-length');
  if (status === 304 || status === 204) return { text, status, length: 0 };
  if (/^transfer-encoding:.*chunked/im.test(text)) return { text, status, length: 'chunked' };
  return { text, status, length: length === undefined ? 'close' : Number(length) };
}

export function fieldOf(head: string, name: string): string | undefined {
  return new RegExp(`^${name}:[ \\t]*(.*?)[ \\t]*$`, 'im').exec(head)?.[1];
}

function unchunk(bytes: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.toString('latin1', at, end), 16);
    if (!(size > 0)) return Buffer.concat(pieces);
    pieces.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}
