// The records at a zone's apex that its keys make: DNSKEY (RFC 4034 section 2), and CDS and CDNSKEY, by which a parent that
// looks for them keeps its DS records right through a rollover (RFC 7344, RFC 8078).

import { TYPES } from '../wire/constants.ts';
import type { RRset } from '../wire/record.ts';
import type { KeysAt } from './key-schedule.ts';
import { dnskeyRdata, dsRdata, type ZoneKey } from './zone-key.ts';

/** Types whose records are signed by the keys that the parent knows. */
export const KEY_TYPES: ReadonlySet<number> = new Set([TYPES.DNSKEY, TYPES.CDS, TYPES.CDNSKEY]);

/** Undefined when the keys make no such records now. */
export function keyRRset(keys: KeysAt, type: number, ttlSeconds: number): RRset | undefined {
  const data = rdataOf(keys, type);
  if (data.length === 0) return undefined;
  return { type, ttlSeconds, rdata: data.map((bytes) => ({ parts: [bytes] })) };
}

/** Which of these there are now. */
export function keyTypes(keys: KeysAt): readonly number[] {
  return [...KEY_TYPES].filter((type) => rdataOf(keys, type).length > 0);
}

function rdataOf(keys: KeysAt, type: number): Buffer[] {
  const each = (list: readonly ZoneKey[], make: (key: ZoneKey) => Buffer) => list.map(make);
  if (type === TYPES.DNSKEY) return each(keys.published, dnskeyRdata);
  if (type === TYPES.CDNSKEY) return each(keys.synced, dnskeyRdata);
  if (type === TYPES.CDS) return each(keys.synced, dsRdata);
  return [];
}
