// Inside a transit: links join its own routers, and all routers are joined. A part cut off would hear no iBGP, and its
// customers would vanish without a message.

import type { Finding } from '../finding.ts';
import type { ReadablePart } from '../readable-part.ts';
import { parseCityPair } from '../references.ts';
import { didYouMean } from '../shape-problems.ts';

type Transit = ReadablePart['transits'][string];

export function backboneFindings({ transits }: ReadablePart): Finding[] {
  return Object.entries(transits).flatMap(([name, transit]) => {
    const linkProblems = transit.links.flatMap((text, i) => linkFindings(name, transit, text, i));
    // With a wrong link, what is disconnected is most likely its fault.
    return linkProblems.length > 0 ? linkProblems : connectionFindings(name, transit);
  });
}

function linkFindings(name: string, { routers }: Transit, text: string, i: number): Finding[] {
  const { a, b } = parseCityPair(text);
  const path = ['transits', name, 'links', i];
  if (a === b)
    return [
      {
        path,
        message: `link from ${a} to itself`,
        expected: 'two different cities',
        found: text,
        hint: 'remove it',
      },
    ];
  return [a, b]
    .filter((city) => !routers.includes(city))
    .map((city) => ({
      path,
      message: `link to nowhere: ${name} has no router in ${city}`,
      expected: `two of ${routers.join(', ')}`,
      found: text,
      hint: didYouMean(city, routers) ?? `add ${city} to the routers of ${name}, or remove the link`,
    }));
}

function connectionFindings(name: string, { routers, links }: Transit): Finding[] {
  const pairs = links.map(parseCityPair);
  const reached = new Set(routers.slice(0, 1));
  for (let before = 0; before < reached.size; ) {
    before = reached.size;
    for (const { a, b } of pairs) {
      if (reached.has(a) || reached.has(b)) reached.add(a).add(b);
    }
  }
  const cutOff = routers.filter((city) => !reached.has(city));
  if (cutOff.length === 0) return [];
  return [
    {
      path: ['transits', name, 'links'],
      message: `${name} is not connected inside: no path from ${routers[0]} to ${cutOff.join(', ')}`,
      expected: 'links that join all its routers',
      hint: `add \`${routers[0]}-${cutOff[0]}\` to its links`,
    },
  ];
}
