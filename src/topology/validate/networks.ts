// What references can mean: the networks of a file by the name that other parts use, and the cities they have routers in.

import type { ValuePath } from '../../base/yaml-source.ts';
import type { Finding } from '../finding.ts';
import { accessNodeName, popNodeName, resolverNodeName } from '../names.ts';
import type { ReadablePart } from '../readable-part.ts';
import { didYouMean } from '../shape-problems.ts';

export interface NetworkChoice {
  /** Names allowed here. */
  names: string[];
  /** In words: `a transit network`. */
  what: string;
}

export function transitNames(part: ReadablePart): NetworkChoice {
  return { names: part.declared.transits, what: 'a transit network' };
}

/** Transits, and the single-router networks by the name of their node. */
export function peerNames({ declared, sections }: ReadablePart): NetworkChoice {
  return {
    names: [
      ...declared.transits,
      ...declared.clients.map(accessNodeName),
      ...declared.pops.map(popNodeName),
      ...declared.sites.map(resolverNodeName),
      ...['origin', 'root'].filter((name) => sections.includes(name)),
    ],
    what: 'a network',
  };
}

/** A reference to nowhere, or to a city where that network has no router. */
export function referenceFindings(
  part: ReadablePart,
  { names, what }: NetworkChoice,
  network: string,
  city: string | undefined,
  path: ValuePath,
): Finding[] {
  if (!names.includes(network)) {
    const others = peerNames(part).names.includes(network);
    return [
      {
        path,
        message: others ? `${network} is not ${what}` : `link to nowhere: there is no network ${network}`,
        expected: `${what}: ${shortList(names)}`,
        found: network,
        hint:
          didYouMean(network, names) ??
          (others ? 'choose one of these' : `define ${network}, or choose one of these`),
      },
    ];
  }
  const routers = part.transits[network]?.routers;
  if (city === undefined || !routers || routers.includes(city)) return [];
  return [
    {
      path,
      message: `link to nowhere: ${network} has no router in ${city}`,
      expected: `one of its cities: ${routers.join(', ')}`,
      found: `${network}@${city}`,
      hint:
        didYouMean(city, routers) ??
        `write \`${network}\` alone for its nearest router, or add ${city} to its routers`,
    },
  ];
}

/** The names, or the first of many. */
function shortList(names: string[]): string {
  const SHOWN = 8;
  if (names.length === 0) return 'there is none yet';
  return names.length <= SHOWN ? names.join(', ') : `${names.slice(0, SHOWN).join(', ')}, ...`;
}
