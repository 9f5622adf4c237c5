// Listening on an address and port, or on a UNIX socket: what every admin server offers, so that a lab can ask a
// service how it is whatever its network does. One place for the hints when that fails.

import { rmSync } from 'node:fs';
import type { AddressInfo, Server } from 'node:net';
import { UserError } from '../../base/errors.ts';

export type ListenPlace = { address: string; port: number } | { path: string };

const HINTS: Record<string, string> = {
  EADDRINUSE: 'another process has this port: stop it, or choose another port in "listen"',
  EADDRNOTAVAIL: 'this machine does not have that address: add it to an interface first',
  EACCES: 'ports below 1024 need root or CAP_NET_BIND_SERVICE: choose a port above 1024',
};

/** What Node.js asks for itself. */
const BACKLOG = 511;

/**
 * Fulfilled with where the server listens (`port` 0 asks for any; of a UNIX socket the path as address and port 0). A
 * socket file left by a killed process is removed first. `backlog`: connections that wait to be accepted; more are not
 * answered, and their clients ask again a second later. Throws UserError.
 */
export function listenOn(server: Server, place: ListenPlace, backlog = BACKLOG): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const where = 'path' in place ? place.path : `${place.address} port ${place.port}`;
      reject(
        new UserError({
          message: `cannot listen on ${where}: ${error.message}`,
          hint: HINTS[error.code ?? ''],
        }),
      );
    });
    const listening = () => {
      server.removeAllListeners('error');
      // A connection that ends badly is the client's loss, not the server's end.
      server.on('error', () => {});
      const bound = server.address();
      resolve(
        typeof bound === 'object' && bound ? bound : { address: String(bound), family: 'unix', port: 0 },
      );
    };
    if ('path' in place) {
      rmSync(place.path, { force: true });
      server.listen({ path: place.path }, listening);
    } else {
      const { address, port } = place;
      server.listen({ host: address, port, backlog, ipv6Only: address.includes(':') }, listening);
    }
  });
}
