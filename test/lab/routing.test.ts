// Prediction and real BIRDs choose the same route, at every router for every prefix: with all well, and after links and
// POPs failed. Needs root; no shaping, no services.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Route } from '../../src/routing/bgp-decision.ts';
import { runsBird } from '../../src/routing/bird-config.ts';
import { type PredictionOptions, predictRoutes } from '../../src/routing/predict-routes.ts';
import { ANYCAST_PROTOCOLS } from '../../src/routing/protocol-names.ts';
import { crossroads } from '../routing/support/crossroads.ts';
import { RoutingLab } from '../routing/support/namespaces.ts';

const topology = crossroads();
const lab = new RoutingLab(topology);
const kinds = new Map(topology.nodes.map((node) => [node.name, node.kind]));

beforeAll(async () => {
  lab.start();
  await lab.settled();
  for (const { name } of topology.pops) await announce(name, 'enable');
  await lab.settled();
});
afterAll(() => lab.remove());

async function announce(pop: string, verb: 'enable' | 'disable') {
  for (const { ipv4, ipv6 } of Object.values(ANYCAST_PROTOCOLS)) {
    for (const protocol of [ipv4, ipv6]) await lab.bird(pop).ask(`${verb} ${protocol}`);
  }
}

/** `NODE PREFIX -> protocol of the best route`, one line each, as all BIRDs have it. */
async function birdsChoices(): Promise<string[]> {
  const lines: string[] = [];
  for (const { name } of topology.nodes.filter(runsBird)) {
    for (const { text } of (await lab.bird(name).ask('show route primary')).lines) {
      const found = /^(\S+\/\d+)\s+\w+ \[(\S+) /.exec(text);
      const isOfBgp = found && !['backbone', 'loopback'].includes(found[2] ?? '');
      if (isOfBgp)
        lines.push(`${name} ${found[1]} -> ${found[2]?.replace(/^(unicast|anycast_).*$/, 'itself')}`);
    }
  }
  return lines.sort();
}

function predictedChoices(options: PredictionOptions = {}): string[] {
  const lines: string[] = [];
  for (const { prefix, byNode } of predictRoutes(topology, options).ribs.values()) {
    for (const [node, { best }] of byNode) {
      for (const text of [prefix.ipv4, prefix.ipv6])
        lines.push(`${node} ${text} -> ${protocolOf(node, best)}`);
    }
  }
  return lines.sort();
}

function protocolOf(node: string, route: Route): string {
  const name = (peer: string | undefined) => peer?.replaceAll('-', '_');
  if (route.nextHop === undefined) return 'itself';
  if (route.internal) return `ibgp_${name(route.nextHop)}`;
  if (kinds.get(node) === 'ixp') return `rs_${name(route.nextHop)}`;
  const acrossExchange = route.links.some((link) => link.endsWith('ix-lon'));
  return acrossExchange ? 'rs_ix_lon' : `ebgp_${name(route.nextHop)}`;
}

/** Linux drops the IPv6 addresses of a link that goes down. */
function restoreIpv6(node: string, port: string): string {
  const found = topology.nodes
    .find(({ name }) => name === node)
    ?.interfaces.find(({ name }) => name === port);
  return `ip -n rt-${node} addr add ${found?.addresses?.ipv6} dev ${port} nodad`;
}

describe('BIRD and prediction choose the same routes', () => {
  test('with all well', async () => {
    expect(await birdsChoices()).toEqual(predictedChoices());
  });

  test('with a POP withdrawn', async () => {
    await announce('pop-gru', 'disable');
    await lab.settled();
    expect(await birdsChoices()).toEqual(predictedChoices({ withdrawn: ['pop-gru'] }));
    await announce('pop-gru', 'enable');
    await lab.settled();
  });

  test.each([
    ['between two networks', 't1-mia--t3-mia', 't1-mia', 't3-mia'],
    ['that splits a transit', 't1-iad--t1-mia', 't1-iad', 't1-mia'],
    ['of an exchange', 'pop-fra--ix-lon', 'pop-fra', 'ix-lon'],
  ])('with a link down %s, and when it is back', async (_, link, node, port) => {
    const without = predictedChoices({ failedLinks: [link] });
    expect(without).not.toEqual(predictedChoices());
    lab.run(`ip -n rt-${node} link set ${port} down`);
    // iBGP sessions end with the hold time of 9 s.
    await expect.poll(birdsChoices, { timeout: 30_000 }).toEqual(without);
    lab.run(`ip -n rt-${node} link set ${port} up; ${restoreIpv6(node, port)}`);
    await lab.settled();
    expect(await birdsChoices()).toEqual(predictedChoices());
  });

  test('after BIRD is killed and started again', async () => {
    lab.restartBird('t1-iad');
    await lab.settled();
    expect(await birdsChoices()).toEqual(predictedChoices());
  });
});
