// From a question inside our zones to the records of the answer (RFC 1034 section 4.3.2): aliases followed, delegations
// referred, steered names decided, and a reason for whatever comes out. Pure: all that it knows is in the ServerState.

import type { ClientNetwork } from './client-subnet.ts';
import type { ServerState, SteeringRule } from './server-state.ts';
import type { SteeringDecision } from './steering/policy.ts';
import { RCODES, TYPES } from './wire/constants.ts';
import type { Reply } from './wire/encode-reply.ts';
import { isAtOrBelow, type Name } from './wire/name.ts';
import type { OwnedRRset } from './wire/record.ts';
import { namesIn } from './zone/load-zone.ts';
import { lookupName } from './zone/lookup.ts';
import { addressRecords, findZone, type Zone } from './zone/zone.ts';

/** Aliases followed for one question; BIND's default is 16, people need 2, and a loop must end. */
const MAX_CNAME_CHAIN = 8;

export interface Resolution extends Reply {
  reason: string;
  decision?: SteeringDecision;
  ttlSeconds?: number;
}

export function resolve(
  state: ServerState,
  question: { name: Name; type: number },
  firstZone: Zone,
  client: ClientNetwork,
): Resolution {
  const answer: OwnedRRset[] = [];
  let owner = question.name;
  let zone: Zone | undefined = firstZone;
  for (let aliases = 0; zone; aliases++) {
    const found = lookupName(zone, owner, question.type);
    if (found.kind === 'delegation') return referral(state, zone, answer, found.cut, found.nameServers);
    if (found.kind === 'no-such-name') {
      return { ...empty('nxdomain'), rcode: RCODES.NXDOMAIN, answer, authority: [zone.negativeSoa] };
    }
    const rule = state.steering.get(found.source);
    if (rule && (question.type === TYPES.A || question.type === TYPES.AAAA)) {
      return steered(state, zone, answer, owner, rule, question.type, client);
    }
    if (question.type === TYPES.ANY)
      return { ...empty('any-minimal'), answer: [...answer, minimalAny(owner)] };
    const rrset = found.node.rrsets.get(question.type);
    if (rrset) {
      answer.push({ ...rrset, owner });
      return { ...empty('static'), answer, additional: additionalFor(state, zone, { ...rrset, owner }) };
    }
    const alias = found.node.rrsets.get(TYPES.CNAME);
    const target = alias && namesIn(alias)[0];
    if (!alias || target === undefined) return { ...empty('nodata'), answer, authority: [zone.negativeSoa] };
    answer.push({ ...alias, owner });
    // What was gathered is right as far as it goes; the resolver asks on, and finds the loop if there is one.
    if (aliases >= MAX_CNAME_CHAIN) return { ...empty('cname-chain-too-long'), answer };
    if (answer.slice(0, -1).some((link) => link.owner === target)) return { ...empty('cname-loop'), answer };
    owner = target;
    zone = findZone(state.zones, owner, question.type);
  }
  return { ...empty('cname-leaves-our-zones'), answer };
}

/** The policy's decision for a client, for answers and for `explain`. */
export function steer(
  state: ServerState,
  rule: SteeringRule,
  type: number,
  client: ClientNetwork,
): SteeringDecision {
  return rule.policy({
    family: type === TYPES.AAAA ? 6 : 4,
    pops: state.pops,
    anycast: state.anycast,
    health: state.health,
    geo: () => state.locate(client.address),
    rtt: () => state.rtt(client.address),
  });
}

function steered(
  state: ServerState,
  zone: Zone,
  aliases: readonly OwnedRRset[],
  owner: Name,
  rule: SteeringRule,
  type: number,
  client: ClientNetwork,
): Resolution {
  const decision = steer(state, rule, type, client);
  if (!decision.address) {
    return {
      ...empty(`nodata-${decision.reason}`),
      answer: aliases,
      authority: [zone.negativeSoa],
      decision,
    };
  }
  const rdata = [{ parts: [decision.address] }];
  const rrset: OwnedRRset = { owner, type, ttlSeconds: rule.ttlSeconds, rdata };
  return { ...empty(decision.reason), answer: [...aliases, rrset], decision, ttlSeconds: rule.ttlSeconds };
}

function referral(
  state: ServerState,
  zone: Zone,
  answer: readonly OwnedRRset[],
  cut: Name,
  nameServers: { type: number; ttlSeconds: number; rdata: OwnedRRset['rdata'] },
): Resolution {
  const glue: OwnedRRset[] = [];
  const additional: OwnedRRset[] = [];
  for (const host of namesIn(nameServers)) {
    // In-domain glue is what the referral cannot do without (RFC 9471 section 3.1).
    const list = isAtOrBelow(host, cut) ? glue : additional;
    list.push(...addressRecords(state.zones, host, zone));
  }
  return {
    ...empty('referral'),
    authoritative: answer.length > 0,
    answer,
    authority: [{ ...nameServers, owner: cut }],
    glue,
    additional,
  };
}

function additionalFor(state: ServerState, zone: Zone, rrset: OwnedRRset): OwnedRRset[] {
  if (rrset.type !== TYPES.NS && rrset.type !== TYPES.MX && rrset.type !== TYPES.SRV) return [];
  return namesIn(rrset).flatMap((host) => addressRecords(state.zones, host, zone));
}

/** One small record instead of all there is, which reflectors would love (RFC 8482 section 4.2). */
function minimalAny(owner: Name): OwnedRRset {
  const cpu = Buffer.from('\x07RFC8482\x00', 'latin1');
  return { owner, type: TYPES.HINFO, ttlSeconds: 3600, rdata: [{ parts: [cpu] }] };
}

function empty(reason: string): Resolution {
  return {
    rcode: RCODES.NOERROR,
    authoritative: true,
    answer: [],
    authority: [],
    glue: [],
    additional: [],
    reason,
  };
}
