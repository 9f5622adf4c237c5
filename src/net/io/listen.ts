// Listening on an address and port, or on a UNIX socket: what every admin server offers, so that a lab can ask a
// service how it is whatever its network does.

import { rmSync } from 'node:fs';
import type { Server } from 'node:net';

export type ListenAddress = { address: string; port: number } | { path: string };

/** Resolves when the server listens. A socket file left by a killed process is removed first. */
export function listenOn(server: Server, where: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const done = () => {
      server.off('error', reject);
      resolve();
    };
    if ('path' in where) {
      rmSync(where.path, { force: true });
      server.listen({ path: where.path }, done);
    } else {
      server.listen({ host: where.address, port: where.port, ipv6Only: where.address.includes(':') }, done);
    }
  });
}
