// What the gateway tells Prometheus of the lab: the list of targets for HTTP service discovery
// (https://prometheus.io/docs/prometheus/latest/http_sd/), the paths they are scraped at, the names of client networks.
// Pure.

import type { MetricsConfig, Target } from './config.ts';
import { type Family, formatFamilies } from './exposition.ts';

export interface TargetGroup {
  targets: string[];
  labels: Record<string, string>;
}

/**
 * Every target is scraped at the gateway itself, at a path of its own. There is no label `pop`: what a service counts by
 * POP (the GeoDNS server's answers) has one of its own, and the node's name says whose it is.
 * @param authority how the asker reaches the gateway: `127.0.0.1:9464`
 */
export function targetGroups(config: MetricsConfig, authority: string): TargetGroup[] {
  const own: TargetGroup = {
    targets: [authority],
    labels: { __metrics_path__: '/metrics', instance: 'gateway', lab: config.lab, service: 'gateway' },
  };
  const groups = config.targets.map(({ node, nodeKind, city, service }) => ({
    targets: [authority],
    labels: {
      __metrics_path__: metricsPath({ node, service }),
      instance: `${node}/${service}`,
      lab: config.lab,
      node,
      node_kind: nodeKind,
      city,
      service,
    },
  }));
  return [own, ...groups];
}

export function metricsPath({ node, service }: Pick<Target, 'node' | 'service'>): string {
  return `/metrics/${encodeURIComponent(node)}/${encodeURIComponent(service)}`;
}

/** What only the gateway knows: whose a client network is. */
export function ownMetrics(config: MetricsConfig): string {
  const family: Family = {
    name: 'catchment_client_network_info',
    help: 'Always 1: the client of the lab that is behind a client network.',
    type: 'gauge',
    samples: config.clients.map(({ client, city, network }) => ({
      labels: { client_network: network, client, client_city: city },
      value: 1,
    })),
  };
  const targets: Family = {
    name: 'catchment_targets',
    help: 'Services of the lab that can be scraped.',
    type: 'gauge',
    samples: [{ value: config.targets.length }],
  };
  return formatFamilies([family, targets]);
}

/** The list for a person with a browser. */
export function indexText(config: MetricsConfig): string {
  const paths = config.targets.map(metricsPath);
  return [
    `Metrics of lab ${config.lab}, for Prometheus: ${config.targets.length} services.`,
    '',
    '/targets    HTTP service discovery',
    '/metrics    names of client networks',
    '/healthz',
    ...paths,
    '',
  ].join('\n');
}
