// The supervisor's HTTP API on its UNIX socket. Bodies are JSON; errors are {error}. Only this host's lab owner can
// reach it: the socket lives in the lab's private /run. Changes (POST) are made one at a time, in the order they come:
// two failures that share a link would else each see it as it was before the other.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { EventLog } from './event-log.ts';

export type Handler = (body: unknown) => Promise<unknown> | unknown;

export function serveApi(path: string, handlers: Record<string, Handler>, events: EventLog): Promise<Server> {
  let lastChange: Promise<unknown> = Promise.resolve();
  const inTurn = (change: () => unknown) => {
    lastChange = lastChange.then(change, change);
    return lastChange;
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://supervisor');
    if (url.pathname === '/events') {
      streamEvents(events, url.searchParams.get('fromStart') === '1', response);
      return;
    }
    const handler = handlers[`${request.method} ${url.pathname}`];
    if (!handler) {
      answer(response, 404, { error: `no ${request.method} ${url.pathname}` });
      return;
    }
    readBody(request)
      .then((body) => (request.method === 'POST' ? inTurn(() => handler(body)) : handler(body)))
      .then((result) => answer(response, 200, result ?? {}))
      .catch((error) =>
        answer(response, 400, { error: error instanceof Error ? error.message : String(error) }),
      );
  });
  server.keepAliveTimeout = 1000;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve(server));
  });
}

function streamEvents(events: EventLog, fromStart: boolean, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  const stop = events.follow((event) => response.write(`${JSON.stringify(event)}\n`), fromStart);
  response.on('close', stop);
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
