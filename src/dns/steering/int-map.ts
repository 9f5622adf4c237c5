// A map from positive integers to integers, in two typed arrays (open addressing): for the numbers of a few hundred thousand
// records, looked up ten million times, where a Map takes several times the memory and time.

export class IntMap {
  #keys = new Int32Array(1 << 12);
  #values = new Int32Array(1 << 12);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** -1 for a key that is not there. Keys are from 1 to 2^32 - 1. */
  get(key: number): number {
    const slot = this.#slot(key | 0);
    return this.#keys[slot] === 0 ? -1 : (this.#values[slot] as number);
  }

  set(key: number, value: number): void {
    if (2 * this.#size >= this.#keys.length) this.#grow();
    const slot = this.#slot(key | 0);
    if (this.#keys[slot] === 0) this.#size++;
    this.#keys[slot] = key | 0;
    this.#values[slot] = value;
  }

  /** Where a key is, or would be. */
  #slot(key: number): number {
    const mask = this.#keys.length - 1;
    let slot = (Math.imul(key, 0x9e3779b1) >>> 8) & mask;
    while (this.#keys[slot] !== 0 && this.#keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [keys, values] = [this.#keys, this.#values];
    this.#keys = new Int32Array(2 * keys.length);
    this.#values = new Int32Array(2 * keys.length);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as number;
      if (key === 0) continue;
      const slot = this.#slot(key);
      this.#keys[slot] = key;
      this.#values[slot] = values[i] as number;
    }
  }
}
