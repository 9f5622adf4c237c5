// DNS over TCP (RFC 7766): two bytes of length before each message, many queries on one connection, each answered at once
// and in order. Bounded against hostile clients: connections, idle time, and unread replies (a client that asks but
// does not read is not read from either).

import { createServer, type Socket } from 'node:net';
import { parseAddress } from '../../net/ip-address.ts';
import { type Listener, listenError, type PacketHandler } from './listener.ts';

const MAX_CONNECTIONS = 512;
/** RFC 7766 section 6.2.3 asks for some seconds; also the time a half-sent query may take. */
const IDLE_TIMEOUT_MS = 10_000;

export async function listenTcp(
  address: string,
  port: number,
  handle: PacketHandler,
  options: { idleTimeoutMs?: number; maxConnections?: number } = {},
): Promise<Listener> {
  const connections = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
    serveConnection(socket, handle, options.idleTimeoutMs ?? IDLE_TIMEOUT_MS);
  });
  server.maxConnections = options.maxConnections ?? MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, 'tcp', address, port)));
    server.listen({ host: address, port, ipv6Only: true, exclusive: true, backlog: 256 }, resolve);
  });
  server.removeAllListeners('error');
  server.on('error', () => {});
  const bound = server.address();
  return {
    address,
    port: typeof bound === 'object' && bound ? bound.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of connections) socket.destroy();
      }),
  };
}

function serveConnection(socket: Socket, handle: PacketHandler, idleTimeoutMs: number): void {
  const source = parseAddress(socket.remoteAddress?.replace(/%.*$/, '') ?? '');
  if (!source) {
    socket.destroy();
    return;
  }
  let pending: Buffer = Buffer.alloc(0);
  let deadline: NodeJS.Timeout | undefined;
  // Counted from the last whole query, not from the last byte: a client that trickles bytes is idle too.
  const restartDeadline = () => {
    clearTimeout(deadline);
    deadline = setTimeout(() => socket.destroy(), idleTimeoutMs);
  };
  const answerPending = () => {
    let at = 0;
    while (!socket.writableNeedDrain && !socket.destroyed && at + 2 <= pending.length) {
      const end = at + 2 + pending.readUInt16BE(at);
      if (end > pending.length) break;
      const reply = handle(pending.subarray(at + 2, end), source, 'tcp');
      at = end;
      restartDeadline();
      // A message that must not be answered has no place on a connection made to ask: end it.
      if (!reply) return socket.destroy();
      const framed = Buffer.allocUnsafe(2 + reply.length);
      framed.writeUInt16BE(reply.length, 0);
      reply.copy(framed, 2);
      socket.write(framed);
    }
    pending = pending.subarray(at);
    if (socket.writableNeedDrain) socket.pause();
  };
  restartDeadline();
  socket.on('data', (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    answerPending();
  });
  socket.on('drain', () => {
    answerPending();
    if (!socket.writableNeedDrain) socket.resume();
  });
  socket.on('close', () => clearTimeout(deadline));
  socket.on('error', () => socket.destroy());
}
