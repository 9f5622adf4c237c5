// The operator's side door over HTTP, on a UNIX socket or a TCP port: see who may ask in admin-access, what in
// admin-routes, which are loaded by the first request: an edge that nobody operates does not carry them.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AdminPlace, adminGuard, type Refusal } from './admin-access.ts';
import type { AdminReply } from './admin-routes.ts';
import { type AdminContext, adminSubject } from './admin-state.ts';
import type { AdminSubject } from './admin-subject.ts';
import { peerAddresses, peerRefusal } from './peer-access.ts';
import type { PurgePeer } from './purge-peers.ts';
import { MOST_PUSHED_BYTES } from './push-object.ts';

export type { AdminContext } from './admin-state.ts';
export type { AdminSubject } from './admin-subject.ts';

/** A list of URLs to warm is the longest thing but a pushed object. */
const MOST_BODY_BYTES = 16 * 1024 * 1024;
/** A client that has not sent its request by then has gone; a pushed object may take its time. */
const REQUEST_TIMEOUT_MS = 60_000;
/** More would be no operator. */
const MOST_CONNECTIONS = 64;
/** Peers keep their connections, and ask about every half minute (purge-service.ts). */
const KEPT_MS = 75_000;

/**
 * Not listening yet. `place`: where it will, which decides who may ask; without it everybody. @throws UserError when the
 * place is not safe.
 */
export function createAdminServer(context: AdminContext, place?: AdminPlace): Server {
  const guard = place === undefined ? () => undefined : adminGuard(place);
  return serve(context, ({ headers }) => guard(headers));
}

/** For other edges: purges and their journal, and that from their own addresses only. Not listening yet. */
export function createPurgeServer(context: AdminContext, peers: readonly PurgePeer[]): Server {
  const addresses = peerAddresses(peers);
  const server = serve(context, ({ method, url, socket }) =>
    peerRefusal(addresses, method, url, socket.remoteAddress),
  );
  server.maxConnections = MOST_CONNECTIONS + 2 * peers.length;
  return server;
}

function serve(context: AdminContext, refuse: (request: IncomingMessage) => Refusal | undefined): Server {
  const subject = adminSubject(context);
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: KEPT_MS },
    (request, response) => {
      request.on('error', () => {});
      response.on('error', () => {});
      const refusal = refuse(request);
      if (refusal) {
        const { status, ...content } = refusal;
        return send(response, {
          status,
          contentType: 'application/json',
          text: `${JSON.stringify(content)}\n`,
        });
      }
      // A client that left in the middle of its request is all that can go wrong here.
      reply(request, subject).then(
        (ready) => send(response, ready),
        () => response.destroy(),
      );
    },
  );
  server.maxConnections = MOST_CONNECTIONS;
  return server;
}

async function reply(request: IncomingMessage, subject: AdminSubject): Promise<AdminReply> {
  const { answerAdmin, problem } = await import('./admin-routes.ts');
  const method = request.method ?? 'GET';
  const most = method === 'PUT' ? MOST_PUSHED_BYTES : MOST_BODY_BYTES;
  const body = await readBody(request, most);
  if (body === undefined) return problem(413, `a body has at most ${most} bytes`);
  const contentType = request.headers['content-type'];
  return answerAdmin({ method, target: request.url ?? '/', contentType, body }, subject);
}

/** Undefined when it is too long. */
async function readBody(request: IncomingMessage, most: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, { status, contentType, text }: AdminReply): void {
  response.writeHead(status, {
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(text),
    ...(status === 401 && { 'WWW-Authenticate': 'Bearer' }),
    'Cache-Control': 'no-store',
  });
  response.end(text);
}
