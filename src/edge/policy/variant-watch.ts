// Notices a Vary that explodes: URLs of which more different variants are asked for than a route keeps. `Vary: User-Agent`
// brings a hit ratio of 1 % that no other figure explains. Variants are estimated by linear counting (Whang et al. 1990) in
// a bitmap for each URL; the URLs are bounded, so that what watches an explosion does not explode.

import { textHash } from './text-hash.ts';

const BITS = 512;
/** The URLs watched at once: 64 bytes of bitmap and the key's text each. */
const MAX_URLS = 1024;

export interface VariantReport {
  key: string;
  /** Estimated, within some percent; at most about 3000. */
  distinct: number;
  /** Names in its Vary. */
  names: readonly string[];
}

export class VariantWatch {
  readonly #urls = new Map<string, { bits: Uint32Array; names: readonly string[]; told: boolean }>();
  readonly #onExplosion: (report: VariantReport) => void;
  readonly #seed: number;

  /** `onExplosion` is called once for each URL while it is watched. */
  constructor(onExplosion: (report: VariantReport) => void, seed = 0) {
    this.#onExplosion = onExplosion;
    this.#seed = seed;
  }

  /** Call it for each variant that was not found; hits cost nothing. */
  missed(key: string, secondaryKey: string, names: readonly string[], maxVariants: number): void {
    if (names.length === 0) return;
    let url = this.#urls.get(key);
    if (url) this.#urls.delete(key);
    else url = { bits: new Uint32Array(BITS / 32), names, told: false };
    // Put last: the first of the map is the one that missed longest ago.
    this.#urls.set(key, url);
    if (this.#urls.size > MAX_URLS) this.#urls.delete(this.#urls.keys().next().value as string);
    const bit = textHash(secondaryKey, this.#seed) % BITS;
    url.bits[bit >>> 5] = (url.bits[bit >>> 5] ?? 0) | (1 << (bit & 31));
    url.names = names;
    if (url.told) return;
    const distinct = estimate(url.bits);
    if (distinct <= maxVariants) return;
    url.told = true;
    this.#onExplosion({ key, distinct, names });
  }

  /** The worst first. */
  report(count: number): VariantReport[] {
    return [...this.#urls]
      .map(([key, { bits, names }]) => ({ key, names, distinct: estimate(bits) }))
      .sort((a, b) => b.distinct - a.distinct)
      .slice(0, count);
  }
}

function estimate(bits: Uint32Array): number {
  let ones = 0;
  for (const word of bits) for (let rest = word; rest !== 0; rest &= rest - 1) ones++;
  const zeros = Math.max(1, BITS - ones);
  return Math.round(-BITS * Math.log(zeros / BITS));
}
