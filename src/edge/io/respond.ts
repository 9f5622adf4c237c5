// Writes an answer to a client's socket at the client's pace. A response that the origin broke off is broken off here
// too (the connection is closed), since the client could not tell a short body from a whole one otherwise.

import type { Socket } from 'node:net';
import type { Answer } from '../edge-request.ts';
import type { BodyReader } from '../growing-body.ts';
import { frameResponse, type ResponseFraming, type ResponseTo } from '../http1/response-head.ts';

/** Head and body of a small answer leave as one buffer: one write costs less than two gathered ones (+23 % requests). */
export const ONE_BUFFER_BYTES = 16_384;
/** Written without waiting for the client; a reply of this size is what a client that reads nothing can hold. */
export const UNREAD_BYTES = 262_144;

export interface Response {
  answer: Answer;
  /** All fields but those of the connection. */
  fields: readonly string[];
  to: ResponseTo;
}

export interface Written {
  /** Of the body. */
  bytes: number;
  /** Another answer may follow on this connection. */
  keepAlive: boolean;
  /** All of it was handed to the system. */
  whole: boolean;
}

/**
 * Hands the answer to the socket; a promise where that takes waiting for the origin or the client. Throws (before
 * anything is written) when a field cannot be written. Never rejects: what breaks off destroys the socket.
 */
export function respond(socket: Socket, { answer, fields, to }: Response): Written | Promise<Written> {
  const { body } = answer;
  const size = body.kind === 'none' ? 0 : body.kind === 'chunks' ? sizeOf(answer) : undefined;
  const framing = frameResponse(to, answer.status, fields, size);
  const { keepAlive } = framing;
  if (body.kind === 'stream') {
    if (framing.hasBody) return writeStream(socket, answer, body.reader, framing);
    body.reader.cancel();
  }
  if (body.kind !== 'chunks' || !framing.hasBody) {
    socket.write(framing.head, 'latin1');
    return { bytes: 0, keepAlive, whole: true };
  }
  const parts = partsOf(body.chunks, answer.slice);
  if ((size as number) <= ONE_BUFFER_BYTES) socket.write(oneBuffer(framing.head, parts, size as number));
  else if ((size as number) <= UNREAD_BYTES) writeParts(socket, framing.head, parts);
  else return writeSlowly(socket, framing, parts);
  return { bytes: size as number, keepAlive, whole: true };
}

export function writeParts(socket: Socket, head: string | Buffer, parts: readonly Uint8Array[]): void {
  socket.cork();
  if (typeof head === 'string') socket.write(head, 'latin1');
  else socket.write(head);
  for (const part of parts) socket.write(part);
  socket.uncork();
}

/** A large stored body: piece by piece, so that a client that reads nothing holds none of it when it is evicted. */
async function writeSlowly(
  socket: Socket,
  framing: ResponseFraming,
  parts: readonly Uint8Array[],
): Promise<Written> {
  let bytes = 0;
  socket.write(framing.head, 'latin1');
  for (const part of parts) {
    for (let at = 0; at < part.length; at += UNREAD_BYTES) {
      const piece = part.subarray(at, at + UNREAD_BYTES);
      if (socket.destroyed) return { bytes, keepAlive: false, whole: false };
      bytes += piece.length;
      if (!socket.write(piece)) await drained(socket);
    }
  }
  return { bytes, keepAlive: framing.keepAlive, whole: !socket.destroyed };
}

async function writeStream(
  socket: Socket,
  { slice }: Answer,
  reader: BodyReader,
  framing: ResponseFraming,
): Promise<Written> {
  let skip = slice?.first ?? 0;
  let left = slice?.length ?? framing.length ?? Number.POSITIVE_INFINITY;
  let bytes = 0;
  // A client that leaves while the origin is silent must be noticed too.
  const onClose = () => reader.cancel();
  socket.once('close', onClose);
  try {
    // The head goes out before the first byte of the body is there: the client learns its time to first byte.
    socket.write(framing.head, 'latin1');
    while (left > 0 && !socket.destroyed) {
      const chunk = await reader.next();
      if (chunk === undefined || socket.destroyed) break;
      const part = chunk.subarray(skip, skip + Math.min(left, chunk.length));
      skip = Math.max(0, skip - chunk.length);
      if (part.length === 0) continue;
      // More than was announced would be read as the next response.
      if (slice === undefined && part.length < chunk.length) throw new Error('longer than announced');
      left -= part.length;
      bytes += part.length;
      if (!writePart(socket, part, framing.chunked)) await drained(socket);
    }
    if (framing.length !== undefined && bytes !== framing.length) throw new Error('shorter than announced');
    if (framing.chunked && !socket.destroyed) socket.write('0\r\n\r\n', 'latin1');
    return { bytes, keepAlive: framing.keepAlive, whole: !socket.destroyed };
  } catch {
    socket.destroy();
    return { bytes, keepAlive: false, whole: false };
  } finally {
    socket.off('close', onClose);
    reader.cancel();
  }
}

function writePart(socket: Socket, part: Uint8Array, chunked: boolean): boolean {
  if (!chunked) return socket.write(part);
  socket.cork();
  socket.write(`${part.length.toString(16)}\r\n`, 'latin1');
  socket.write(part);
  const ready = socket.write('\r\n', 'latin1');
  socket.uncork();
  return ready;
}

export function oneBuffer(head: string, parts: readonly Uint8Array[], size: number): Buffer {
  const whole = Buffer.allocUnsafe(head.length + size);
  let at = whole.write(head, 'latin1');
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function sizeOf({ body, slice }: Answer): number {
  if (slice) return slice.length;
  let size = 0;
  if (body.kind === 'chunks') for (const chunk of body.chunks) size += chunk.length;
  return size;
}

function partsOf(chunks: readonly Uint8Array[], slice: Answer['slice']): readonly Uint8Array[] {
  if (!slice) return chunks;
  const parts: Uint8Array[] = [];
  let { first: skip, length: left } = slice;
  for (const chunk of chunks) {
    if (left === 0) break;
    const part = chunk.subarray(skip, skip + Math.min(left, Math.max(0, chunk.length - skip)));
    skip = Math.max(0, skip - chunk.length);
    left -= part.length;
    if (part.length > 0) parts.push(part);
  }
  return parts;
}

/** Fulfilled when the client has taken what was written, or has left. */
function drained(socket: Socket): Promise<void> {
  if (socket.destroyed || !socket.writableNeedDrain) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.on('drain', done);
    socket.on('close', done);
  });
}
