// Writes an answer to a client's socket at the client's pace. A response that the origin broke off is broken off here
// too (the connection is closed), since the client could not tell a short body from a whole one otherwise.

import type { ServerResponse } from 'node:http';
import { drained } from '../../net/io/drained.ts';
import type { Answer } from '../edge-request.ts';

/** Resolves with the bytes of body written when all is handed to the socket, the client left, or the origin failed. */
export async function respond(response: ServerResponse, answer: Answer, fields: string[]): Promise<number> {
  const { body, slice } = answer;
  if (response.destroyed) {
    if (body.kind === 'stream') body.reader.cancel();
    return 0;
  }
  if (body.kind === 'none') {
    response.writeHead(answer.status, fields);
    response.end();
    return 0;
  }
  response.writeHead(answer.status, fields);
  const window = { skip: slice?.first ?? 0, left: slice?.length ?? Number.POSITIVE_INFINITY };
  let written = 0;
  const write = (chunk: Uint8Array): boolean => {
    const part = chunk.subarray(window.skip, window.skip + Math.min(window.left, chunk.length));
    window.skip = Math.max(0, window.skip - chunk.length);
    window.left -= part.length;
    written += part.length;
    return part.length === 0 || response.write(part);
  };
  if (body.kind === 'chunks') {
    const last = body.chunks.length - 1;
    for (let i = 0; i < last && window.left > 0; i++) {
      const chunk = body.chunks[i];
      if (chunk && !write(chunk)) await drained(response);
      if (response.destroyed) return written;
    }
    const chunk = body.chunks[last];
    if (chunk && window.left > 0) {
      // The last piece goes with end(): head and body of a small object leave in one packet.
      const part = chunk.subarray(window.skip, window.skip + Math.min(window.left, chunk.length));
      response.end(part);
      return written + part.length;
    }
    response.end();
    return written;
  }
  const { reader } = body;
  // A client that leaves while the origin is silent must be noticed too.
  const onClose = () => reader.cancel();
  response.once('close', onClose);
  try {
    // The head goes out before the first byte of the body is there: the client learns its time to first byte.
    response.flushHeaders();
    while (window.left > 0) {
      const chunk = await reader.next();
      if (chunk === undefined || response.destroyed) break;
      if (!write(chunk)) await drained(response);
    }
    response.end();
  } catch {
    response.destroy();
  } finally {
    reader.cancel();
  }
  return written;
}
