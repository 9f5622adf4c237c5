// The agent's HTTP face: GET /rtt for the GeoDNS servers (all POPs' tables make up `latency` steering), GET /state for
// whoever watches the lab, GET /metrics for Prometheus. /rtt is 503 until the first round of RTTs is in: a table with holes would steer wrongly.

import { createServer, type Server, type ServerResponse } from 'node:http';
import { listenOn } from '../../net/io/listen.ts';
import type { AgentConfig, ServiceConfig } from '../config.ts';
import type { RttEntry } from '../rtt-table.ts';
import type { AnnouncerState } from './announcer.ts';

export interface StateSource {
  pop: string;
  services: Pick<ServiceConfig, 'name' | 'protocols'>[];
  announcer: { readonly state: AnnouncerState };
  measurer: { readonly firstRoundDone: boolean; entries(): RttEntry[] };
}

/** Listens on every place of the configuration; rejects when one is taken. */
export async function serveState(listen: AgentConfig['listen'], source: StateSource): Promise<Server[]> {
  return Promise.all(
    listen.map(async (place) => {
      const server = createServer((request, response) => {
        if (request.method === 'GET' && request.url?.split('?')[0] === '/metrics') {
          void sendMetrics(response, source);
          return;
        }
        const { status, body } = answer(request.method ?? 'GET', request.url ?? '/', source);
        response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
        response.end(`${JSON.stringify(body)}\n`);
      });
      await listenOn(server, place);
      return server;
    }),
  );
}

/** Their writer is loaded by the first scrape. */
async function sendMetrics(response: ServerResponse, source: StateSource): Promise<void> {
  try {
    const { CONTENT_TYPE, renderMetrics } = await import('./prometheus.ts');
    const text = await renderMetrics(source);
    response.writeHead(200, { 'content-type': CONTENT_TYPE, 'content-length': Buffer.byteLength(text) });
    response.end(text);
  } catch (error) {
    response.writeHead(500, { 'content-type': 'text/plain' });
    response.end(`${(error as Error).message}\n`);
  }
}

function answer(method: string, url: string, source: StateSource): { status: number; body: unknown } {
  const path = url.split('?')[0];
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, body: { error: 'only GET' } };
  if (path === '/rtt') {
    const body = { pop: source.pop, entries: source.measurer.entries() };
    return { status: source.measurer.firstRoundDone ? 200 : 503, body };
  }
  if (path === '/state') {
    const { drained, services } = source.announcer.state;
    const measured = source.measurer.entries().length;
    const rtt = { measured, ready: source.measurer.firstRoundDone };
    return { status: 200, body: { pop: source.pop, drained, services, rtt } };
  }
  return { status: 404, body: { error: 'GET /rtt, /state or /metrics' } };
}
