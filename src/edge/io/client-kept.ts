// The short way for plain hits: the whole response serialised once a second, then one look-up and one write.

import type { Socket } from 'node:net';
import type { Answer } from '../edge-request.ts';
import type { KeptResponse } from '../http1/kept-responses.ts';
import { frameResponse, type ResponseTo } from '../http1/response-head.ts';
import { clientFields } from './client-answer.ts';
import type { ConnectionHost } from './client-connection.ts';
import { COPIED_AFTER_HITS, COPIED_BYTES } from './kernel-copies.ts';
import { ONE_BUFFER_BYTES, oneBuffer, sizeOf, UNREAD_BYTES, type Written, writeParts } from './respond.ts';

/** Undefined for an answer that is not a plain hit, or not to a plain request: the long way. */
export function respondFromKept(
  socket: Socket,
  host: ConnectionHost,
  answer: Answer,
  to: ResponseTo,
): Written | undefined {
  const { stored } = answer;
  if (stored === undefined || !to.keepAlive || to.minorVersion === 0 || to.method !== 'GET') return undefined;
  if (answer.status !== 200 || answer.slice) return undefined;
  // What a trip to the origin brought says so in its Cache-Status, to each who waited in its own words.
  if (answer.cacheStatus.hit !== true) return undefined;
  const second = Math.floor(Date.now() / 1000);
  let kept = host.kept.get(stored, answer.cacheStatus, second);
  if (kept === undefined) {
    kept = render(host, answer, to);
    if (kept === undefined) return undefined;
    host.kept.keep(stored, kept, second);
  }
  const { bytes, body, small, size } = kept;
  if (small) socket.write(bytes);
  else {
    const [whole] = body;
    const copied = size >= COPIED_BYTES && whole?.length === size && ++kept.hits > COPIED_AFTER_HITS;
    if (!copied || !host.copies.send(socket, bytes, whole)) writeParts(socket, bytes, body);
  }
  return { bytes: size, keepAlive: true, whole: true };
}

function render({ context }: ConnectionHost, answer: Answer, to: ResponseTo): KeptResponse | undefined {
  const { cacheStatus, body } = answer;
  const size = sizeOf(answer);
  if (body.kind !== 'chunks' || size > UNREAD_BYTES) return undefined;
  const fields = clientFields(context, answer, new Date().toUTCString());
  const { head } = frameResponse(to, answer.status, fields, size);
  const small = size <= ONE_BUFFER_BYTES;
  return {
    ttl: cacheStatus.ttl,
    detail: cacheStatus.detail,
    key: cacheStatus.key,
    bytes: small ? oneBuffer(head, body.chunks, size) : Buffer.from(head, 'latin1'),
    body: body.chunks,
    small,
    size,
    hits: 0,
  };
}
