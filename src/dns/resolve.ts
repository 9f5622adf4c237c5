// A plan, and the policy's choice where it asks for one, become the records of an answer, with a reason for whatever comes
// out. Pure.

import type { Plan } from './plan.ts';
import type { OutsideAddresses } from './server-state.ts';
import type { Choice } from './steering/steering.ts';
import { RCODES, TYPES } from './wire/constants.ts';
import type { Reply } from './wire/encode-reply.ts';
import { isAtOrBelow, type Name } from './wire/name.ts';
import type { OwnedRRset, RRset } from './wire/record.ts';
import { addressRecords, namesIn, type Zone } from './zone/zone.ts';

/** How long "we do not know the outside addresses yet" is believed. */
const OUTSIDE_UNKNOWN_TTL_SECONDS = 5;

export interface Resolution extends Reply {
  reason: string;
  choice?: Choice;
}

/** The answer of a plan that asks no policy. */
export function resolvePlan(
  zones: ReadonlyMap<Name, Zone>,
  plan: Plan,
  type: number,
  outside: (target: Name) => OutsideAddresses | undefined,
): Resolution {
  const { ending, links: answer, owner, zone } = plan;
  switch (ending.kind) {
    case 'records': {
      const ttlSeconds = Math.min(ending.rrset.ttlSeconds, plan.maxTtlSeconds ?? ending.rrset.ttlSeconds);
      const rrset = { ...ending.rrset, ttlSeconds, owner };
      return {
        ...empty('static'),
        answer: [...answer, rrset],
        additional: additionalFor(zones, zone, rrset),
      };
    }
    case 'nodata':
      return { ...empty('nodata'), answer, authority: [zone.negativeSoa] };
    case 'nxdomain':
      return { ...empty('nxdomain'), rcode: RCODES.NXDOMAIN, answer, authority: [zone.negativeSoa] };
    case 'referral':
      return referral(zones, zone, answer, ending.cut, ending.nameServers);
    case 'minimal-any':
      return { ...empty('any-minimal'), answer: [...answer, minimalAny(owner)] };
    case 'chain-ends':
      return { ...empty(ending.reason), answer };
    case 'outside':
      return fromOutside(plan, type, outside(ending.target));
    case 'steered':
      throw new TypeError('a steered plan needs a choice');
  }
}

/** The answer of a plan whose policy chose. Without addresses it is NODATA. */
export function resolveSteered(plan: Plan, type: number, choice: Choice): Resolution {
  const { links: answer, owner, zone, ending } = plan;
  if (ending.kind !== 'steered') throw new TypeError('the plan asks no policy');
  if (choice.addresses.length === 0) {
    return { ...empty(choice.reason), answer, authority: [zone.negativeSoa], choice };
  }
  const ttlSeconds = Math.min(choice.ttlSeconds, plan.maxTtlSeconds ?? choice.ttlSeconds);
  // Signatures say the longest TTL, so that one serves whatever the health makes of it.
  const originalTtlSeconds = Math.min(
    ending.rule.ttl.maxSeconds,
    plan.maxTtlSeconds ?? Number.POSITIVE_INFINITY,
  );
  const rrset = { ...addressRRset(owner, type, ttlSeconds, choice.addresses), originalTtlSeconds };
  return { ...empty(choice.reason), answer: [...answer, rrset], choice };
}

export function errorResolution(rcode: number, reason: string, extendedError?: number): Resolution {
  return {
    ...empty(reason),
    rcode,
    authoritative: false,
    ...(extendedError !== undefined && { extendedError }),
  };
}

function fromOutside(plan: Plan, type: number, known: OutsideAddresses | undefined): Resolution {
  const addresses = (type === TYPES.AAAA ? known?.ipv6 : known?.ipv4) ?? [];
  const limit = plan.maxTtlSeconds ?? 0;
  if (addresses.length === 0) {
    const ttlSeconds = Math.min(
      plan.zone.negativeSoa.ttlSeconds,
      known ? limit : OUTSIDE_UNKNOWN_TTL_SECONDS,
    );
    const authority = [{ ...plan.zone.negativeSoa, ttlSeconds }];
    return { ...empty(known ? 'alias-nodata' : 'alias-not-looked-up'), answer: plan.links, authority };
  }
  const ttlSeconds = Math.min(known?.ttlSeconds ?? limit, limit);
  return {
    ...empty('alias-outside'),
    answer: [...plan.links, addressRRset(plan.owner, type, ttlSeconds, addresses)],
  };
}

function addressRRset(
  owner: Name,
  type: number,
  ttlSeconds: number,
  addresses: readonly Uint8Array[],
): OwnedRRset {
  return { owner, type, ttlSeconds, rdata: addresses.map((address) => ({ parts: [address] })) };
}

function referral(
  zones: ReadonlyMap<Name, Zone>,
  zone: Zone,
  answer: readonly OwnedRRset[],
  cut: Name,
  nameServers: RRset,
): Resolution {
  const glue: OwnedRRset[] = [];
  const additional: OwnedRRset[] = [];
  for (const host of namesIn(nameServers)) {
    // In-domain glue is what the referral cannot do without (RFC 9471 section 3.1).
    const list = isAtOrBelow(host, cut) ? glue : additional;
    list.push(...addressRecords(zones, host, zone));
  }
  const authority = [{ ...nameServers, owner: cut }];
  return { ...empty('referral'), authoritative: answer.length > 0, answer, authority, glue, additional };
}

function additionalFor(zones: ReadonlyMap<Name, Zone>, zone: Zone, rrset: OwnedRRset): OwnedRRset[] {
  if (rrset.type !== TYPES.NS && rrset.type !== TYPES.MX && rrset.type !== TYPES.SRV) return [];
  return namesIn(rrset).flatMap((host) => addressRecords(zones, host, zone));
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
