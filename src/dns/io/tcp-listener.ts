// DNS over TCP (RFC 7766): two bytes of length before each message, many queries on one connection. What one connection does
// is in tcp-connection.ts, the bounds over all of them in tcp-connections.ts.

import { createServer, type Server, type Socket } from 'node:net';
import { parseAddress } from '../../net/ip-address.ts';
import {
  type ListenAddress,
  type Listener,
  listenError,
  type PacketHandler,
  type Transport,
} from './listener.ts';
import { StreamConnection } from './tcp-connection.ts';
import type { ConnectionTable } from './tcp-connections.ts';

const BACKLOG = 1024;

/** Where a stream server listens: on an address, or on a socket that is open already (udp-open.ts, hot-restart.ts). */
export interface StreamPlace extends ListenAddress {
  fd?: number;
  /** Other processes may listen there too. */
  sharePort?: boolean;
}

/** `close` only ends listening; the connections are the table's to close. @throws UserError */
export async function listenTcp(
  place: StreamPlace,
  handler: PacketHandler,
  connections: ConnectionTable,
): Promise<Listener> {
  const server = createServer({ noDelay: true }, (socket) => {
    const source = sourceOf(socket);
    if (!source) {
      socket.destroy();
      return;
    }
    const active = () => connections.touch(connection);
    const connection = new StreamConnection({ socket, source, transport: 'tcp', handler, active });
    if (!connections.admit(connection, source)) {
      socket.destroy();
      return;
    }
    socket.on('close', () => connections.remove(connection));
  });
  return listenStream(server, place, 'tcp');
}

/** @throws UserError */
export async function listenStream(
  server: Server,
  { fd, address, port, sharePort }: StreamPlace,
  transport: Transport,
): Promise<Listener> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, transport, address, port)));
    const listening = () => resolve();
    if (fd !== undefined) server.listen({ fd, backlog: BACKLOG, exclusive: true }, listening);
    else
      server.listen(
        {
          host: address,
          port,
          backlog: BACKLOG,
          ipv6Only: address.includes(':'),
          exclusive: true,
          ...(sharePort && { reusePort: true }),
        },
        listening,
      );
  });
  server.removeAllListeners('error');
  server.on('error', () => {});
  const bound = server.address();
  return {
    address,
    port: typeof bound === 'object' && bound ? bound.port : port,
    close: () => new Promise((resolve) => void setImmediate(() => stopListening(server, resolve))),
  };
}

/** undefined when the client is gone already. */
export function sourceOf(socket: Socket): Uint8Array | undefined {
  return parseAddress(withoutZone(socket.remoteAddress ?? ''));
}

/** Link-local sources come with a zone id: `fe80::1%eth0`. */
export function withoutZone(address: string): string {
  const percent = address.indexOf('%');
  return percent < 0 ? address : address.slice(0, percent);
}

/** A turn later, so that those who wait in the backlog have been accepted. Does not wait for connections. */
function stopListening(server: Server, done: () => void): void {
  server.close();
  done();
}
