// Hashes of client networks for the policies that divide clients by chance. The network is fixed, /24 of IPv4 and /56 of
// IPv6 (what resolvers send, RFC 7871 section 11.1), so all its addresses share a fate, and the ECS scope is that length.
// Every server of a CDN computes the same, from names alone: nothing is shared and no order matters.

/** Length of the network whose addresses share a hash. */
export function hashedLength(address: Uint8Array): 24 | 56 {
  return address.length === 4 ? 24 : 56;
}

/** 32 bits of the /24 or /56 around an address. */
export function networkHash(address: Uint8Array): number {
  const bytes = address.length === 4 ? 3 : 7;
  let hash = address.length === 4 ? 0x2545f491 : 0x6c62272e;
  for (let i = 0; i < bytes; i++) hash = Math.imul(hash ^ (address[i] as number), 0x01000193);
  return mix(hash);
}

/** The seed of a name for `pick`. */
export function nameSeed(name: string): number {
  return textHash(name, 0x811c9dc5);
}

/** Another one for `share`: whether a POP sheds a network has nothing to do with how it was picked. */
export function shedSeed(name: string): number {
  return textHash(name, 0x9e3779b9);
}

/** Weighted rendezvous hashing by exponential draws: the least -ln(u) / weight wins, u uniform by network and seed. */
export function pickBySeed(hash: number, seeds: readonly number[], weights: readonly number[]): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < seeds.length; i++) {
    const score = -Math.log(uniform(hash, seeds[i] as number)) / (weights[i] as number);
    if (score < least) {
      least = score;
      best = i;
    }
  }
  return best;
}

/** True for the given share of networks; those of a smaller share are among those of a larger one. */
export function inShare(hash: number, seed: number, fraction: number): boolean {
  return uniform(hash, seed) < fraction;
}

/** In (0, 1). */
function uniform(hash: number, seed: number): number {
  return ((mix(hash ^ seed) >>> 0) + 0.5) / 4294967296;
}

/** The finalizer of MurmurHash3: every input bit changes each output bit with even chances. */
function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function textHash(text: string, start: number): number {
  let hash = start;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash);
}
