// The server's counts in Prometheus' text form. Loaded at the first scrape.

import { Counter, Gauge, Registry } from 'prom-client';
import {
  FAMILIES,
  type FamilyName,
  LATENCY_BUCKETS_SECONDS,
  LATENCY_SAMPLE_EVERY,
  type Metrics,
} from '../metrics.ts';
import type { HealthService } from './health-service.ts';
import type { StreamService } from './stream-service.ts';
import type { UdpService } from './udp-service.ts';

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** What the server is, beside its counts. */
export interface Measured {
  metrics(): Metrics;
  health: Pick<HealthService, 'snapshot'>;
  loaded: { geoipBuiltAt?: Date };
  udp?: Pick<UdpService, 'workers' | 'counters'> | undefined;
  streams?: Pick<StreamService, 'connections'> | undefined;
  queryLogDropped(): number;
}

export async function renderMetrics(server: Measured): Promise<string> {
  const registry = new Registry();
  const metrics = server.metrics();
  for (const [name, { help, labels }] of Object.entries(FAMILIES)) {
    const metric = new Counter({
      name: `dns_${name}_total`,
      help,
      labelNames: [...labels],
      registers: [registry],
    });
    for (const [key, { count }] of metrics.families[name as FamilyName].counters) {
      const values = key.split('\t');
      metric.inc(Object.fromEntries(labels.map((label, i) => [label, values[i] ?? ''])), count);
    }
  }
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const up = gauge('dns_pop_up', '1: gets clients, or is not checked yet; 0: does not', ['pop']);
  const forced = gauge('dns_pop_forced', '1: an operator overrides the checks', ['pop', 'state']);
  const shed = gauge('dns_pop_shed_ratio', 'Share of client networks sent elsewhere for want of capacity', [
    'pop',
  ]);
  for (const pop of server.health.snapshot().pops) {
    up.set({ pop: pop.pop }, pop.usable ? 1 : 0);
    shed.set({ pop: pop.pop }, pop.shedFraction);
    if (pop.forced) forced.set({ pop: pop.pop, state: pop.forced }, 1);
  }
  const { geoipBuiltAt } = server.loaded;
  if (geoipBuiltAt) {
    gauge('dns_geoip_build_timestamp_seconds', 'When the GeoIP database was built').set(
      geoipBuiltAt.getTime() / 1000,
    );
  }
  gauge('dns_workers', 'Threads that answer UDP').set(server.udp?.workers ?? 0);
  const { streams } = server;
  if (streams) {
    gauge('dns_tcp_connections', 'Open connections: TCP, DNS over TLS, DNS over HTTPS').set(
      streams.connections.size,
    );
    const connections = new Counter({
      name: 'dns_tcp_connections_total',
      help: 'Connections accepted, refused, closed for silence or for a newcomer',
      labelNames: ['event'],
      registers: [registry],
    });
    for (const [event, count] of Object.entries(streams.connections.counts))
      connections.inc({ event }, count);
  }
  new Counter({
    name: 'dns_query_log_dropped_total',
    help: 'Lines that the disk was too slow for',
    registers: [registry],
  }).inc(server.queryLogDropped());
  const packets = new Counter({
    name: 'dns_udp_packets_total',
    help: 'Packets of the UDP workers',
    labelNames: ['event'],
    registers: [registry],
  });
  for (const { udp } of server.udp?.counters() ?? []) {
    for (const [event, count] of Object.entries(udp)) packets.inc({ event }, count);
  }
  return `${await registry.metrics()}\n${histogram(metrics)}`;
}

/** prom-client's own histogram takes observations, and these are counts already. */
function histogram(metrics: Metrics): string {
  const name = 'dns_query_duration_seconds';
  let sum = 0;
  const lines = LATENCY_BUCKETS_SECONDS.map((bound, i) => {
    sum += metrics.latencyBuckets[i] ?? 0;
    return `${name}_bucket{le="${bound}"} ${sum}`;
  });
  const count = sum + (metrics.latencyBuckets.at(-1) ?? 0);
  return [
    `# HELP ${name} From the packet in hand to the reply written, of every ${LATENCY_SAMPLE_EVERY}th query`,
    `# TYPE ${name} histogram`,
    ...lines,
    `${name}_bucket{le="+Inf"} ${count}`,
    `${name}_sum ${metrics.latencySumSeconds}`,
    `${name}_count ${count}`,
    '',
  ].join('\n');
}
