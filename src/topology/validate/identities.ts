// Nodes are told apart by name, networks by AS number (a second one would look like a loop to BGP and be dropped).

import type { ValuePath } from '../../base/yaml-source.ts';
import { type Finding, formatPath } from '../finding.ts';
import { accessAsn, accessNodeName, popNodeName, resolverNodeName, routerName } from '../names.ts';
import type { ReadablePart } from '../readable-part.ts';

/** Names that Linux or the lab gives another meaning on every node. */
const RESERVED_NAMES = ['lo', 'lan', 'all', 'default', 'localhost', 'resolver'];

export function nameFindings(part: ReadablePart): Finding[] {
  const { declared } = part;
  const owners: [name: string, path: ValuePath][] = [
    ['origin', ['origin']],
    ['root', ['root']],
    ...Object.entries(part.transits).flatMap(([name, transit]) =>
      transit.routers.map((code, i): [string, ValuePath] => [
        routerName(name, code),
        ['transits', name, 'routers', i],
      ]),
    ),
    ...declared.ixps.map((name): [string, ValuePath] => [name, ['ixps', name]]),
    ...declared.pops.map((code): [string, ValuePath] => [popNodeName(code), ['pops', code]]),
    ...declared.sites.map((code): [string, ValuePath] => [
      resolverNodeName(code),
      ['publicResolver', 'sites', code],
    ]),
    ...declared.clients.flatMap((name): [string, ValuePath][] => [
      [name, ['clients', name]],
      [accessNodeName(name), ['clients', name]],
    ]),
    // Transits are no nodes, but references to networks and to nodes share one space of names.
    ...declared.transits.map((name): [string, ValuePath] => [name, ['transits', name]]),
  ];
  const reserved = owners.filter(([name]) => RESERVED_NAMES.includes(name));
  return [
    ...reserved.map(([name, path]) => ({
      path,
      message: `the name ${name} is reserved`,
      hint: `rename it: ${name}-1`,
    })),
    ...repeated(owners).map(({ key, path, first }) => ({
      path,
      message: `duplicate name ${key}`,
      found: `also used at ${formatPath(first)}`,
      hint: 'rename or remove one of the two',
    })),
  ];
}

export function asnFindings(part: ReadablePart): Finding[] {
  const clientNames = part.declared.clients;
  const owners: [asn: number, path: ValuePath][] = [
    ...Object.entries(part.transits).map(([name, { asn }]): [number, ValuePath] => [
      asn,
      ['transits', name, 'asn'],
    ]),
    ...Object.entries(part.ixps).map(([name, { asn }]): [number, ValuePath] => [asn, ['ixps', name, 'asn']]),
    ...(['cdn', 'publicResolver', 'origin', 'root'] as const).flatMap((key): [number, ValuePath][] => {
      const section = part[key];
      return section ? [[section.asn, [key, 'asn']]] : [];
    }),
    ...Object.entries(part.clients).map(([name, { asn }]): [number, ValuePath] => [
      accessAsn(clientNames.indexOf(name), asn),
      ['clients', name, 'asn'],
    ]),
  ];
  const taken = new Set(owners.map(([asn]) => asn));
  return repeated(owners).map(({ key, path, first }) => ({
    path,
    message: `duplicate AS number ${key}`,
    expected: 'one AS number per network',
    found: `also used at ${formatPath(first)}`,
    hint: `take a free one, such as ${freeAsn(taken)}`,
  }));
}

/** Documentation AS numbers (RFC 5398), then private ones (RFC 6996). */
function freeAsn(taken: Set<number>): number {
  let asn = 64496;
  while (taken.has(asn)) asn = asn === 64511 ? 4200010000 : asn + 1;
  return asn;
}

function repeated<K>(owners: [K, ValuePath][]): { key: K; path: ValuePath; first: ValuePath }[] {
  const seen = new Map<K, ValuePath>();
  return owners.flatMap(([key, path]) => {
    const first = seen.get(key);
    if (first) return [{ key, path, first }];
    seen.set(key, path);
    return [];
  });
}
