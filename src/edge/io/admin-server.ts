// The operator's side: /metrics for Prometheus, /state for people. prom-client is loaded by the first scrape and only
// formats; the numbers are the plain ones of metrics.ts.

import { createServer, type Server } from 'node:http';
import type { CollapsedForwarding } from '../collapsed-forwarding.ts';
import { histogramText } from '../histogram.ts';
import { type EdgeMetrics, RESULTS } from '../metrics.ts';
import type { ObjectStore } from '../store/object-store.ts';

export interface AdminContext {
  pop: string;
  metrics: EdgeMetrics;
  store: ObjectStore;
  collapsed: CollapsedForwarding;
}

export function createAdminServer(context: AdminContext): Server {
  let render: (() => Promise<string>) | undefined;
  return createServer((request, response) => {
    const path = request.url?.split('?', 1)[0];
    const send = (status: number, type: string, text: string) => {
      response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) });
      response.end(text);
    };
    if (path === '/healthz') return send(200, 'application/json', '{"status":"ok"}\n');
    if (path === '/state') return send(200, 'application/json', `${JSON.stringify(state(context))}\n`);
    if (path !== '/metrics') return send(404, 'text/plain', 'try /metrics, /state or /healthz\n');
    void (async () => {
      try {
        render ??= await prometheus(context);
        send(200, 'text/plain; version=0.0.4; charset=utf-8', await render());
      } catch (error) {
        send(500, 'text/plain', `${(error as Error).message}\n`);
      }
    })();
  });
}

function state({ pop, metrics, store, collapsed }: AdminContext): object {
  const { hit, stale, revalidated, miss, collapsed: joined } = metrics.requests;
  const cacheable = hit + stale + revalidated + miss + joined;
  return {
    pop,
    objects: store.objects,
    bytes: store.bytes,
    inFlight: collapsed.inFlight,
    requests: metrics.requests,
    hitRatio: cacheable === 0 ? null : (hit + stale) / cacheable,
    badRequests: Object.fromEntries(metrics.badRequests),
  };
}

async function prometheus({ pop, metrics, store }: AdminContext): Promise<() => Promise<string>> {
  const { Counter, Gauge, Registry } = await import('prom-client');
  const registry = new Registry();
  registry.setDefaultLabels({ pop });
  const registers = [registry];
  const counter = (name: string, help: string, label: string, read: () => Iterable<[string, number]>) =>
    new Counter({
      name,
      help,
      labelNames: [label],
      registers,
      collect() {
        this.reset();
        for (const [value, count] of read()) this.inc({ [label]: value }, count);
      },
    });
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  counter('edge_requests_total', 'Requests by how they were answered.', 'result', () =>
    RESULTS.map((result) => [result, metrics.requests[result]]),
  );
  counter('edge_response_bytes_total', 'Bytes of body sent to clients.', 'result', () =>
    RESULTS.map((result) => [result, metrics.responseBytes[result]]),
  );
  counter('edge_responses_total', 'Responses by status class.', 'class', () => metrics.responses);
  counter('edge_upstream_requests_total', 'Requests to the origin by the class of its answer.', 'class', () =>
    metrics.upstreamRequests.entries(),
  );
  counter('edge_bad_requests_total', 'Refused requests by reason.', 'reason', () => metrics.badRequests);
  new Counter({
    name: 'edge_client_aborts_total',
    help: 'Clients that left before the end of their response.',
    registers,
    collect() {
      this.reset();
      this.inc(metrics.clientAborts);
    },
  });
  const clientLabels = ['client_network', 'address'] as const;
  new Counter({
    name: 'edge_client_requests_total',
    help: 'Requests by client network and kind of address asked, without health checks.',
    labelNames: clientLabels,
    registers,
    collect() {
      this.reset();
      for (const { network, addressKind, requests } of metrics.clients.entries())
        this.inc({ client_network: network, address: addressKind }, requests);
    },
  });
  new Gauge({
    name: 'edge_client_last_request_timestamp_seconds',
    help: 'When the latest request of a client network came: the POP with the latest one has it in its catchment.',
    labelNames: clientLabels,
    registers,
    collect() {
      this.reset();
      for (const { network, addressKind, lastMs } of metrics.clients.entries())
        this.set({ client_network: network, address: addressKind }, lastMs / 1000);
    },
  });
  gauge('edge_cache_objects', 'URLs in the cache.', () => store.objects);
  gauge('edge_cache_bytes', 'Bytes in the cache, overhead included.', () => store.bytes);
  return async () => `${await registry.metrics()}\n${histograms(pop, metrics)}`;
}

function histograms(pop: string, { requestSeconds, upstreamSeconds }: EdgeMetrics): string {
  const requests = RESULTS.map((result) => ({ labels: { result, pop }, histogram: requestSeconds[result] }));
  const upstream = [{ labels: { pop }, histogram: upstreamSeconds }];
  return [
    histogramText(
      'edge_request_seconds',
      'Time from the head of a request to the end of its answer.',
      requests,
    ),
    histogramText(
      'edge_upstream_head_seconds',
      'Time from asking the origin to the head of its answer.',
      upstream,
    ),
  ].join('');
}
