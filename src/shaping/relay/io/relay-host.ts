// The relay of a lab of containers, in a container of its own: keeps the relay process alive and takes changes by HTTP
// on a UNIX socket, which the runtime on the host reaches by path whatever the networks do.
// GET /healthz (200 while frames pass), GET /stats (RelayStats), POST /set (RelayChange or a list of them).

import { chmodSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { UserError } from '../../../base/errors.ts';
import { listenOn } from '../../../net/io/listen.ts';
import { parseChanges, type RelayHostConfig } from '../host-config.ts';
import type { HostState } from './host-state.ts';
import { type KeptRelay, keepRelay } from './kept-relay.ts';
import { RelayGone } from './relay-process.ts';

/** A change of every link that a relay can have, and some. */
const MAX_BODY_BYTES = 4 << 20;
/** The lab's owner is in the process's group, or is its user. */
const SOCKET_MODE = 0o660;

export interface RelayHost {
  readonly relay: KeptRelay;
  close(): Promise<void>;
}

/**
 * Fulfilled when the socket answers and the first relay has been given its links, or has died: then others are tried.
 * @throws UserError when the relay refuses the links or the socket cannot be made
 */
export async function startRelayHost(
  config: RelayHostConfig,
  options: { socket: string; state?: HostState; log: (message: string) => void },
): Promise<RelayHost> {
  const { log, state } = options;
  const relay = keepRelay(savedLinks(state, log) ?? config.links, {
    underlay: config.underlay,
    seed: config.seed,
    command: config.relayCommand,
    onTrouble: log,
    onRestart: () => log('the relay is started again; frames on their way are lost'),
  });
  const server = createServer((request, response) => {
    answer(relay, state, request).then(
      ({ status, body }) => send(response, status, body),
      (error) => send(response, statusOf(error), { error: (error as Error).message }),
    );
  });
  await listenOn(server, { path: options.socket });
  chmodSync(options.socket, SOCKET_MODE);
  await relay.start().catch(async (error) => {
    if (error instanceof RelayGone) return;
    await close(relay, server);
    throw new UserError({ message: `the relay refuses its links: ${(error as Error).message}` });
  });
  return { relay, close: () => close(relay, server) };
}

async function answer(
  relay: KeptRelay,
  state: HostState | undefined,
  request: IncomingMessage,
): Promise<{ status: number; body: object }> {
  const what = `${request.method} ${request.url?.split('?', 1)[0]}`;
  if (what === 'GET /healthz') {
    const { working, restarts } = relay;
    const body = {
      status: working ? 'ok' : 'the relay is not running',
      links: relay.links().length,
      restarts,
    };
    return { status: working ? 200 : 503, body };
  }
  if (what === 'GET /stats') return { status: 200, body: await relay.stats() };
  if (what !== 'POST /set')
    return { status: 404, body: { error: `no ${what}: try GET /healthz, GET /stats or POST /set` } };
  await relay.set(parseChanges(await readBody(request)));
  state?.write(relay.links());
  return { status: 200, body: {} };
}

/** What was saved, unless it cannot be believed: a lab as it was planned is better than none. */
function savedLinks(state: HostState | undefined, log: (message: string) => void) {
  try {
    return state?.read();
  } catch (error) {
    log(`the saved links are not used: ${(error as Error).message}`);
    return undefined;
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_BODY_BYTES)
      throw new UserError({ message: `a change has at most ${MAX_BODY_BYTES} bytes` });
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The caller's mistake, the time between two relays, or ours. */
function statusOf(error: unknown): number {
  return error instanceof UserError ? 400 : error instanceof RelayGone ? 503 : 500;
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

async function close(relay: KeptRelay, server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await relay.stop();
}
