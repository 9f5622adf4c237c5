// The edge's counters in Prometheus' form. prom-client is loaded by the first scrape and only formats; the numbers are
// the plain ones of metrics.ts and of what the edge is made of.

import { histogramText } from '../histogram.ts';
import { type EdgeMetrics, RESULTS, type RouteCounts } from '../metrics.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { MemberReport, UpstreamReport } from '../upstream.ts';
import { one, type Sample, type Series, seriesOf } from './metric-series.ts';
import type { StoreState } from './open-store.ts';

export interface MetricsSource {
  pop: string;
  metrics: EdgeMetrics;
  store: Pick<ObjectStore, 'objects' | 'bytes' | 'stats'>;
  details?: (() => EdgeDetails) | undefined;
}

/** Of parts that not every edge has: without one its series have no samples. */
export interface EdgeDetails {
  store?: Pick<StoreState, 'disk' | 'ghosts'>;
  upstream?: UpstreamReport;
  accessLog?: { droppedLines: number };
  /** What else /state tells, which is no figure. */
  [other: string]: unknown;
}

/** Made once; the function it gives reads the numbers of the moment. */
export async function prometheusText(source: MetricsSource): Promise<() => Promise<string>> {
  const { pop, metrics, store, details } = source;
  const prom = await import('prom-client');
  const registry = new prom.Registry();
  registry.setDefaultLabels({ pop });
  const series = seriesOf(prom, registry);
  requestSeries(series, metrics);
  storeSeries(series, store);
  if (details) detailSeries(series, details);
  return async () => `${await registry.metrics()}\n${histograms(pop, metrics)}`;
}

function requestSeries({ counter, gauge }: Series, metrics: EdgeMetrics): void {
  const byResult = (counts: Record<(typeof RESULTS)[number], number>) =>
    RESULTS.map((result): Sample => [{ result }, counts[result]]);
  const by = (label: string, counts: Iterable<[string, number]>) =>
    [...counts].map(([value, count]): Sample => [{ [label]: value }, count]);
  counter('edge_requests_total', 'Requests by how they were answered.', ['result'], () =>
    byResult(metrics.requests),
  );
  counter('edge_response_bytes_total', 'Bytes of body sent to clients.', ['result'], () =>
    byResult(metrics.responseBytes),
  );
  counter('edge_responses_total', 'Responses by status class.', ['class'], () =>
    by('class', metrics.responses),
  );
  counter(
    'edge_upstream_requests_total',
    'Requests to the origin by the class of its answer.',
    ['class'],
    () => by('class', metrics.upstreamRequests),
  );
  counter('edge_bad_requests_total', 'Refused requests by reason.', ['reason'], () =>
    by('reason', metrics.badRequests),
  );
  counter(
    'edge_refused_connections_total',
    'Connections of clients beyond a limit, answered with 503.',
    ['limit'],
    () => by('limit', metrics.refusedConnections),
  );
  counter('edge_client_aborts_total', 'Clients that left before the end of their response.', [], () =>
    one(metrics.clientAborts),
  );
  counter(
    'edge_vary_explosions_total',
    'URLs of which more variants were asked for than their route keeps.',
    [],
    () => one(metrics.varyExplosions),
  );
  const byRoute = (which: keyof RouteCounts) =>
    [...metrics.routes].flatMap(([route, counts]) =>
      RESULTS.filter((result) => counts[which][result] > 0).map(
        (result): Sample => [{ route, result }, counts[which][result]],
      ),
    );
  const ROUTE = ['route', 'result'];
  counter('edge_route_requests_total', 'Requests by route and how they were answered.', ROUTE, () =>
    byRoute('requests'),
  );
  counter('edge_route_response_bytes_total', 'Bytes of body by route.', ROUTE, () =>
    byRoute('responseBytes'),
  );
  const CLIENT = ['client_network', 'address'];
  const byClient = (value: (count: { requests: number; lastMs: number }) => number) =>
    metrics.clients
      .entries()
      .map((count): Sample => [{ client_network: count.network, address: count.addressKind }, value(count)]);
  counter(
    'edge_client_requests_total',
    'Requests by client network and kind of address asked, without health checks.',
    CLIENT,
    () => byClient(({ requests }) => requests),
  );
  gauge(
    'edge_client_last_request_timestamp_seconds',
    'When the latest request of a client network came: the POP with the latest one has it in its catchment.',
    CLIENT,
    () => byClient(({ lastMs }) => lastMs / 1000),
  );
  gauge('edge_client_connections', 'Connections of clients that are open.', [], () =>
    one(metrics.connections),
  );
}

function storeSeries({ counter, gauge }: Series, store: MetricsSource['store']): void {
  gauge('edge_cache_objects', 'URLs in the cache.', [], () => one(store.objects));
  gauge('edge_cache_bytes', 'Bytes in the cache, overhead included.', [], () => one(store.bytes));
  counter('edge_cache_evictions_total', 'Objects pushed out for want of room.', [], () =>
    one(store.stats().evictions),
  );
  counter('edge_cache_evicted_bytes_total', 'Bytes pushed out for want of room.', [], () =>
    one(store.stats().evictedBytes),
  );
  counter('edge_cache_purged_total', 'Objects removed or marked by purges.', [], () =>
    one(store.stats().purged),
  );
}

function detailSeries({ counter, gauge }: Series, details: () => EdgeDetails): void {
  const MEMBER = ['tier', 'upstream'];
  const members = (read: (member: MemberReport) => number) => () =>
    (details().upstream?.members ?? []).map(
      (member): Sample => [{ tier: member.tier, upstream: member.name }, read(member)],
    );
  gauge(
    'edge_upstream_up',
    'Whether requests go to this origin, peer or shield: its check does not fail, its circuit is not open.',
    MEMBER,
    members(({ health, circuit }) => (health === 'down' || circuit === 'open' ? 0 : 1)),
  );
  gauge(
    'edge_upstream_in_flight',
    'Requests under way there.',
    MEMBER,
    members(({ inFlight }) => inFlight),
  );
  counter(
    'edge_upstream_attempts_total',
    'Requests sent there, retries included.',
    MEMBER,
    members(({ requests }) => requests),
  );
  counter(
    'edge_upstream_failures_total',
    'Of them, those without a usable answer.',
    MEMBER,
    members(({ failures }) => failures),
  );
  const optional = (read: (from: EdgeDetails) => number | undefined) => () => {
    const value = read(details());
    return value === undefined ? [] : one(value);
  };
  counter(
    'edge_upstream_retries_refused_total',
    'Retries beyond the retry budget.',
    [],
    optional(({ upstream }) => upstream?.retriesRefused),
  );
  gauge(
    'edge_ghost_hit_ratio',
    'Estimated hit ratio with another policy or size (times the capacity), by requests or bytes.',
    ['policy', 'size', 'by'],
    () =>
      (details().store?.ghosts ?? []).flatMap(({ policy, size, requestHitRatio, byteHitRatio }) =>
        Object.entries({ requests: requestHitRatio, bytes: byteHitRatio }).flatMap(([by, ratio]): Sample[] =>
          ratio === undefined ? [] : [[{ policy, size, by }, ratio]],
        ),
      ),
  );
  const disk = (read: (disk: NonNullable<StoreState['disk']>) => number) =>
    optional(({ store }) => store?.disk && read(store.disk));
  gauge(
    'edge_disk_bytes',
    'Bytes of the disk tier.',
    [],
    disk(({ bytes }) => bytes),
  );
  gauge(
    'edge_disk_records',
    'Responses in the disk tier.',
    [],
    disk(({ records }) => records),
  );
  gauge(
    'edge_disk_ok',
    'Whether the disk tier reads and writes; 0 while it rests after an error.',
    [],
    disk(({ state }) => (state === 'ok' ? 1 : 0)),
  );
  counter(
    'edge_disk_errors_total',
    'Errors of the disk.',
    [],
    disk(({ errors }) => errors),
  );
  counter(
    'edge_disk_corrupted_total',
    'Records that were not what had been written: dropped, never served.',
    [],
    disk(({ corrupted }) => corrupted),
  );
  counter(
    'edge_access_log_dropped_total',
    'Lines that the access log had no room for.',
    [],
    optional(({ accessLog }) => accessLog?.droppedLines),
  );
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
