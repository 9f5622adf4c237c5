// A real edge before a scripted origin, and clients that share a few kept connections as those behind a proxy do.

import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { type EdgeConfigInput, parseEdgeConfig } from '../../../../src/edge/config.ts';
import { type RunningEdge, startEdge } from '../../../../src/edge/io/start-edge.ts';
import { type Handler, type ScriptedOrigin, startScriptedOrigin } from './scripted-origin.ts';

export interface Reply {
  /** 0 when there was no answer. */
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** The connection ended before what was announced had come. */
  broken: boolean;
  cacheStatus: string;
}

export interface Setting {
  edge: RunningEdge;
  origin: ScriptedOrigin;
  port: number;
  get(path: string, headers?: Record<string, string>, method?: string): Promise<Reply>;
  /** Moves the edge's clock, also back. */
  advance(seconds: number): void;
  /** What the edge reported as its own mistakes. */
  errors: unknown[];
  close(): Promise<void>;
}

export async function edgeBefore(
  handler: Handler,
  overrides: Partial<Omit<EdgeConfigInput, 'origin'>> = {},
): Promise<Setting> {
  const origin = await startScriptedOrigin(handler);
  let offsetMs = 0;
  const errors: unknown[] = [];
  const config = edgeConfig(0, origin.port, overrides);
  const edge = await startEdge(parseEdgeConfig(JSON.stringify(config), 'test'), {
    now: () => Date.now() + offsetMs,
    onError: (error) => errors.push(error),
  });
  const port = edge.addresses[0]?.port ?? 0;
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  return {
    edge,
    origin,
    port,
    get: (path, headers = {}, method = 'GET') => fetchOver(agent, port, path, headers, method),
    advance: (seconds) => {
      offsetMs += seconds * 1000;
    },
    errors,
    close: async () => {
      agent.destroy();
      await edge.close();
      await origin.close();
    },
  };
}

export function edgeConfig(port: number, originPort: number, more: object = {}): EdgeConfigInput {
  return {
    listen: [{ address: '127.0.0.1', port }],
    pop: 'fra',
    origin: { host: 'origin.cdn.test', address: '127.0.0.1', port: originPort },
    ...more,
  };
}

/** Never rejects: what went wrong is part of the reply. */
export function fetchOver(
  agent: Agent | false,
  port: number,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Reply> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const none = { status: 0, headers: {}, body: Buffer.alloc(0), broken: true, cacheStatus: '' };
    const request = httpRequest({ host: '127.0.0.1', port, path, method, headers, agent }, (incoming) => {
      const reply = (broken: boolean) =>
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body: Buffer.concat(chunks),
          broken,
          cacheStatus: String(incoming.headers['cache-status'] ?? ''),
        });
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', () => reply(true));
      incoming.on('end', () => reply(!incoming.complete));
    });
    request.on('error', () => resolve(none));
    request.end();
  });
}
