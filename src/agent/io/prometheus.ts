// What the agent knows, in Prometheus' text form: health and announcements of the POP's services, RTTs to the client
// networks. Loaded at the first scrape.

import { Gauge, Registry } from 'prom-client';
import type { StateSource } from './state-server.ts';

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export function renderMetrics({ pop, services, announcer, measurer }: StateSource): Promise<string> {
  const registry = new Registry();
  registry.setDefaultLabels({ pop });
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const { drained, services: states } = announcer.state;
  const healthy = gauge('agent_service_healthy', '1 healthy after rise and fall, 0 not', ['checked_service']);
  const announced = gauge(
    'agent_announced',
    '1 while BIRD announces the prefixes of this protocol, 0 while they are withdrawn',
    ['checked_service', 'protocol'],
  );
  for (const { name, protocols } of services) {
    const state = states[name];
    healthy.set({ checked_service: name }, state?.healthy ? 1 : 0);
    for (const protocol of protocols)
      announced.set({ checked_service: name, protocol }, state?.announced ? 1 : 0);
  }
  gauge('agent_drained', '1 while the POP is drained').set(drained ? 1 : 0);
  gauge('agent_rtt_ready', '1 once every target was measured, or had its time').set(
    measurer.firstRoundDone ? 1 : 0,
  );
  const rtt = gauge('agent_rtt_seconds', 'RTT to a client network, the least of the latest samples', [
    'client_network',
  ]);
  for (const { prefix, rttMs } of measurer.entries()) rtt.set({ client_network: prefix }, roundMicros(rttMs));
  return registry.metrics();
}

/** Seconds from milliseconds, without what binary fractions add. */
function roundMicros(ms: number): number {
  return Math.round(ms * 1000) / 1e6;
}
