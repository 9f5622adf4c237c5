// DNS over TLS (RFC 7858): TLS around what TCP carries. Clients come back without a full handshake (tickets, RFC 8446
// section 2.2), also after the certificate was changed.

import { randomBytes } from 'node:crypto';
import { createServer, type TLSSocket } from 'node:tls';
import { admitConnections } from './dot-admission.ts';
import type { Certificate } from './dot-certificate.ts';
import type { Listener, PacketHandler } from './listener.ts';
import { StreamConnection } from './tcp-connection.ts';
import type { ConnectionTable } from './tcp-connections.ts';
import { listenStream, type StreamPlace } from './tcp-listener.ts';

const HANDSHAKE_TIMEOUT_MS = 5_000;
const TICKET_KEY_BYTES = 48;

export interface SecureListener extends Listener {
  /** For new connections. */
  useCertificate(certificate: Certificate): void;
}

/** @throws UserError */
export async function listenDot(
  place: StreamPlace,
  certificate: Certificate,
  handler: PacketHandler,
  connections: ConnectionTable,
): Promise<SecureListener> {
  const secrets = { minVersion: 'TLSv1.2', ticketKeys: randomBytes(TICKET_KEY_BYTES) } as const;
  const server = createServer({
    ...certificate,
    ...secrets,
    ALPNProtocols: ['dot'],
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    noDelay: true,
  });
  const admittedOf = admitConnections(server, connections);
  server.on('secureConnection', (socket: TLSSocket) => {
    const admitted = admittedOf(socket);
    if (!admitted) {
      socket.destroy();
      return;
    }
    const active = () => connections.touch(admitted);
    const parts = { socket, source: admitted.source, transport: 'dot', handler, active } as const;
    const stream = new StreamConnection(parts);
    admitted.finishAbove = () => stream.finish();
  });
  // Port scans and clients that distrust us: theirs to know.
  server.on('tlsClientError', () => {});
  const listener = await listenStream(server, place, 'dot');
  return { ...listener, useCertificate: (changed) => server.setSecureContext({ ...changed, ...secrets }) };
}
