// Servers that answer with exact bytes, and a way to see all that an Upstream says about one request.

import { createServer, type Server, type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type {
  Upstream,
  UpstreamChoice,
  UpstreamExchange,
  UpstreamFailure,
  UpstreamRequest,
} from '../../../src/edge/upstream.ts';

export interface RawServer {
  port: number;
  /** Heads of the requests it got. */
  heads: string[];
  connections: number;
  close(): Promise<void>;
}

/** `onRequest` gets every request head (bodies are not parted from it) with its number on the connection, from 1. */
export async function startRawServer(
  onRequest: (socket: Socket, head: string, number: number) => void,
  port = 0,
): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const raw: RawServer = { port: 0, heads: [], connections: 0, close };
  const server: Server = createServer((socket) => {
    raw.connections++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    let text = '';
    let number = 0;
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const head = text.slice(0, end);
        text = text.slice(end + 4);
        raw.heads.push(head);
        onRequest(socket, head, ++number);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  raw.port = (server.address() as { port: number }).port;
  function close(): Promise<void> {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(() => resolve()));
  }
  return raw;
}

export interface Outcome {
  status: number | undefined;
  fields: readonly string[];
  body: string;
  failure: UpstreamFailure | undefined;
  interim: { status: number; fields: readonly string[] }[];
  choices: UpstreamChoice[];
  /** Names of the events in order. */
  events: string[];
}

export function ask(
  upstream: Upstream,
  request: Partial<UpstreamRequest> & { body?: Readable } = {},
  onExchange: (exchange: UpstreamExchange) => void = () => {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const outcome: Outcome = {
      status: undefined,
      fields: [],
      body: '',
      failure: undefined,
      interim: [],
      choices: [],
      events: [],
    };
    const exchange = upstream.send(
      { method: 'GET', pathAndQuery: '/', fields: ['Host', 'origin.test'], ...request },
      {
        onInterim(status, fields) {
          outcome.events.push('interim');
          outcome.interim.push({ status, fields });
        },
        onHead(status, fields) {
          outcome.events.push('head');
          Object.assign(outcome, { status, fields });
        },
        onData(chunk) {
          outcome.body += Buffer.from(chunk).toString('latin1');
        },
        onEnd() {
          outcome.events.push('end');
          resolve(outcome);
        },
        onFailure(failure) {
          outcome.events.push('failure');
          outcome.failure = failure;
          resolve(outcome);
        },
        onChoice: (choice) => outcome.choices.push(choice),
      },
    );
    onExchange(exchange);
  });
}
