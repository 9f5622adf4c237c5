// From a question inside our zones to how it ends (RFC 1034 section 4.3.2): aliases followed, delegations found, and
// whether a policy has to be asked. A plan depends on the zones alone, not on the client or on health, so it is made
// once for each name and type and kept.

import type { SteeringRule } from './server-state.ts';
import { TYPES } from './wire/constants.ts';
import type { Name } from './wire/name.ts';
import type { OwnedRRset, RRset } from './wire/record.ts';
import { lookupName } from './zone/lookup.ts';
import { findZone, namesIn, type Zone } from './zone/zone.ts';

/** Aliases followed for one question; BIND's default is 16, people need 2, and a loop must end. */
const MAX_CNAME_CHAIN = 8;

export type Ending =
  | { kind: 'records'; rrset: RRset }
  /** `types` is what the name has, for the proof that it lacks this one. */
  | { kind: 'nodata'; types: readonly number[] }
  | { kind: 'nxdomain' }
  | { kind: 'referral'; cut: Name; nameServers: RRset }
  /** `types`, here and below: what the name has beside the type asked for, should there be no address after all. */
  | { kind: 'steered'; rule: SteeringRule; types: readonly number[] }
  /** An ALIAS whose target is in none of our zones: its addresses are looked up elsewhere. */
  | { kind: 'outside'; target: Name; types: readonly number[] }
  | { kind: 'minimal-any' }
  /** The chain of aliases goes no further here. */
  | { kind: 'chain-ends'; reason: string };

export interface Plan {
  /** Zone of the last name. */
  zone: Zone;
  /** CNAMEs followed. */
  links: readonly OwnedRRset[];
  /** The last name: the question's, or where the aliases lead. */
  owner: Name;
  /** Name that the data is stored under: `*.…` when a wildcard matched. */
  source: Name;
  ending: Ending;
  /** TTL of an ALIAS on the way: the answer must not outlive it. */
  maxTtlSeconds?: number;
}

export interface PlanSources {
  zones: ReadonlyMap<Name, Zone>;
  rules: ReadonlyMap<Name, SteeringRule>;
  /** Records at the apex of a signed zone that its keys make (DNSKEY and alike). */
  apexRecords?: (zone: Zone, type: number) => RRset | undefined;
}

export function planAnswer(
  sources: PlanSources,
  question: { name: Name; type: number },
  firstZone: Zone,
): Plan {
  return follow(sources, question.name, question.type, firstZone, 0);
}

function follow(sources: PlanSources, first: Name, type: number, firstZone: Zone, depth: number): Plan {
  const links: OwnedRRset[] = [];
  let owner = first;
  let zone = firstZone;
  for (;;) {
    const found = lookupName(zone, owner, type);
    const source = found.kind === 'node' ? found.source : owner;
    const plan = (ending: Ending): Plan => ({ zone, links, owner, source, ending });
    if (found.kind === 'delegation') {
      return plan({ kind: 'referral', cut: found.cut, nameServers: found.nameServers });
    }
    if (found.kind === 'no-such-name') return plan({ kind: 'nxdomain' });
    const rule = sources.rules.get(source);
    const alias = zone.aliases.get(source);
    const isAddress = type === TYPES.A || type === TYPES.AAAA;
    if (rule && isAddress && (type === TYPES.A ? rule.families.ipv4 : rule.families.ipv6)) {
      return plan({
        kind: 'steered',
        rule,
        types: typesOf(found.node.rrsets, rule, alias !== undefined, type),
      });
    }
    if (alias && isAddress) {
      const types = typesOf(found.node.rrsets, rule, true, type);
      return flatten(plan, types, alias, targetPlan(sources, alias.target, type, depth));
    }
    if (type === TYPES.ANY) return plan({ kind: 'minimal-any' });
    const rrset =
      found.node.rrsets.get(type) ?? (owner === zone.origin ? sources.apexRecords?.(zone, type) : undefined);
    if (rrset) return plan({ kind: 'records', rrset });
    const cname = found.node.rrsets.get(TYPES.CNAME);
    const target = cname && namesIn(cname)[0];
    if (!cname || target === undefined) {
      return plan({ kind: 'nodata', types: typesOf(found.node.rrsets, rule, alias !== undefined, type) });
    }
    links.push({ ...cname, owner });
    // What was gathered is right as far as it goes; the resolver asks on, and finds the loop if there is one.
    if (links.length > MAX_CNAME_CHAIN) return plan({ kind: 'chain-ends', reason: 'cname-chain-too-long' });
    if (links.slice(0, -1).some((link) => link.owner === target)) {
      return plan({ kind: 'chain-ends', reason: 'cname-loop' });
    }
    const next = findZone(sources.zones, target, type);
    if (!next) return plan({ kind: 'chain-ends', reason: 'cname-leaves-our-zones' });
    owner = target;
    zone = next;
  }
}

/** Where an ALIAS leads; undefined when that is outside our zones. */
function targetPlan(
  sources: PlanSources,
  target: Name,
  type: number,
  depth: number,
): Plan | undefined | 'too-deep' {
  if (depth >= MAX_CNAME_CHAIN) return 'too-deep';
  const zone = findZone(sources.zones, target, type);
  return zone && follow(sources, target, type, zone, depth + 1);
}

/** The target's ending under the alias's own name: its CNAMEs are hidden, its TTLs bound. */
function flatten(
  plan: (ending: Ending) => Plan,
  types: readonly number[],
  alias: { target: Name; ttlSeconds: number },
  target: Plan | undefined | 'too-deep',
): Plan {
  if (target === 'too-deep') return plan({ kind: 'nodata', types });
  if (target === undefined)
    return { ...plan({ kind: 'outside', target: alias.target, types }), maxTtlSeconds: alias.ttlSeconds };
  const links = target.links.map((link) => link.ttlSeconds);
  const maxTtlSeconds = Math.min(alias.ttlSeconds, target.maxTtlSeconds ?? alias.ttlSeconds, ...links);
  const { ending } = target;
  if (ending.kind === 'records') return { ...plan(ending), maxTtlSeconds };
  if (ending.kind === 'steered' || ending.kind === 'outside')
    return { ...plan({ ...ending, types }), maxTtlSeconds };
  // A target that ends in an alias out of our zones, or that is delegated, is looked up elsewhere too.
  if (ending.kind === 'chain-ends' || ending.kind === 'referral') {
    return { ...plan({ kind: 'outside', target: alias.target, types }), maxTtlSeconds };
  }
  return plan({ kind: 'nodata', types });
}

/** What a name has beside `asked`, with what policies and aliases may give it: an NSEC record's bitmap is the union over clients. */
function typesOf(
  rrsets: ReadonlyMap<number, RRset>,
  rule: SteeringRule | undefined,
  hasAlias: boolean,
  asked: number,
): readonly number[] {
  const types = new Set(rrsets.keys());
  if (rule?.families.ipv4 || hasAlias) types.add(TYPES.A);
  if (rule?.families.ipv6 || hasAlias) types.add(TYPES.AAAA);
  types.delete(asked);
  return [...types];
}
