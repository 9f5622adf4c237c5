// Response rate limiting (Vixie and Schryver, 2012; BIND's and Knot's RRL): a client network gets so many equal responses a
// second over UDP. What is over is dropped, and every `slip`-th of those is sent truncated instead, so that a real
// client whose network is being spoofed can come back over TCP. So a forged source address is worth little to a
// reflector. One fixed table: an attacker cannot make it grow, at worst two accounts share a place and the younger wins. All
// threads of a process share it, without locks: what two threads write at once is an account off by one.

export interface RateLimitSettings {
  /** Of one answer (name and kind) to one network. */
  responsesPerSecond: number;
  /** The same for NXDOMAIN and for errors, which a flood of random names brings. */
  errorsPerSecond: number;
  /** Seconds of credit that a quiet client has, and of debt that a flood runs up. */
  windowSeconds: number;
  /** Every n-th limited response is sent truncated; 0 never, 1 always. */
  slip: number;
  ipv4PrefixLength: number;
  ipv6PrefixLength: number;
}

export type RateVerdict = 'send' | 'slip' | 'drop';

const SLOTS = 1 << 16;

/** The accounts, and what their hash begins with: an unguessable number keeps attackers from choosing who shares a place with whom. */
export interface RateTable {
  seed: number;
  memory: SharedArrayBuffer;
}

export function createRateTable(seed: number): RateTable {
  return { seed, memory: new SharedArrayBuffer(SLOTS * 16) };
}

export class RateLimiter {
  readonly #settings: RateLimitSettings;
  readonly #seed: number;
  /** When each account was last used, on the clock that all threads share. */
  readonly #seenMs: Float64Array;
  /** Responses that may be sent at once; below zero it is debt. */
  readonly #balances: Float32Array;
  readonly #tags: Uint32Array;
  #limited = 0;

  constructor(settings: RateLimitSettings, { seed, memory }: RateTable) {
    this.#settings = settings;
    this.#seed = seed;
    this.#seenMs = new Float64Array(memory, 0, SLOTS);
    this.#balances = new Float32Array(memory, SLOTS * 8, SLOTS);
    this.#tags = new Uint32Array(memory, SLOTS * 12, SLOTS);
  }

  /** `kind` is a hash of what makes responses equal; `isError` takes the other limit. `nowMs` is of a monotonic clock. */
  judge(source: Uint8Array, kind: number, isError: boolean, nowMs: number): RateVerdict {
    const { windowSeconds, slip } = this.#settings;
    const rate = isError ? this.#settings.errorsPerSecond : this.#settings.responsesPerSecond;
    const tag = this.#hash(source, kind);
    const slot = tag & (SLOTS - 1);
    const most = rate;
    let balance = most;
    if (this.#tags[slot] === tag) {
      const seconds = Math.max(0, nowMs - (this.#seenMs[slot] as number)) / 1000;
      balance = Math.min(most, (this.#balances[slot] as number) + seconds * rate);
    }
    balance = Math.max(-windowSeconds * rate, balance - 1);
    this.#tags[slot] = tag;
    this.#balances[slot] = balance;
    this.#seenMs[slot] = nowMs;
    if (balance >= 0) return 'send';
    this.#limited++;
    return slip > 0 && this.#limited % slip === 0 ? 'slip' : 'drop';
  }

  #hash(source: Uint8Array, kind: number): number {
    const length = source.length === 4 ? this.#settings.ipv4PrefixLength : this.#settings.ipv6PrefixLength;
    let hash = this.#seed ^ kind;
    for (let i = 0; 8 * i < length; i++) {
      const spare = 8 * (i + 1) - length;
      const byte = spare > 0 ? (source[i] as number) & (0xff << spare) : (source[i] as number);
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
    return (hash ^ (hash >>> 15)) >>> 0;
  }
}
