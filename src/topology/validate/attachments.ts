// Everything at the edge is attached to something: POPs, clients, resolver sites, origin and root to networks that
// exist, in cities where these have routers; clients to a resolver that exists.

import type { ValuePath } from '../../base/yaml-source.ts';
import type { Finding } from '../finding.ts';
import { popNodeName } from '../names.ts';
import type { ReadablePart } from '../readable-part.ts';
import { parseNetworkReference } from '../references.ts';
import { didYouMean } from '../shape-problems.ts';
import { type NetworkChoice, peerNames, referenceFindings, transitNames } from './networks.ts';

export function attachmentFindings(part: ReadablePart): Finding[] {
  const members = new Set(
    Object.values(part.ixps).flatMap((ixp) => ixp.members.map((text) => parseNetworkReference(text).network)),
  );
  return [
    ...Object.entries(part.pops).flatMap(([code, pop]) => [
      ...edgeFindings(part, pop, ['pops', code]),
      ...(pop.providers.length + pop.peers.length === 0 && !members.has(popNodeName(code))
        ? [detached(`the POP ${code}`, ['pops', code])]
        : []),
    ]),
    ...Object.entries(part.clients).flatMap(([name, client]) => [
      ...references(part, client.upstreams, transitNames(part), ['clients', name, 'upstreams']),
      ...(client.resolver === 'public' && !part.sections.includes('publicResolver')
        ? [
            {
              path: ['clients', name, 'resolver'],
              message: `${name} uses the public resolver, and there is none`,
              hint: 'add a `publicResolver` section, or write `resolver: isp`',
            },
          ]
        : []),
    ]),
    ...Object.entries(part.publicResolver?.sites ?? {}).flatMap(([code, site]) => {
      const path = ['publicResolver', 'sites', code];
      const alone = site.providers.length + site.peers.length === 0;
      return [
        ...edgeFindings(part, site, path),
        ...(alone ? [detached(`the resolver site ${code}`, path)] : []),
      ];
    }),
    ...(['origin', 'root'] as const).flatMap((name) => {
      const site = part[name];
      if (!site) return [];
      const alone = site.providers.length + site.peers.length === 0;
      return [...edgeFindings(part, site, [name]), ...(alone ? [detached(`the ${name}`, [name])] : [])];
    }),
    ...Object.entries(part.ixps).flatMap(([name, ixp]) => memberFindings(part, name, ixp.members)),
    ...popListFindings(part),
  ];
}

function edgeFindings(
  part: ReadablePart,
  edge: { providers: string[]; peers: string[] },
  path: ValuePath,
): Finding[] {
  return [
    ...references(part, edge.providers, transitNames(part), [...path, 'providers']),
    ...references(part, edge.peers, otherNetworks(part, path), [...path, 'peers']),
  ];
}

/** Peers are other networks: POPs share one AS number, and so do the sites of the public resolver. */
function otherNetworks(part: ReadablePart, path: ValuePath): NetworkChoice {
  const own = { pops: 'pop-', publicResolver: 'resolver-' }[String(path[0])] ?? String(path[0]);
  const { names } = peerNames(part);
  return { names: names.filter((name) => !name.startsWith(own)), what: 'another network' };
}

function references(part: ReadablePart, texts: string[], choice: NetworkChoice, path: ValuePath): Finding[] {
  return texts.flatMap((text, i) => {
    const { network, city } = parseNetworkReference(text);
    return referenceFindings(part, choice, network, city, [...path, i]);
  });
}

function memberFindings(part: ReadablePart, ixp: string, members: string[]): Finding[] {
  const path = ['ixps', ixp, 'members'];
  const names = members.map((text) => parseNetworkReference(text).network);
  return [
    ...references(part, members, peerNames(part), path),
    ...names.flatMap((name, i) =>
      names.indexOf(name) < i
        ? [
            {
              path: [...path, i],
              message: `${name} is a member twice`,
              expected: 'one port per member',
              hint: 'remove one of the two',
            },
          ]
        : [],
    ),
  ];
}

function popListFindings({ steering, cdn, declared }: ReadablePart): Finding[] {
  const lists: [ValuePath, readonly string[] | undefined][] = [
    [['steering', 'unicastNameServers'], steering?.unicastNameServers],
    [['cdn', 'cache', 'shields'], cdn?.cache.shields],
  ];
  return lists.flatMap(([path, codes = []]) =>
    codes.flatMap((code, i) => {
      const finding = (message: string, hint: string): Finding => ({
        path: [...path, i],
        message,
        expected: `one of ${declared.pops.join(', ')}`,
        hint,
      });
      if (!declared.pops.includes(code))
        return [finding(`unknown POP ${code}`, didYouMean(code, declared.pops) ?? 'choose one of these')];
      return codes.indexOf(code) < i ? [finding(`POP ${code} is named twice`, 'leave one out')] : [];
    }),
  );
}

function detached(what: string, path: ValuePath): Finding {
  return {
    path,
    message: `${what} is attached to nothing`,
    expected: 'at least one provider or peer',
    hint: 'add `providers: [NETWORK]`',
  };
}
