// FNV-1a over the characters of a text, 32 bits, from a seed: for tables that hold many texts' traces in little memory.
// Collisions cost precision there and nothing else; nothing is ever served by a hash.

export function textHash(text: string, seed: number): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  // FNV leaves the low bits weak for short texts: one round of mixing.
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
