// Which keys of a zone are in the DNSKEY RRset and which sign, at a moment. A rollover is this and nothing else: keys come
// and go at the moments in their files (RFC 7583), and until the next moment nothing changes.

import { isKeySigningKey, type ZoneKey } from './zone-key.ts';

export interface KeysAt {
  /** In the DNSKEY RRset. */
  published: readonly ZoneKey[];
  /** Sign DNSKEY, CDS and CDNSKEY (RFC 7344 section 4.1: by a key that the parent's DS points at). */
  keySigners: readonly ZoneKey[];
  /** Sign all else. */
  zoneSigners: readonly ZoneKey[];
  /** What the parent is asked to point its DS records at. */
  synced: readonly ZoneKey[];
  /** These hold in [fromSeconds, untilSeconds). */
  fromSeconds: number;
  untilSeconds: number;
}

/** `publishCds`: ask the parent for every active KSK whose file does not say when. */
export function keysAt(keys: readonly ZoneKey[], nowSeconds: number, publishCds: boolean): KeysAt {
  const is = (from: number | undefined, until: number | undefined) =>
    (from ?? Number.POSITIVE_INFINITY) <= nowSeconds && nowSeconds < (until ?? Number.POSITIVE_INFINITY);
  const published = keys.filter(({ timing }) => is(timing.publish, timing.delete));
  const active = published.filter(({ timing }) => is(timing.activate, timing.inactive));
  const kinds = split(active.length > 0 ? active : lastActive(published));
  const synced = published.filter(
    (key) =>
      isKeySigningKey(key) &&
      (key.timing.syncPublish === undefined
        ? publishCds && active.includes(key)
        : is(key.timing.syncPublish, key.timing.syncDelete)),
  );
  const moments = keys.flatMap((key) => Object.values(key.timing) as (number | undefined)[]);
  let fromSeconds = Number.NEGATIVE_INFINITY;
  let untilSeconds = Number.POSITIVE_INFINITY;
  for (const moment of moments) {
    if (moment === undefined) continue;
    if (moment <= nowSeconds) fromSeconds = Math.max(fromSeconds, moment);
    else untilSeconds = Math.min(untilSeconds, moment);
  }
  return {
    published,
    // With one kind only (a CSK), its keys do both.
    keySigners: kinds.keySigning.length > 0 ? kinds.keySigning : kinds.zoneSigning,
    zoneSigners: kinds.zoneSigning.length > 0 ? kinds.zoneSigning : kinds.keySigning,
    synced,
    fromSeconds,
    untilSeconds,
  };
}

function split(keys: readonly ZoneKey[]): { keySigning: ZoneKey[]; zoneSigning: ZoneKey[] } {
  return {
    keySigning: keys.filter(isKeySigningKey),
    zoneSigning: keys.filter((key) => !isKeySigningKey(key)),
  };
}

/**
 * When every key is out of its time, the zone would be unsigned below a DS record, and so gone for all who validate: a
 * forgotten rollover. The keys that signed last go on instead while they are published.
 */
function lastActive(published: readonly ZoneKey[]): readonly ZoneKey[] {
  const ended = published.filter(
    ({ timing }) => timing.activate !== undefined && timing.inactive !== undefined,
  );
  return [...split(ended).keySigning, ...split(ended).zoneSigning].filter((key, _, all) => {
    const last = Math.max(
      ...all
        .filter((other) => isKeySigningKey(other) === isKeySigningKey(key))
        .map((other) => other.timing.inactive ?? 0),
    );
    return key.timing.inactive === last;
  });
}
