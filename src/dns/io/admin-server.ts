// The operator's side door over HTTP: /healthz, /metrics (Prometheus), /state (health and RTT table), /explain.

import { createServer, type ServerResponse } from 'node:http';
import { type ListenPlace, listenOn } from '../../net/io/listen.ts';
import { formatPrefix } from '../../net/prefix.ts';
import { explain } from '../explain.ts';
import type { Metrics } from '../metrics.ts';
import type { ServerState } from '../server-state.ts';
import type { RttTable } from '../steering/rtt-table.ts';
import { formatName } from '../wire/name.ts';
import type { Listener } from './listener.ts';

export interface AdminSubject {
  state: ServerState;
  metrics: Metrics;
  rttTable: RttTable;
  rttErrors: ReadonlyMap<string, string>;
}

export async function startAdminServer(where: ListenPlace, subject: () => AdminSubject): Promise<Listener> {
  const server = createServer((request, response) => {
    const url = URL.parse(request.url ?? '/', 'http://admin');
    if (!url) return sendText(response, 400, 'bad request target\n');
    if (request.method !== 'GET' && request.method !== 'HEAD') return sendText(response, 405, 'GET only\n');
    route(url, subject(), response).catch((error: Error) => sendText(response, 500, `${error.message}\n`));
  });
  const bound = await listenOn(server, where);
  return {
    address: bound.address,
    port: bound.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function route(url: URL, subject: AdminSubject, response: ServerResponse): Promise<void> {
  switch (url.pathname) {
    case '/healthz':
      return sendJson(response, 200, healthReport(subject));
    case '/metrics': {
      const { CONTENT_TYPE, renderMetrics } = await import('./prometheus.ts');
      const text = await renderMetrics(subject.metrics, subject.state);
      return sendText(response, 200, text, CONTENT_TYPE);
    }
    case '/state':
      return sendJson(response, 200, stateReport(subject));
    case '/explain': {
      const name = url.searchParams.get('name');
      const client = url.searchParams.get('client');
      if (!name || !client)
        return sendJson(response, 400, {
          error: 'name and client are needed: /explain?name=www.cdn.test&type=A&client=100.64.3.7',
        });
      const from = url.searchParams.get('from') === 'source' ? 'source' : 'ecs';
      const result = explain(subject.state, {
        name,
        type: url.searchParams.get('type') ?? 'A',
        client,
        from,
      });
      return typeof result === 'string'
        ? sendJson(response, 400, { error: result })
        : sendJson(response, 200, result);
    }
    default:
      return sendText(response, 404, 'try /healthz /metrics /state /explain\n');
  }
}

/** What tells whether this server can steer: POPs it sees up, POPs that told it RTTs, and since when it knows all of them. */
function healthReport({ state, rttTable }: AdminSubject): object {
  const tables = rttTable.entries();
  const measured = tables.flatMap(({ entries }) => entries.map((entry) => entry.measuredAtMs));
  const oldest = measured.reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY);
  return {
    status: 'ok',
    nsid: state.nsid,
    popsUp: state.pops.filter((pop) => state.health(pop.name).state === 'up').length,
    popsWithRtts: tables.length,
    oldestRttAt: Number.isFinite(oldest) ? new Date(oldest).toISOString() : null,
  };
}

function stateReport({ state, rttTable, rttErrors }: AdminSubject): object {
  return {
    nsid: state.nsid,
    zones: [...state.zones.values()].map((zone) => ({
      origin: formatName(zone.origin),
      file: zone.file,
      names: zone.nodes.size,
    })),
    steering: [...state.steering.values()].map((rule) => ({
      name: formatName(rule.owner),
      policy: rule.policyName,
      ttlSeconds: rule.ttlSeconds,
    })),
    pops: state.pops.map((pop) => {
      const { state: health, sinceMs, reason } = state.health(pop.name);
      const rttError = rttErrors.get(pop.name);
      return {
        name: pop.name,
        health,
        since: new Date(sinceMs).toISOString(),
        reason,
        ...(rttError && { rttError }),
      };
    }),
    rtt: rttTable.entries().map(({ pop, entries }) => ({
      pop,
      entries: entries.map((entry) => ({
        prefix: formatPrefix(entry.prefix),
        rttMs: entry.rttMs,
        measuredAt: new Date(entry.measuredAtMs).toISOString(),
        samples: entry.samples,
      })),
    })),
  };
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  sendText(response, status, `${JSON.stringify(body, null, 2)}\n`, 'application/json');
}

function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
