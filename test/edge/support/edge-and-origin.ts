// A real origin and a real edge in front of it on loopback, a client, and one clock of both that a test can move.

import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { type EdgeConfigInput, parseEdgeConfig } from '../../../src/edge/config.ts';
import { type RunningEdge, startEdge } from '../../../src/edge/io/start-edge.ts';
import { parseOriginConfig } from '../../../src/origin/config.ts';
import { type RunningOrigin, startOrigin } from '../../../src/origin/io/start-origin.ts';

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  cacheStatus: string;
}

export interface Pair {
  edge: RunningEdge;
  origin: RunningOrigin;
  get(path: string, headers?: Record<string, string>, method?: string): Promise<Reply>;
  /** Sends bytes as they are; resolves with all that comes back until the connection closes. */
  raw(bytes: string | Buffer): Promise<string>;
  /** Moves the clock of edge and origin forward. */
  advance(seconds: number): void;
  /** What a reload reads: the configuration with these changes. */
  wants(changes: Partial<EdgeConfigInput>): void;
  /** Requests the origin got for this path. */
  asked(path: string): number;
  errors: unknown[];
  close(): Promise<void>;
}

export const loopback = { address: '127.0.0.1', port: 0 };

export async function startPair(
  overrides: Partial<Omit<EdgeConfigInput, 'origin'>> & { origin?: Partial<EdgeConfigInput['origin']> } = {},
): Promise<Pair> {
  let offsetMs = 0;
  const now = () => Date.now() + offsetMs;
  const origin = await startOrigin(
    parseOriginConfig(JSON.stringify({ listen: [loopback], admin: loopback }), 'test'),
    now,
  );
  const config = {
    listen: [loopback],
    pop: 'fra',
    sourceAddress: '127.0.0.1',
    ...overrides,
    origin: {
      host: 'origin.cdn.test',
      address: '127.0.0.1',
      port: origin.addresses[0]?.port ?? 0,
      ...overrides.origin,
    },
  };
  const errors: unknown[] = [];
  let wanted: object = config;
  const edge = await startEdge(parseEdgeConfig(JSON.stringify(config), 'test'), {
    now,
    readConfig: async () => parseEdgeConfig(JSON.stringify(wanted), 'test'),
    onError: (error) => errors.push(error),
  });
  const port = edge.addresses[0]?.port ?? 0;
  return {
    edge,
    origin,
    get: (path, headers = {}, method = 'GET') => fetchOnce(port, path, headers, method),
    raw: (bytes) => sendRaw(port, bytes),
    advance: (seconds) => {
      offsetMs += seconds * 1000;
    },
    wants: (changes) => {
      wanted = { ...config, ...changes };
    },
    asked: (path) => origin.counters.byPath.get(path) ?? 0,
    errors,
    close: async () => {
      await edge.close();
      await origin.close();
    },
  };
}

export function fetchOnce(
  port: number,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, path, method, headers, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
            cacheStatus: String(response.headers['cache-status']),
          }),
        );
      },
    );
    request.on('error', reject);
    request.end();
  });
}

export function sendRaw(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
    socket.write(bytes);
  });
}
