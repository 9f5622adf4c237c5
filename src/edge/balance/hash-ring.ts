// A ring after ketama: every member has points on a circle of 2^32, a key belongs to the first point at or after its
// own hash. A ring and not Maglev's table, because bounded loads and fail-over ask for the *next* members of a key, a
// leaving member moves its own keys only (Maglev moves a few of others'), and a POP has a dozen members, not hundreds.

import { hash32 } from './hash.ts';

/** Points of a member of weight 1: shares then differ by some 8 %, and a dozen members are 2000 points, 24 KB. */
const POINTS_PER_WEIGHT = 160;
/** However large a weight, no member has more. */
const MAX_POINTS = 16_000;

export class HashRing {
  readonly #points: Uint32Array;
  /** Index of the member of each point. */
  readonly #owners: Uint16Array;
  readonly #names: readonly string[];

  constructor(members: readonly { name: string; weight: number }[]) {
    // By name: edges that list the same members in another order must agree.
    const sorted = [...members].sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#names = sorted.map(({ name }) => name);
    const points = sorted.flatMap(({ name, weight }, owner) => {
      const count = Math.max(1, Math.min(MAX_POINTS, Math.round(weight * POINTS_PER_WEIGHT)));
      return Array.from({ length: count }, (_, i) => ({ at: hash32(`${name}#${i}`), owner }));
    });
    points.sort((a, b) => a.at - b.at || a.owner - b.owner);
    this.#points = Uint32Array.from(points, ({ at }) => at);
    this.#owners = Uint16Array.from(points, ({ owner }) => owner);
  }

  /** Names in the order a key prefers them, each once, made as far as they are asked for. */
  *preferred(key: string): Generator<string> {
    const length = this.#points.length;
    const start = this.#firstAtOrAfter(hash32(key));
    const seen = new Set<number>();
    for (let step = 0; step < length && seen.size < this.#names.length; step++) {
      const owner = this.#owners[(start + step) % length] as number;
      if (seen.has(owner)) continue;
      seen.add(owner);
      yield this.#names[owner] as string;
    }
  }

  #firstAtOrAfter(hash: number): number {
    let low = 0;
    let high = this.#points.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#points[middle] as number) < hash) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The usable members in the order a key prefers them. */
export function* preferredOf<Member extends { name: string }>(
  ring: HashRing,
  key: string,
  usable: readonly Member[],
): Generator<Member> {
  for (const name of ring.preferred(key)) {
    const member = usable.find((candidate) => candidate.name === name);
    if (member) yield member;
  }
}
