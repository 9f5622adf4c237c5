// The names of all metrics that the services export, as they themselves say it: each is asked for its metrics.

import { join } from 'node:path';
import { renderMetrics as agentMetrics } from '../../../src/agent/io/prometheus.ts';
import { renderMetrics as dnsMetrics } from '../../../src/dns/io/prometheus.ts';
import { ConnectionTable } from '../../../src/dns/io/tcp-connections.ts';
import { DEFAULT_TCP } from '../../../src/dns/listen-config.ts';
import { Metrics } from '../../../src/dns/metrics.ts';
import { parseEdgeConfig } from '../../../src/edge/config.ts';
import { startEdge } from '../../../src/edge/io/start-edge.ts';
import { birdFamilies } from '../../../src/metrics/bird-metrics.ts';
import { ownMetrics } from '../../../src/metrics/discovery.ts';
import { formatFamilies } from '../../../src/metrics/exposition.ts';
import { scrapeTarget } from '../../../src/metrics/io/scrape-target.ts';
import { unboundFamilies } from '../../../src/metrics/unbound-metrics.ts';
import { parseOriginConfig } from '../../../src/origin/config.ts';
import { startOrigin } from '../../../src/origin/io/start-origin.ts';
import { parseReplies } from '../../../src/routing/birdc-output.ts';
import { BIRD_PROTOCOLS, BIRD_ROUTE_COUNT, UNBOUND_STATISTICS } from './samples.ts';

/** A page of metrics per service, scraped from real ones where that needs no lab. `folder` takes their sockets. */
export async function exportedPages(folder: string): Promise<Record<string, string>> {
  const listen = [{ address: '127.0.0.1', port: 0 }];
  const originSocket = join(folder, 'origin.sock');
  const originConfig = { listen, admin: { path: originSocket } };
  const origin = await startOrigin(parseOriginConfig(JSON.stringify(originConfig), 'origin'));
  const edgeSocket = join(folder, 'edge.sock');
  const edgeConfig = {
    listen,
    pop: 'fra',
    origin: { host: 'origin.test', address: '127.0.0.1', port: origin.addresses[0]?.port },
    admin: { path: edgeSocket },
  };
  const edge = await startEdge(parseEdgeConfig(JSON.stringify(edgeConfig), 'edge'));
  try {
    const [, protocols] = parseReplies(`0001 ready\n${BIRD_PROTOCOLS}`).replies;
    const [routeCount] = parseReplies(BIRD_ROUTE_COUNT).replies;
    if (!protocols || !routeCount) throw new Error('the samples are no replies of BIRD');
    return {
      edge: await page(edgeSocket),
      origin: await page(originSocket),
      dns: await dnsMetrics({
        metrics: () => new Metrics(),
        health: { snapshot: () => ({ serial: 0, pops: [] }) },
        loaded: { geoipBuiltAt: new Date(0) },
        streams: { connections: new ConnectionTable(DEFAULT_TCP) },
        queryLogDropped: () => 0,
      }),
      agent: await agentMetrics({
        pop: 'fra',
        services: [{ name: 'edge', protocols: ['anycast_http4'] }],
        announcer: { state: { drained: false, services: {} } },
        measurer: { firstRoundDone: true, entries: () => [] },
      }),
      bird: formatFamilies(birdFamilies(protocols, routeCount)),
      unbound: formatFamilies(unboundFamilies(UNBOUND_STATISTICS)),
      gateway: ownMetrics({
        lab: 'x',
        listen: { address: '127.0.0.1', port: 0 },
        targets: [],
        clients: [{ client: 'paris', city: 'Paris', network: '100.64.2.0/24' }],
        timeoutMs: 1000,
      }),
    };
  } finally {
    await edge.close();
    await origin.close();
  }
}

async function page(socket: string): Promise<string> {
  const target = { node: 'n', nodeKind: 'pop', city: 'c', service: 's', kind: 'http', socket } as const;
  return String((await scrapeTarget(target, 5000)).body);
}

/** Of a page of metrics: what can be asked for, a histogram's series included. */
export function seriesNames(page: string): string[] {
  return [...page.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = '', type]) =>
    type === 'histogram' ? ['_bucket', '_sum', '_count'].map((suffix) => name + suffix) : [name],
  );
}
