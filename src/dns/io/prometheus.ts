// The server's counts in Prometheus' text form. Loaded at the first scrape.

import { Counter, Gauge, Registry } from 'prom-client';
import type { Count, Metrics } from '../metrics.ts';
import type { ServerState } from '../server-state.ts';

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export function renderMetrics(metrics: Metrics, state: ServerState): Promise<string> {
  const registry = new Registry();
  const counter = (name: string, help: string, labelNames: string[], count: Count) => {
    const metric = new Counter({ name, help, labelNames, registers: [registry] });
    for (const [key, value] of count) {
      const labels = key.split('\t');
      metric.inc(Object.fromEntries(labelNames.map((label, i) => [label, labels[i] ?? ''])), value);
    }
  };
  counter('dns_queries_total', 'Queries answered', ['type', 'rcode', 'transport'], metrics.queries);
  counter(
    'dns_steered_answers_total',
    'Answers that a policy chose',
    ['policy', 'pop', 'reason'],
    metrics.steered,
  );
  counter('dns_malformed_total', 'Packets that were no proper query', ['reason'], metrics.malformed);
  counter('dns_truncated_total', 'Replies with TC set', ['transport'], metrics.truncated);
  counter('dns_dropped_total', 'Packets not answered', ['transport'], metrics.dropped);
  counter('dns_health_checks_total', 'Checks of POPs', ['pop', 'result'], metrics.healthChecks);
  counter(
    'dns_internal_errors_total',
    'Queries that met a bug of ours',
    [],
    new Map([['', metrics.internalErrors]]),
  );
  const up = new Gauge({
    name: 'dns_pop_up',
    help: '1 up or not checked, 0 down',
    labelNames: ['pop'],
    registers: [registry],
  });
  for (const pop of state.pops) up.set({ pop: pop.name }, state.health(pop.name).state === 'down' ? 0 : 1);
  if (state.geoipBuiltAt) {
    new Gauge({
      name: 'dns_geoip_build_timestamp_seconds',
      help: 'When the GeoIP database was built',
      registers: [registry],
    }).set(state.geoipBuiltAt.getTime() / 1000);
  }
  return registry.metrics();
}
