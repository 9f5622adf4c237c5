// The gateway's HTTP face: the one place where Prometheus finds every service of a closed lab. It reads, on request, and
// forwards nothing else: an asker names a service of the list, never an address.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { formatEndpoint } from '../../net/endpoint.ts';
import { listenOn } from '../../net/io/listen.ts';
import type { MetricsConfig, Target } from '../config.ts';
import { indexText, metricsPath, ownMetrics, targetGroups } from '../discovery.ts';
import { CONTENT_TYPE } from '../exposition.ts';
import { scrapeTarget } from './scrape-target.ts';

export interface Gateway {
  address: string;
  port: number;
  /** Where a Prometheus on this machine reaches it: `http://127.0.0.1:9464`. */
  url: string;
  close(): Promise<void>;
}

/** Throws UserError when the address cannot be had. */
export async function startGateway(config: MetricsConfig): Promise<Gateway> {
  const byPath = new Map(config.targets.map((target) => [metricsPath(target), target]));
  const server = createServer((request, response) => {
    // The asker has left: nothing to say it to.
    response.on('error', () => {});
    answer(config, byPath, request, response).catch(() => response.destroy());
  });
  const bound: AddressInfo = await listenOn(server, config.listen);
  return {
    address: bound.address,
    port: bound.port,
    url: `http://${authorityOf(bound)}`,
    close: () => close(server),
  };
}

/** `127.0.0.1:9464` or `[::1]:9464`; a wildcard address is reached at loopback. */
function authorityOf({ address, port }: AddressInfo): string {
  if (address === '0.0.0.0') return `127.0.0.1:${port}`;
  if (address === '::') return `[::1]:${port}`;
  return formatEndpoint({ address, port });
}

async function answer(
  config: MetricsConfig,
  byPath: ReadonlyMap<string, Target>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = request.url?.split('?', 1)[0] ?? '/';
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return send(response, 405, 'text/plain', 'only GET\n');
  if (path === '/') return send(response, 200, TEXT, indexText(config));
  if (path === '/healthz') return send(response, 200, 'application/json', '{"status":"ok"}\n');
  if (path === '/metrics') return send(response, 200, CONTENT_TYPE, ownMetrics(config));
  if (path === '/targets') {
    const groups = targetGroups(config, ownAuthority(request));
    return send(response, 200, 'application/json', `${JSON.stringify(groups, null, 2)}\n`);
  }
  const target = byPath.get(path);
  if (!target) return send(response, 404, TEXT, 'no such service; / lists them\n');
  try {
    const { contentType, body } = await scrapeTarget(target, config.timeoutMs);
    send(response, 200, contentType, body);
  } catch (error) {
    const why = (error as Error).message.replaceAll(/\s+/g, ' ');
    send(response, 503, TEXT, `${target.node}/${target.service} gives no metrics: ${why}\n`);
  }
}

const TEXT = 'text/plain; charset=utf-8';

/** The name the asker itself used, since only it knows how it reaches the gateway; else where the connection ends. */
function ownAuthority({ headers, socket }: IncomingMessage): string {
  const { host } = headers;
  if (host !== undefined && /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?$/.test(host)) return host;
  return authorityOf({ address: socket.localAddress ?? '', port: socket.localPort ?? 0, family: '' });
}

function send(response: ServerResponse, status: number, type: string, body: Buffer | string): void {
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  });
  response.end(body);
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
