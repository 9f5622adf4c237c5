// From a lab's plan to what can be scraped: every service of a real topology, and names for the networks that the edges
// will count.

import { expect, it } from 'vitest';
import { planLab } from '../../src/deployment/plan.ts';
import { ClientNetworks } from '../../src/edge/client-networks.ts';
import { parseMetricsConfig } from '../../src/metrics/config.ts';
import { gatewayConfig } from '../../src/runtimes/docker/observability.ts';
import { metricsTargets } from '../../src/runtimes/metrics-targets.ts';
import { loadTopology } from '../../src/topology/io/load-topology.ts';

const { topology } = loadTopology('tiny');
const plan = planLab('x', topology, { birdConfig: () => '', geoipDatabase: new Uint8Array() });
const { targets, clients } = metricsTargets(plan.nodes, (node) => `/run/labs/${node}`);

it('every service of the plan is a target, with its socket in the node’s folder', () => {
  expect(targets).toHaveLength(plan.nodes.flatMap(({ services }) => services).length);
  expect(targets.filter(({ node }) => node === 'pop-fra')).toEqual(
    [
      { service: 'bird', kind: 'bird', socket: '/run/labs/pop-fra/bird.ctl' },
      { service: 'dns', kind: 'http', socket: '/run/labs/pop-fra/dns.sock' },
      { service: 'edge', kind: 'http', socket: '/run/labs/pop-fra/edge.sock' },
      { service: 'agent', kind: 'http', socket: '/run/labs/pop-fra/agent.sock' },
    ].map((target) => ({ node: 'pop-fra', nodeKind: 'pop', city: 'Frankfurt', ...target })),
  );
});

it('client networks have the names that edges count them by', () => {
  const counted = new ClientNetworks();
  for (const { name, address, prefix, city } of topology.clients) {
    for (const one of [address.ipv4, address.ipv6])
      expect(clients).toContainEqual({
        client: name,
        city: city.name,
        network: counted.of(one, 'anycast').network,
      });
    // And that agents measure RTTs by, so that queries can join the two.
    for (const one of [prefix.ipv4, prefix.ipv6])
      expect(clients.map(({ network }) => network)).toContain(one);
  }
  expect(clients).toHaveLength(2 * topology.clients.length);
});

it('the configuration of the gateway on docker is one that it accepts', () => {
  const config = parseMetricsConfig(gatewayConfig('x', plan.nodes), 'metrics.json');
  expect(config).toMatchObject({ lab: 'x', listen: { address: '0.0.0.0', port: 9464 } });
  expect(config.targets).toEqual(targets);
});
