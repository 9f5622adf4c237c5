// The operator's side door over HTTP, on a UNIX socket or a TCP port: see who may ask in admin-access, what in
// admin-routes. A socket file is put in place by a rename, so that a server that takes over from another (hot restart)
// has it at once, and the old one's end does not remove it.

import { chmodSync, renameSync, rmSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { listenOn } from '../../net/io/listen.ts';
import { type AdminPlace, adminGuard } from './admin-access.ts';
import { type AdminReply, answerAdmin, problem } from './admin-routes.ts';
import type { AdminSubject } from './admin-subject.ts';
import type { Listener } from './listener.ts';

/** An override is a line. */
const MOST_BODY_BYTES = 4096;
/** A client that has not sent its request by then has gone. */
const REQUEST_TIMEOUT_MS = 10_000;
/** More would be no operator. */
const MOST_CONNECTIONS = 64;

/** Throws UserError where it cannot listen, or would do so unguarded. */
export async function startAdminServer(place: AdminPlace, subject: AdminSubject): Promise<Listener> {
  const guard = adminGuard(place);
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    const refusal = guard(request.headers);
    const reply = refusal
      ? Promise.resolve(problem(refusal.status, refusal.error, refusal.hint))
      : readBody(request).then((body) =>
          body === undefined
            ? problem(413, `a body has at most ${MOST_BODY_BYTES} bytes`)
            : answerAdmin({ method: request.method ?? 'GET', target: request.url ?? '/', body }, subject),
        );
    // A client that left in the middle of its request is all that can go wrong here.
    reply.then((ready) => send(response, ready)).catch(() => response.destroy());
  });
  server.maxConnections = MOST_CONNECTIONS;
  const bound = 'path' in place ? await listenAtPath(server, place.path) : await listenAtPort(server, place);
  return {
    address: bound.address,
    port: bound.port,
    close: () =>
      new Promise((resolve) => {
        bound.remove();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function listenAtPort(
  server: ReturnType<typeof createServer>,
  place: { address: string; port: number },
) {
  const { address, port } = await listenOn(server, place);
  return { address, port, remove: () => {} };
}

async function listenAtPath(server: ReturnType<typeof createServer>, path: string) {
  // A name no longer than most: the system allows 107 bytes for the whole path.
  const passing = join(dirname(path), `.s${process.pid}`);
  await listenOn(server, { path: passing });
  chmodSync(passing, 0o660);
  const { ino } = statSync(passing);
  renameSync(passing, path);
  const remove = () => {
    const present = statSync(path, { throwIfNoEntry: false });
    if (present?.ino === ino) rmSync(path, { force: true });
  };
  return { address: path, port: 0, remove };
}

/** Undefined when it is too long. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, { status, contentType, text }: AdminReply): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(text),
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
    'cache-control': 'no-store',
  });
  response.end(text);
}
