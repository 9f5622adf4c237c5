import { describe, expect, it } from 'vitest';
import { deadStatus, type Found, labStatus } from '../../src/runtimes/plan-status.ts';
import type { ServiceStatus } from '../../src/runtimes/runtime.ts';
import { PLAN } from './recording-ports.ts';

const healthy: ServiceStatus = { name: 'dns', state: 'running', healthy: true, restarts: 0 };
const found: Found = {
  runtime: 'netns',
  shaping: 'relay',
  state: 'ready',
  startedAt: '2026-01-01T00:00:00.000Z',
  services: new Map(PLAN.nodes.map(({ name }) => [name, [healthy]])),
  links: [],
  failures: new Map([['pop', 'silent']]),
  working: true,
};

describe('the status of a lab', () => {
  it('names nodes with their addresses and what fails', () => {
    const { nodes, pops, ...rest } = labStatus(PLAN, found);
    expect(rest).toMatchObject({
      name: 'three',
      runtime: 'netns',
      shaping: 'relay',
      startedAt: found.startedAt,
    });
    expect(nodes.map(({ name, failed }) => [name, failed])).toEqual([
      ['pop', 'silent'],
      ['router', undefined],
      ['far', undefined],
    ]);
    expect(nodes[2]?.addresses).toEqual(['198.18.0.1', '2001:db8::1']);
    // Whatever its services say: nobody reaches a POP that is failed.
    expect(pops).toMatchObject([{ name: 'pop', healthy: false }]);
  });

  it('is ready only while every service is healthy and frames pass', () => {
    const sick = new Map(found.services).set('far', [{ ...healthy, healthy: false }]);
    expect(labStatus(PLAN, found).state).toBe('ready');
    expect(labStatus(PLAN, { ...found, services: sick }).state).toBe('degraded');
    expect(labStatus(PLAN, { ...found, working: false }).state).toBe('degraded');
    expect(labStatus(PLAN, { ...found, services: sick, state: 'starting' }).state).toBe('starting');
  });

  it('of a dead one says why, and that nothing of it runs', () => {
    const reason = 'the engine was restarted';
    const status = deadStatus(PLAN, { runtime: 'docker', shaping: 'off', reason });
    expect(status).toMatchObject({
      state: 'dead',
      reason,
      links: [],
      pops: [{ healthy: false, announced: [] }],
    });
    for (const { services, addresses } of status.nodes) {
      expect(addresses).toEqual([]);
      expect(services).toMatchObject([{ name: 'dns', state: 'stopped', healthy: false, reason }]);
    }
  });
});
