import { describe, expect, test } from 'vitest';
import { plannedRttMs, predictCatchment, predictPath } from '../../src/routing/predict-catchment.ts';
import { settledRoutes } from '../../src/routing/predict-path.ts';
import type { ResolvedTopology } from '../../src/topology/resolved.ts';
import { crossroads } from './support/crossroads.ts';

function catchment(topology: ResolvedTopology, client: string, options = {}) {
  const found = predictCatchment(topology, 4, options).get(client);
  if (!found) throw new Error(`no client ${client}`);
  return found;
}

describe('predicted catchments', () => {
  test('a transit prefers its customer: Bogota crosses the continent though a peer offers a nearer POP', () => {
    const bogota = catchment(crossroads(), 'bogota');
    expect(bogota.pop).toBe('pop-gru');
    expect(bogota.best?.pop).toBe('pop-iad');
    expect(bogota.decidedBy).toEqual({ router: 't3-mia', step: 'local preference' });
    expect(bogota.explanation).toBe(
      "t3 prefers its customer's route to pop-gru (local preference 200) over its peer's to pop-iad via t1-mia (100), at t3-mia",
    );
  });

  test('a route server is transparent: London reaches Frankfurt across the exchange, with one AS in the path', () => {
    const london = catchment(crossroads(), 'london');
    expect(london.asPath).toEqual([64500]);
    expect(london.path).toEqual(['london', 'isp-london', 'pop-fra']);
    expect(london.links).toContain('pop-fra--ix-lon');
  });

  test('hot potato: of two equal exits the nearer one, by the cost of the backbone', () => {
    const miami = catchment(crossroads(), 'miami');
    expect(miami.path).toEqual(['miami', 'isp-miami', 't1-mia', 't1-iad', 'pop-iad']);
  });

  test('equal AS paths: the lowest router id wins, however far it leads', () => {
    const recife = catchment(crossroads(), 'recife');
    expect(recife.pop).toBe('pop-iad');
    expect(recife.best?.pop).toBe('pop-gru');
    expect(recife.decidedBy).toEqual({ router: 'isp-recife', step: 'router id' });
    expect(recife.explanation).toBe(
      'AS paths are equal at isp-recife: the lowest router id wins, pop-iad via t1-mia before pop-gru via t3-gru',
    );
  });

  test('both families share sessions and policy, so they share catchments', () => {
    const topology = crossroads();
    const pops = (family: 4 | 6) =>
      [...predictCatchment(topology, family)].map(([name, { pop }]) => [name, pop]);
    expect(pops(6)).toEqual(pops(4));
  });

  test.each([
    ['a withdrawn POP loses its clients to the next', { withdrawn: ['pop-gru'] }, 'pop-iad'],
    ['a failed POP as well', { failedNodes: ['pop-gru'] }, 'pop-iad'],
    ['a failed link to its provider as well', { failedLinks: ['pop-gru--t3-gru'] }, 'pop-iad'],
    ['the last POP gone, nobody is reached', { withdrawn: ['pop-gru', 'pop-iad', 'pop-fra'] }, undefined],
  ])('%s', (_, options, pop) => {
    expect(catchment(crossroads(), 'bogota', options).pop).toBe(pop);
  });

  test('a withdrawn POP keeps its unicast address, and siblings see each other’s', () => {
    const options = { withdrawn: ['pop-gru'] };
    expect(predictPath(crossroads(), 'bogota', 'pop-gru', 4, options).reached).toBe(true);
    expect(predictPath(crossroads(), 'pop-fra', 'pop-gru').reached).toBe(true);
  });
});

describe('predicted routes', () => {
  test('are valley-free: no peer or provider carries traffic between two others', () => {
    const topology = crossroads();
    const relation = new Map<string, string>();
    for (const { kind, a, b } of topology.sessions) {
      if (kind === 'ibgp') continue;
      relation.set(`${a.asn} ${b.asn}`, a.neighbourIs ?? 'peer');
      relation.set(`${b.asn} ${a.asn}`, b.neighbourIs ?? 'peer');
    }
    for (const { byNode } of settledRoutes(topology).ribs.values()) {
      for (const [node, { best }] of byNode) {
        const asn = topology.nodes.find((candidate) => candidate.name === node)?.asn ?? 0;
        // From the receiver towards the origin: up to providers, at most one peer, then down to customers only.
        let goesDown = false;
        let previous = asn;
        for (const next of best.asPath) {
          const kind = relation.get(`${previous} ${next}`) ?? 'peer';
          expect(goesDown && kind !== 'customer', `${node}: ${asn} ${best.asPath.join(' ')}`).toBe(false);
          if (kind !== 'provider') goesDown = true;
          previous = next;
        }
      }
    }
  });

  test('inside a transit: no iBGP route is told to a third router', () => {
    const { ribs } = settledRoutes(crossroads());
    for (const { byNode } of ribs.values()) {
      for (const { candidates } of byNode.values()) {
        for (const route of candidates)
          if (route.internal) expect(byNode.get(route.nextHop ?? '')?.best.internal).toBe(false);
      }
    }
  });
});

describe('planned paths', () => {
  test('RTT is the forward path plus the reverse path, which may be another one', () => {
    const topology = crossroads();
    const forward = predictPath(topology, 'recife', 'pop-fra');
    const reverse = predictPath(topology, 'pop-fra', 'recife');
    expect(plannedRttMs(topology, 'recife', 'pop-fra')).toBeCloseTo(forward.delayMs + reverse.delayMs, 6);
  });

  test('a backbone link that fails is bypassed, and the delay grows', () => {
    const direct = predictPath(crossroads(), 'miami', 'pop-fra');
    const around = predictPath(crossroads(), 'miami', 'pop-fra', 4, {
      failedLinks: ['t1-fra--t1-iad', 't1-iad--t1-fra'],
    });
    expect(around.reached).toBe(true);
    expect(around.delayMs).toBeGreaterThanOrEqual(direct.delayMs);
  });

  test('an unknown destination is unreachable at the first router', () => {
    const path = predictPath(crossroads(), 'london', '8.8.8.8');
    expect(path).toMatchObject({ nodes: ['london', 'isp-london'], reached: false, failure: 'unreachable' });
  });
});
