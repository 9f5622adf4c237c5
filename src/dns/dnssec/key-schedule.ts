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
  const keySigning = orLast(active, published, isKeySigningKey, nowSeconds);
  const zoneSigning =
    keySigning.length > 0
      ? active.filter((key) => !isKeySigningKey(key))
      : orLast(active, published, (key) => !isKeySigningKey(key), nowSeconds);
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
    keySigners: keySigning.length > 0 ? keySigning : zoneSigning,
    zoneSigners: zoneSigning.length > 0 ? zoneSigning : keySigning,
    synced,
    fromSeconds,
    untilSeconds,
  };
}

/**
 * The active keys of a kind. When all of them are past their time, the zone would be bogus below a DS record, and so gone
 * for all who validate: a forgotten rollover. Those that signed last go on instead, while they are published.
 */
function orLast(
  active: readonly ZoneKey[],
  published: readonly ZoneKey[],
  isKind: (key: ZoneKey) => boolean,
  nowSeconds: number,
): readonly ZoneKey[] {
  const inTime = active.filter(isKind);
  if (inTime.length > 0) return inTime;
  const end = ({ timing }: ZoneKey) => timing.inactive ?? Number.POSITIVE_INFINITY;
  const ended = published.filter(
    (key) => isKind(key) && key.timing.activate !== undefined && end(key) <= nowSeconds,
  );
  const last = Math.max(...ended.map(end));
  return ended.filter((key) => end(key) === last);
}
