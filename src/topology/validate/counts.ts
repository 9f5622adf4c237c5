// A lab needs someone to serve, someone who serves and a network between them; and addresses end somewhere.

import { ADDRESS_LIMITS } from '../addressing.ts';
import type { Finding } from '../finding.ts';
import type { ReadablePart } from '../readable-part.ts';

export function countFindings({ declared, ixps, sections }: ReadablePart): Finding[] {
  // A section that is missing altogether is the schema's to tell.
  const atLeastOne = (section: 'transits' | 'pops' | 'clients', what: string, example: string): Finding[] =>
    declared[section].length === 0 && sections.includes(section)
      ? [
          {
            path: [section],
            message: `no ${what}`,
            expected: `at least one ${what}`,
            hint: `add one: \`${example}\``,
          },
        ]
      : [];
  const atMost = (section: 'pops' | 'clients' | 'ixps' | 'sites', limit: number): Finding[] =>
    declared[section].length > limit
      ? [
          {
            path: section === 'sites' ? ['publicResolver', 'sites'] : [section],
            message: `more ${section} than the address plan has room for`,
            expected: `at most ${limit}`,
            found: String(declared[section].length),
            hint: 'remove some, or split the topology in two',
          },
        ]
      : [];
  return [
    ...atLeastOne('transits', 'transit network', 't1: {asn: 64496, routers: [fra]}'),
    ...atLeastOne('pops', 'POP', 'fra: {providers: [t1]}'),
    ...atLeastOne('clients', 'client location', 'london: {users: 100, upstreams: [t1]}'),
    ...(sections.includes('publicResolver') && declared.sites.length === 0
      ? [
          {
            path: ['publicResolver'],
            message: 'the public resolver has no site',
            hint: 'add one under `sites`: `fra: {providers: [t1]}`',
          },
        ]
      : []),
    ...atMost('pops', ADDRESS_LIMITS.pops),
    ...atMost('clients', ADDRESS_LIMITS.clients),
    ...atMost('ixps', ADDRESS_LIMITS.ixps),
    ...atMost('sites', ADDRESS_LIMITS.resolverSites),
    ...Object.entries(ixps).flatMap(([name, { members }]) =>
      members.length > ADDRESS_LIMITS.ixpMembers
        ? [
            {
              path: ['ixps', name, 'members'],
              message: 'more members than the LAN has addresses',
              expected: `at most ${ADDRESS_LIMITS.ixpMembers}`,
              found: String(members.length),
            },
          ]
        : [],
    ),
  ];
}
