// Signs replies while answering (RFC 4035 section 3.1), since what is answered is decided per client: signatures behind
// the records of each section, proofs of what is not there (RFC 9824), DS or its absence at delegations. Takes a reply that
// is right without DNSSEC and gives the one for clients that set DO.

import { RCODES, TYPES } from '../wire/constants.ts';
import type { Reply } from '../wire/encode-reply.ts';
import type { Name } from '../wire/name.ts';
import type { OwnedRRset, RRset } from '../wire/record.ts';
import { lookupName } from '../zone/lookup.ts';
import { namesIn, type Zone } from '../zone/zone.ts';
import { KEY_TYPES, keyRRset, keyTypes } from './apex-records.ts';
import { deniedTypes, NXNAME_TYPES, nsecRRset } from './denial.ts';
import { type KeysAt, keysAt } from './key-schedule.ts';
import { type SignableRRset, SignatureCache, signRRset } from './rrset-signer.ts';
import type { SigningSettings } from './signing-data.ts';
import type { ZoneKey } from './zone-key.ts';

export interface SecureFacts {
  /** Zone of the last name: the question's, or where the aliases led. */
  zone: Zone;
  /** The question. */
  name: Name;
  type: number;
  /** What the reply denies; `types` are those that the name has, for any client. */
  denied?: Denied;
  /** The delegation that the reply refers to. */
  cut?: Name;
  /** The client takes NXDOMAIN with a compact proof (the CO bit, RFC 9824 section 5.1). */
  compactOk?: boolean;
}

interface Denied {
  kind: 'nodata' | 'nxdomain';
  name: Name;
  types: readonly number[];
}

export interface OnlineSignerOptions extends SigningSettings {
  /** The zone that answers for a name: its records, also where an alias led into another zone. */
  zoneOf: (name: Name, type: number) => Zone | undefined;
  /** That of the signer before a reload, so that nothing has to be signed again; else one is made. */
  cache?: SignatureCache;
}

/** A reply may be used again, signatures and all, until then. */
export type Secured<R extends Reply> = R & { signedUntilSeconds: number };

export class OnlineSigner {
  readonly cache: SignatureCache;
  readonly #keys: ReadonlyMap<Name, readonly ZoneKey[]>;
  readonly #options: OnlineSignerOptions;
  /** The keys in force, by zone. */
  readonly #inForce = new Map<Name, KeysAt>();

  /** `keys` by zone; zones without an entry are not signed. */
  constructor(keys: ReadonlyMap<Name, readonly ZoneKey[]>, options: OnlineSignerOptions) {
    this.#keys = keys;
    this.#options = options;
    this.cache = options.cache ?? new SignatureCache(options.cachedSignatures);
  }

  /** Whether the zone has keys, whatever their time. */
  signs(zone: Zone): boolean {
    return (this.#keys.get(zone.origin)?.length ?? 0) > 0;
  }

  /**
   * DNSKEY, CDS and CDNSKEY of a signed zone, by its keys; undefined for other types, when there are none, and where the
   * zone has its own. `secure` puts those of its moment in the place of older ones.
   */
  apexRRset(zone: Zone, type: number, nowSeconds: number): RRset | undefined {
    if (!KEY_TYPES.has(type) || zone.nodes.get(zone.origin)?.rrsets.has(type)) return undefined;
    const keys = this.#keysOf(zone, nowSeconds);
    return keys && keyRRset(keys, type, this.#options.dnskeyTtlSeconds);
  }

  /** `reply` as clients with DO get it. Records of unsigned zones stay as they are. */
  secure<R extends Reply>(reply: R, facts: SecureFacts, nowSeconds: number): Secured<R> {
    const { zone } = facts;
    const lifetime = { untilSeconds: Number.POSITIVE_INFINITY };
    const sign = (rrset: SignableRRset, from: Zone) => this.#sign(rrset, from, nowSeconds, lifetime);
    const signOwn = (rrsets: readonly OwnedRRset[]) =>
      rrsets.flatMap((rrset) => {
        const from = this.#authorityOf(rrset);
        return from ? sign(this.#upToDate(rrset, from, nowSeconds), from) : [rrset];
      });
    let { rcode } = reply;
    const answer = signOwn(reply.answer);
    const additional = signOwn(reply.additional);
    let authority = reply.authority.flatMap((rrset) => {
      // The NS records of a delegation are the child's: the parent does not sign them (RFC 4035 section 2.2).
      if (rrset.owner === facts.cut) return [rrset];
      return sign(rrset.type === TYPES.SOA ? withFullTtl(rrset, zone) : rrset, zone);
    });
    const keys = this.#keysOf(zone, nowSeconds);
    const denied = facts.denied ?? impliedDenial(reply, facts);
    if (keys && facts.cut !== undefined) authority.push(...sign(delegationProof(zone, facts.cut), zone));
    else if (keys && denied) {
      const own = denied.name === zone.origin ? this.apexRRset(zone, facts.type, nowSeconds) : undefined;
      const proof = sign(proofOf(denied, facts, keys), zone);
      // NSEC and RRSIG exist at the name, says the proof: who asks for one gets it, and no denial. Keys that have begun
      // since the plan was made are there too.
      const asked = own ? sign({ ...own, owner: zone.origin }, zone) : askedFor(facts.type, proof);
      if (asked) {
        answer.push(...asked);
        authority = [];
      } else authority.push(...proof);
      if (asked || !facts.compactOk) rcode = RCODES.NOERROR;
    }
    return { ...reply, rcode, answer, authority, additional, signedUntilSeconds: lifetime.untilSeconds };
  }

  /** The signatures of an RRset of `zone`; undefined when it is not signed. `secure` is for replies; this for the rest. */
  rrsigOf(rrset: SignableRRset, zone: Zone, nowSeconds: number): OwnedRRset | undefined {
    return this.#sign(rrset, zone, nowSeconds, { untilSeconds: Number.POSITIVE_INFINITY })[1];
  }

  #sign(
    rrset: SignableRRset,
    zone: Zone,
    nowSeconds: number,
    lifetime: { untilSeconds: number },
  ): OwnedRRset[] {
    const keys = this.#keysOf(zone, nowSeconds);
    if (!keys) return [rrset];
    const signers = KEY_TYPES.has(rrset.type) ? keys.keySigners : keys.zoneSigners;
    const validitySeconds = 86400 * this.#options.signatureValidityDays;
    const { rrsig, untilSeconds } = signRRset(rrset, signers, this.cache, validitySeconds, nowSeconds);
    lifetime.untilSeconds = Math.min(lifetime.untilSeconds, untilSeconds, keys.untilSeconds);
    return [rrset, rrsig];
  }

  /** The signed zone that an RRset is of; addresses below a delegation are not ours to sign. */
  #authorityOf(rrset: OwnedRRset): Zone | undefined {
    const zone = this.#options.zoneOf(rrset.owner, rrset.type);
    if (!zone || !this.signs(zone)) return undefined;
    return lookupName(zone, rrset.owner, rrset.type).kind === 'delegation' ? undefined : zone;
  }

  /** A reply may have been made before the last change of keys. */
  #upToDate(rrset: OwnedRRset, zone: Zone, nowSeconds: number): OwnedRRset {
    const current = this.apexRRset(zone, rrset.type, nowSeconds);
    return current && rrset.owner === zone.origin ? { ...current, owner: rrset.owner } : rrset;
  }

  /** The keys of a zone in force at a moment; undefined when there is none to sign with. */
  #keysOf(zone: Zone, nowSeconds: number): KeysAt | undefined {
    let keys = this.#inForce.get(zone.origin);
    if (!keys || nowSeconds < keys.fromSeconds || nowSeconds >= keys.untilSeconds) {
      const all = this.#keys.get(zone.origin);
      if (!all) return undefined;
      keys = keysAt(all, nowSeconds, this.#options.publishCds);
      this.#inForce.set(zone.origin, keys);
    }
    return keys.zoneSigners.length > 0 ? keys : undefined;
  }
}

function proofOf(denied: Denied, { zone, type }: SecureFacts, keys: KeysAt): OwnedRRset {
  const { name } = denied;
  if (denied.kind === 'nxdomain') return nsecRRset(zone, name, NXNAME_TYPES);
  return nsecRRset(zone, name, deniedTypes(zone, name, type, denied.types, keyTypes(keys)));
}

/** What of a proof is the answer to a question for its own types. */
function askedFor(type: number, [nsec, rrsig]: readonly OwnedRRset[]): OwnedRRset[] | undefined {
  if (type === TYPES.NSEC && nsec && rrsig) return [nsec, rrsig];
  return type === TYPES.RRSIG && rrsig ? [rrsig] : undefined;
}

/**
 * A policy without an address for this client denies too, and only the reply shows it. Such a name may have addresses of
 * either family for others: to claim one too many is harmless, to leave one out would deny it to everybody.
 */
function impliedDenial(reply: Reply, { zone, name, type }: SecureFacts): Denied | undefined {
  if (!reply.authority.some((rrset) => rrset.type === TYPES.SOA)) return undefined;
  let last = name;
  for (const rrset of reply.answer) {
    if (rrset.owner === last && rrset.type === TYPES.CNAME) last = namesIn(rrset)[0] ?? last;
  }
  const found = lookupName(zone, last, type);
  if (found.kind !== 'node') return { kind: 'nxdomain', name: last, types: [] };
  return { kind: 'nodata', name: last, types: [...found.node.rrsets.keys(), TYPES.A, TYPES.AAAA] };
}

/** A negative answer's SOA has a lowered TTL; it is the same record, so the signature says its own (RFC 4034 3.1.4). */
function withFullTtl(soa: OwnedRRset, zone: Zone): SignableRRset {
  const own = zone.nodes.get(zone.origin)?.rrsets.get(TYPES.SOA);
  return { ...soa, originalTtlSeconds: own?.ttlSeconds ?? soa.ttlSeconds };
}

/** The DS records of a delegation, or the proof that it has none: then the child is unsigned (RFC 4035 section 3.1.4). */
function delegationProof(zone: Zone, cut: Name): OwnedRRset {
  const ds = zone.nodes.get(cut)?.rrsets.get(TYPES.DS);
  return ds ? { ...ds, owner: cut } : nsecRRset(zone, cut, [TYPES.NS]);
}
