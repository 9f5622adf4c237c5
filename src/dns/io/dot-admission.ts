// Connections with a layer between TCP and the queries (TLS, HTTP): counted and bounded from the moment TCP has them, so that
// unfinished handshakes count too, and found again when the layer above has something to say. Both sides know a
// connection by its addresses, since Node.js does not tell which socket is below which.

import type { Server, Socket } from 'node:net';
import type { Connection, ConnectionTable } from './tcp-connections.ts';
import { sourceOf } from './tcp-listener.ts';

/** The four that name a TCP connection; a TLS socket and the stand-in that HTTP/2 gives have them too. */
type Endpoints = Pick<Socket, 'remoteAddress' | 'remotePort' | 'localAddress' | 'localPort'>;

export class Admitted implements Connection {
  readonly source: Uint8Array;
  /** What the layer above does to end without loss. */
  finishAbove: (() => void) | undefined;
  readonly #raw: Socket;

  constructor(raw: Socket, source: Uint8Array) {
    this.#raw = raw;
    this.source = source;
  }

  destroy(): void {
    this.#raw.destroy();
  }

  finish(): void {
    if (this.finishAbove) this.finishAbove();
    else this.#raw.destroy();
  }
}

/** Admits or cuts each connection of the server; the function it returns finds an admitted one. */
export function admitConnections(
  server: Server,
  connections: ConnectionTable,
): (above: Endpoints) => Admitted | undefined {
  const admitted = new Map<string, Admitted>();
  server.prependListener('connection', (raw: Socket) => {
    const source = sourceOf(raw);
    const connection = source && new Admitted(raw, source);
    if (!connection || !connections.admit(connection, connection.source)) {
      raw.destroy();
      return;
    }
    const name = nameOf(raw);
    admitted.set(name, connection);
    raw.on('error', () => raw.destroy());
    raw.on('close', () => {
      connections.remove(connection);
      if (admitted.get(name) === connection) admitted.delete(name);
    });
  });
  return (above) => admitted.get(nameOf(above));
}

function nameOf({ remoteAddress, remotePort, localAddress, localPort }: Endpoints): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
