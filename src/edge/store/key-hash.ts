// 32-bit hashes of cache keys: what ghost queues, samples and the disk index remember instead of the key. Never used to
// tell two objects apart where a mistake could be served: there the whole key is compared.

/** MurmurHash3 (x86, 32 bits) over the UTF-16 units of the key; the seed gives independent hashes. Signed. */
export function keyHash(key: string, seed = 0): number {
  let hash = seed;
  for (let i = 0; i < key.length; i++) {
    let unit = Math.imul(key.charCodeAt(i), 0xcc9e2d51);
    unit = Math.imul((unit << 15) | (unit >>> 17), 0x1b873593);
    hash ^= unit;
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  hash ^= key.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** A copy that owns its characters: a key cut out of a request head would keep the whole head in memory. */
export function ownString(text: string): string {
  const encoding = /^[ -~]*$/.test(text) ? 'latin1' : 'utf16le';
  return Buffer.from(text, encoding).toString(encoding);
}
