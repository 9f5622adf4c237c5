// Compact denial of existence (RFC 9824): one NSEC record at the name asked for, made while answering, proves that the
// name lacks a type, or does not exist at all (the NXNAME bit). It ends just behind the name, so that nobody can walk the
// zone, and nothing else is denied by it.

import { TYPES } from '../wire/constants.ts';
import { type Name, ROOT } from '../wire/name.ts';
import { encodeTypeBitmap } from '../wire/rdata/type-bitmap.ts';
import type { OwnedRRset } from '../wire/record.ts';
import type { Zone } from '../zone/zone.ts';

const MAX_NAME_BYTES = 255;
const MAX_LABEL_BYTES = 63;

/** Types at every name of a signed zone that exists. */
const ALWAYS: readonly number[] = [TYPES.RRSIG, TYPES.NSEC];

/** The NSEC record of `name`: `types` beside RRSIG and NSEC. It lives as long as a negative answer may (RFC 9077). */
export function nsecRRset(zone: Zone, name: Name, types: readonly number[]): OwnedRRset {
  const bitmap = encodeTypeBitmap([...types, ...ALWAYS]);
  return {
    owner: name,
    type: TYPES.NSEC,
    ttlSeconds: zone.negativeSoa.ttlSeconds,
    rdata: [{ parts: [successorOf(name), bitmap] }],
  };
}

/** Bitmap of a name that does not exist (RFC 9824 section 3.1). */
export const NXNAME_TYPES: readonly number[] = [TYPES.NXNAME];

/**
 * What may be said of `name` when `type` is denied: of what is there, `present`, and what keys add at the apex. At a
 * delegation the parent answers for NS and DS only (RFC 4035 section 3.1.4.1).
 */
export function deniedTypes(
  zone: Zone,
  name: Name,
  type: number,
  present: readonly number[],
  apexTypes: readonly number[],
): readonly number[] {
  const isCut = name !== zone.origin && present.includes(TYPES.NS);
  const types = isCut ? present.filter((each) => each === TYPES.NS || each === TYPES.DS) : [...present];
  if (name === zone.origin) types.push(...apexTypes);
  // A name that has the type for other clients must not say so to this one: the answer would contradict itself.
  return types.filter((each) => each !== type);
}

/** The name right behind this one in canonical order (RFC 4471 section 3.1.2): `\000.` before it, where that fits. */
export function successorOf(name: Name): Name {
  if (name.length + 2 <= MAX_NAME_BYTES) return `\x01\0${name}`;
  const first = name.charCodeAt(0);
  if (name.length + 1 <= MAX_NAME_BYTES && first < MAX_LABEL_BYTES) {
    return `${String.fromCharCode(first + 1)}${name.slice(1, 1 + first)}\0${name.slice(1 + first)}`;
  }
  return raised(name);
}

/**
 * The name with the last byte of its first label one higher; bytes that cannot be raised are dropped first, and a label of
 * nothing else with them. Capitals are passed over, since they sort as small letters.
 */
function raised(name: Name): Name {
  if (name === ROOT) return ROOT;
  const first = name.charCodeAt(0);
  const label = name.slice(1, 1 + first).replace(/\xff+$/, '');
  const rest = name.slice(1 + first);
  if (label === '') return raised(rest);
  const last = label.charCodeAt(label.length - 1);
  const next = last + 1 === 0x41 ? 0x5b : last + 1;
  return `${String.fromCharCode(label.length)}${label.slice(0, -1)}${String.fromCharCode(next)}${rest}`;
}
