// Business relationships must make sense: nobody is, through others, its own provider (routing could oscillate: Gao and
// Rexford 2001 prove stability only without such cycles), and any two transits have a path that climbs through
// providers, crosses at most one peering, and descends; otherwise their customers could not talk.

import type { Finding } from '../finding.ts';
import type { ReadablePart } from '../readable-part.ts';
import { parseNetworkReference } from '../references.ts';

interface Relations {
  providers: Map<string, Map<string, number>>;
  peers: Map<string, Set<string>>;
}

export function reachabilityFindings(part: ReadablePart): Finding[] {
  const relations = relationsOf(part);
  const cycles = cycleFindings(relations);
  // With entries unreadable or cyclic, what is missing cannot be told from what was not read.
  const complete =
    cycles.length === 0 &&
    Object.keys(part.transits).length === part.declared.transits.length &&
    Object.keys(part.interconnects).length === part.interconnects.length;
  return complete ? unreachableFindings(part, relations) : cycles;
}

function relationsOf(part: ReadablePart): Relations {
  const providers: Relations['providers'] = new Map();
  const peers: Relations['peers'] = new Map();
  const addPeer = (a: string, b: string) => peers.set(a, (peers.get(a) ?? new Set()).add(b));
  part.interconnects.forEach((interconnect, i) => {
    if ('peers' in interconnect) {
      const [a, b] = interconnect.peers;
      addPeer(a, b);
      addPeer(b, a);
    } else {
      const { customer, provider } = interconnect;
      const known = providers.get(customer) ?? new Map<string, number>();
      if (customer !== provider && !known.has(provider)) providers.set(customer, known.set(provider, i));
    }
  });
  for (const ixp of Object.values(part.ixps)) {
    const names = ixp.members.map((text) => parseNetworkReference(text).network);
    for (const a of names) for (const b of names) if (a !== b) addPeer(a, b);
  }
  return { providers, peers };
}

/** One finding a cycle, at the interconnect that closes it. */
function cycleFindings({ providers }: Relations): Finding[] {
  const findings: Finding[] = [];
  const done = new Set<string>();
  const climb = (network: string, path: string[]): void => {
    for (const [provider, i] of providers.get(network) ?? []) {
      const at = path.indexOf(provider);
      if (at >= 0) {
        const cycle = [...path.slice(at), provider];
        findings.push({
          path: ['interconnects', i],
          message: `a cycle of providers: ${cycle.join(' buys from ')}`,
          expected: 'relations in which nobody is, through others, its own provider',
          hint: `make one of them a peering: \`peers: [${network}, ${provider}]\``,
        });
      } else if (!done.has(provider)) {
        climb(provider, [...path, provider]);
      }
    }
    done.add(network);
  };
  for (const network of providers.keys()) if (!done.has(network)) climb(network, [network]);
  return findings;
}

function unreachableFindings({ declared }: ReadablePart, relations: Relations): Finding[] {
  const names = declared.transits;
  return names.flatMap((a, i) =>
    names.slice(i + 1).flatMap((b) => {
      const above = upwards(b, relations);
      const reach = upwards(a, relations);
      for (const network of [...reach])
        for (const peer of relations.peers.get(network) ?? []) reach.add(peer);
      if ([...above].some((network) => reach.has(network))) return [];
      return [
        {
          path: ['transits', b],
          message: `${a} and ${b} cannot reach each other`,
          expected: 'a path through providers with at most one peering at the top',
          hint: `add \`- {peers: [${a}, ${b}], at: [CITY]}\` to interconnects, or give one a provider`,
        },
      ];
    }),
  );
}

/** The network, its providers, theirs, and so on. */
function upwards(network: string, { providers }: Relations): Set<string> {
  const found = new Set([network]);
  for (const member of found) for (const provider of providers.get(member)?.keys() ?? []) found.add(provider);
  return found;
}
