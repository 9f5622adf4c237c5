// All connections read into one buffer. Node gives every read 64 KiB of its own: a tenth of what a small hit costs, and
// garbage whose collections clients wait for. The price: who wants to keep bytes has to copy them before it returns.
//
// Node has this for sockets that one opens (`onread` of net.Socket), not for those that a server accepts: their handle
// moves to a socket of that kind. Where a Node's handles are different, reads are as they always were.

import { type Server, Socket } from 'node:net';

/** As Node's own reads. */
const READ_BYTES = 65_536;
const shared = Buffer.allocUnsafeSlow(READ_BYTES);

interface Internals {
  _handle?: { useUserBuffer?(buffer: Uint8Array): void } | null;
  _server?: Server | null;
}

/**
 * The socket to use in the place of the accepted one, whose bytes go to `receive`; a chunk is only true until that
 * returns. To be called before anything listens to `accepted`.
 */
export function withSharedReads(accepted: Socket, receive: (chunk: Buffer) => void): Socket {
  const internals = accepted as unknown as Internals;
  const { _handle: handle, _server: server } = internals;
  if (typeof handle?.useUserBuffer !== 'function' || !server) {
    accepted.on('data', receive);
    return accepted;
  }
  internals._handle = null;
  internals._server = null;
  const onread = {
    buffer: shared,
    callback(bytes: number) {
      receive(shared.subarray(0, bytes));
      return true;
    },
  };
  const options: object = { handle, onread, allowHalfOpen: true };
  const socket = new Socket(options);
  // Counts it until it is closed.
  (socket as unknown as Internals)._server = server;
  return socket;
}
