// One sentence on why BGP takes a client to a POP that is not its best one: the first router along the way, or in the
// networks along the way, that heard of the best POP and chose another, and the step of the decision that did it.

import { compareRoutes, type DecisionStep, type Route } from './bgp-decision.ts';
import type { Forwarding } from './predict-path.ts';
import type { RibEntry } from './predict-routes.ts';

export interface CatchmentExplanation {
  sentence: string;
  /** Where it was decided; absent when no network on the way ever heard of the better POP. */
  router?: string;
  step?: DecisionStep;
}

export function explainCatchment(
  forwarding: Forwarding,
  path: string[],
  rib: Map<string, RibEntry>,
  pop: string,
  best: string,
): CatchmentExplanation {
  const { topology } = forwarding.routes;
  const routers = path.filter((name) => forwarding.node(name).kind !== 'client' && name !== pop);
  for (const router of routers) {
    const { asn } = forwarding.node(router);
    const siblings = topology.nodes.filter(
      (node) => node.asn === asn && node.kind === 'router' && node.name !== router,
    );
    for (const name of [router, ...siblings.map((node) => node.name)]) {
      const entry = rib.get(name);
      const refused = entry && bestCandidate(entry, best);
      if (!entry || !refused || entry.best.origin === best) continue;
      const { step } = compareRoutes(entry.best, refused);
      return { sentence: sentence(forwarding, name, step, entry.best, refused), router: name, step };
    }
  }
  const last = forwarding.node(routers.at(-1) ?? pop).as;
  return {
    sentence: `no network on the way (${networks(forwarding, routers).join(', ')}) is offered a route to ${best}; ${last} has only the one to ${pop}`,
  };
}

function bestCandidate(entry: RibEntry, origin: string): Route | undefined {
  return entry.candidates
    .filter((candidate) => candidate.origin === origin)
    .sort((a, b) => compareRoutes(a, b).order)[0];
}

function networks(forwarding: Forwarding, routers: string[]): string[] {
  return [...new Set(routers.map((router) => forwarding.node(router).as))];
}

function sentence(
  forwarding: Forwarding,
  router: string,
  step: DecisionStep,
  won: Route,
  lost: Route,
): string {
  const { as } = forwarding.node(router);
  const [to, instead] = [won.origin, lost.origin];
  const heard = (route: Route) => route.entry ?? route.origin;
  const route = (of: Route) => (heard(of) === of.origin ? of.origin : `${of.origin} via ${heard(of)}`);
  switch (step) {
    case 'local preference':
      return `${as} prefers its ${won.learnedFrom}'s route to ${route(won)} (local preference ${won.localPreference}) over its ${lost.learnedFrom}'s to ${route(lost)} (${lost.localPreference}), at ${router}`;
    case 'AS path length':
      return `${router} takes the shorter AS path: ${pathText(won)} to ${route(won)} before ${pathText(lost)} to ${route(lost)}`;
    case 'eBGP over iBGP':
      return `${router} hands over at once to ${heard(won)} for ${to} (eBGP before iBGP) and does not carry the traffic to ${lost.nextHop} for ${instead}`;
    case 'IGP cost':
      return `hot potato: for ${router} the exit ${won.nextHop} to ${to} is nearer (IGP cost ${won.igpCost}) than ${lost.nextHop} to ${instead} (${lost.igpCost})`;
    case 'router id':
    case 'neighbour address':
      return `AS paths are equal at ${router}: the lowest ${step} wins, ${route(won)} before ${route(lost)}`;
    case 'local origination':
      return `${router} originates the prefix itself`;
  }
}

function pathText(route: Route): string {
  return route.asPath.map((asn) => `AS${asn}`).join(' ');
}
