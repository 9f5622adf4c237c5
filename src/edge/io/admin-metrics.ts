// The edge's counters in Prometheus' form. prom-client is loaded by the first scrape and only formats; the numbers are
// the plain ones of metrics.ts.

import { histogramText } from '../histogram.ts';
import { type EdgeMetrics, RESULTS, type RouteCounts } from '../metrics.ts';
import type { ObjectStore } from '../store/object-store.ts';

export interface MetricsSource {
  pop: string;
  metrics: EdgeMetrics;
  store: Pick<ObjectStore, 'objects' | 'bytes' | 'stats'>;
  /** Further series in Prometheus' text form, appended as they are. */
  more?: (() => string) | undefined;
}

/** Made once; the function it gives reads the numbers of the moment. */
export async function prometheusText(source: MetricsSource): Promise<() => Promise<string>> {
  const { pop, metrics, store, more } = source;
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
  counter(
    'edge_refused_connections_total',
    'Connections of clients beyond a limit, answered with 503.',
    'limit',
    () => metrics.refusedConnections,
  );
  const total = (name: string, help: string, read: () => number) =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  total(
    'edge_client_aborts_total',
    'Clients that left before the end of their response.',
    () => metrics.clientAborts,
  );
  total(
    'edge_vary_explosions_total',
    'URLs of which more variants were asked for than their route keeps.',
    () => metrics.varyExplosions,
  );
  total('edge_cache_evictions_total', 'Objects pushed out for want of room.', () => store.stats().evictions);
  total(
    'edge_cache_evicted_bytes_total',
    'Bytes pushed out for want of room.',
    () => store.stats().evictedBytes,
  );
  total('edge_cache_purged_total', 'Objects removed or marked by purges.', () => store.stats().purged);
  const routeCounter = (name: string, help: string, which: keyof RouteCounts) =>
    new Counter({
      name,
      help,
      labelNames: ['route', 'result'],
      registers,
      collect() {
        this.reset();
        for (const [route, counts] of metrics.routes)
          for (const result of RESULTS)
            if (counts[which][result] > 0) this.inc({ route, result }, counts[which][result]);
      },
    });
  routeCounter('edge_route_requests_total', 'Requests by route and how they were answered.', 'requests');
  routeCounter('edge_route_response_bytes_total', 'Bytes of body by route.', 'responseBytes');
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
  gauge('edge_client_connections', 'Connections of clients that are open.', () => metrics.connections);
  gauge('edge_cache_objects', 'URLs in the cache.', () => store.objects);
  gauge('edge_cache_bytes', 'Bytes in the cache, overhead included.', () => store.bytes);
  return async () => `${await registry.metrics()}\n${histograms(pop, metrics)}${more?.() ?? ''}`;
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
