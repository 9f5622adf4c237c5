// DNS over HTTPS (RFC 8484): HTTP/2, or HTTP/1.1 for clients that have no more; or plain HTTP on loopback, for a proxy that
// has the certificate.

import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { createSecureServer, type ServerHttp2Session } from 'node:http2';
import type { Server, Socket } from 'node:net';
import type { Prefix } from '../../net/prefix.ts';
import { answerDoh } from './doh-request.ts';
import { type Admitted, admitConnections } from './dot-admission.ts';
import type { Certificate } from './dot-certificate.ts';
import type { SecureListener } from './dot-listener.ts';
import type { PacketHandler } from './listener.ts';
import type { ConnectionTable } from './tcp-connections.ts';
import { listenStream, type StreamPlace } from './tcp-listener.ts';

const HANDSHAKE_TIMEOUT_MS = 5_000;
const TICKET_KEY_BYTES = 48;
/** Queries at once on one connection (RFC 9113 section 6.5.2 recommends no fewer). */
const STREAMS = 100;
/** Megabytes that one HTTP/2 session may hold. */
const SESSION_MEMORY_MB = 1;

export interface DohOptions {
  path: string;
  trusted: readonly Prefix[];
  /** Absent: plain HTTP. */
  certificate?: Certificate | undefined;
}

/** @throws UserError */
export async function listenDoh(
  place: StreamPlace,
  { path, trusted, certificate }: DohOptions,
  handler: PacketHandler,
  connections: ConnectionTable,
): Promise<SecureListener> {
  let admittedOf: (above: Socket) => Admitted | undefined = () => undefined;
  const onRequest: Parameters<typeof createServer>[1] & Parameters<typeof createSecureServer>[1] = (
    request: Parameters<typeof answerDoh>[0],
    response: Parameters<typeof answerDoh>[1],
  ) => {
    const admitted = admittedOf(request.socket);
    const active = () => {
      if (admitted) connections.touch(admitted);
    };
    answerDoh(request, response, { path, handler, trusted, peer: admitted?.source, active });
  };
  const secrets = { minVersion: 'TLSv1.2', ticketKeys: randomBytes(TICKET_KEY_BYTES) } as const;
  const secure =
    certificate &&
    createSecureServer(
      {
        ...certificate,
        ...secrets,
        allowHTTP1: true,
        handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
        settings: { maxConcurrentStreams: STREAMS },
        maxSessionMemory: SESSION_MEMORY_MB,
      },
      onRequest,
    );
  const server: Server = secure ?? createServer({ noDelay: true }, onRequest);
  admittedOf = admitConnections(server, connections);
  secure?.on('session', (session: ServerHttp2Session) => {
    const admitted = admittedOf(session.socket);
    if (admitted) admitted.finishAbove = () => session.close();
    session.on('error', () => session.destroy());
  });
  server.on('tlsClientError', () => {});
  server.on('clientError', (_error: Error, socket: Socket) => void socket.destroy());
  const listener = await listenStream(server, place, 'doh');
  return { ...listener, useCertificate: (changed) => secure?.setSecureContext({ ...changed, ...secrets }) };
}
