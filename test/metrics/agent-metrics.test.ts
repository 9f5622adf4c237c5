// What an agent tells Prometheus: health, announcements and RTTs as its state has them.

import { expect, it } from 'vitest';
import { renderMetrics } from '../../src/agent/io/prometheus.ts';
import { RttTable } from '../../src/agent/rtt-table.ts';

it('tells health and announcement of every service, RTTs in seconds, and whether the POP is drained', async () => {
  const table = new RttTable(3);
  table.record('100.64.2.0/24', 17.048, 0);
  const text = await renderMetrics({
    pop: 'fra',
    services: [
      { name: 'edge', protocols: ['anycast_http4', 'anycast_http6'] },
      { name: 'dns', protocols: ['anycast_dns4'] },
    ],
    announcer: {
      state: { drained: true, services: { edge: { healthy: true, announced: false, reason: 'drained' } } },
    },
    measurer: { firstRoundDone: true, entries: () => table.entries() },
  });
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(samples).toEqual([
    'agent_service_healthy{checked_service="edge",pop="fra"} 1',
    'agent_service_healthy{checked_service="dns",pop="fra"} 0',
    'agent_announced{checked_service="edge",protocol="anycast_http4",pop="fra"} 0',
    'agent_announced{checked_service="edge",protocol="anycast_http6",pop="fra"} 0',
    'agent_announced{checked_service="dns",protocol="anycast_dns4",pop="fra"} 0',
    'agent_drained{pop="fra"} 1',
    'agent_rtt_ready{pop="fra"} 1',
    'agent_rtt_seconds{client_network="100.64.2.0/24",pop="fra"} 0.017048',
  ]);
});
