// A cache without limits, simulated: what the hit ratio would be if only the key or only the lifetime were another. Keys
// are hashed to 53 bits, so that a million of them cost 40 MB and not 400.

export class TtlCacheModel {
  readonly #filledAtMs = new Map<number, number>();
  #requests = 0;
  #hits = 0;

  get requests(): number {
    return this.#requests;
  }

  get hits(): number {
    return this.#hits;
  }

  get keys(): number {
    return this.#filledAtMs.size;
  }

  request(key: string, atMs: number, lifetimeMs: number): void {
    const hash = keyHash(key);
    const filledAtMs = this.#filledAtMs.get(hash);
    this.#requests++;
    if (filledAtMs !== undefined && atMs - filledAtMs < lifetimeMs) this.#hits++;
    else this.#filledAtMs.set(hash, atMs);
  }
}

/** Two FNV-1a of different beginnings, 26 and 27 bits of them. */
function keyHash(text: string): number {
  let a = 0x811c9dc5;
  let b = 0x01234567;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x01000193) + 0x9e37;
  }
  return ((a >>> 5) & 0x7ffffff) * 0x4000000 + ((b >>> 6) & 0x3ffffff);
}
