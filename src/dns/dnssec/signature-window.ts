// When a signature begins and ends to be valid. Servers of one anycast set sign on their own, so the window follows from
// the clock and the name alone: all have the same, and one signature serves for a day.

import type { Name } from '../wire/name.ts';

const DAY_SECONDS = 86400;

/** A signature is used for this long, then a new one is made. */
export const REFRESH_SECONDS = DAY_SECONDS;

/** Resolvers whose clock is slow must take a new signature too. */
export const CLOCK_SKEW_SECONDS = 3600;

export interface SignatureWindow {
  inceptionSeconds: number;
  expirationSeconds: number;
  /** The next window begins here: until then the signature may be used again. */
  untilSeconds: number;
}

/**
 * Windows of different RRsets begin at different moments of the day: with one moment for all, every answer would be cold
 * at once. A signature in use is valid for at least `validitySeconds` minus a day more.
 */
export function signatureWindow(
  owner: Name,
  type: number,
  validitySeconds: number,
  nowSeconds: number,
): SignatureWindow {
  const offset = hash(owner, type) % REFRESH_SECONDS;
  const start = Math.floor((nowSeconds + offset) / REFRESH_SECONDS) * REFRESH_SECONDS - offset;
  return {
    inceptionSeconds: start - CLOCK_SKEW_SECONDS,
    expirationSeconds: start + validitySeconds,
    untilSeconds: start + REFRESH_SECONDS,
  };
}

/** FNV-1a, 32 bits: spreads names over the day; nobody gains by choosing where. */
function hash(owner: Name, type: number): number {
  let value = 0x811c9dc5 ^ type;
  for (let i = 0; i < owner.length; i++) value = Math.imul(value ^ owner.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
