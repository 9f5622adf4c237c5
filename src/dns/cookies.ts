// DNS cookies (RFC 7873) in the interoperable form of RFC 9018: a server cookie is 16 bytes, version, time, and SipHash-2-4
// over client cookie, version, time and client address. One secret for the whole anycast set, so that a cookie given by
// one POP is good at every other; of several secrets the first makes cookies and all check them, which is how a secret
// is changed without a gap (RFC 9018 section 5).

import { sipHash } from './siphash.ts';
import { CLIENT_COOKIE_BYTES } from './wire/edns.ts';

/** Client cookie and server cookie as they stand in the option. */
export const COOKIE_BYTES = 24;
export const SECRET_BYTES = 16;
const VERSION = 1;
/** RFC 9018 section 4.3: refused when older than an hour or more than five minutes in the future, renewed after half an hour. */
const MAX_AGE_SECONDS = 3600;
const MAX_FUTURE_SECONDS = 300;
const RENEW_SECONDS = 1800;

export type CookieVerdict = 'none' | 'client-only' | 'bad' | 'good';

export class Cookies {
  readonly #secrets: readonly Uint8Array[];
  /** The cookie for the reply, valid after `check` said anything but `none`. */
  readonly reply = new Uint8Array(COOKIE_BYTES);
  readonly #input4 = new Uint8Array(16 + 4);
  readonly #input6 = new Uint8Array(16 + 16);
  readonly #hash = new Uint8Array(8);
  /** Which secret made the cookie that was found good. */
  #madeBy = 0;

  /** Secrets of 16 bytes, the current one first. */
  constructor(secrets: readonly Uint8Array[]) {
    this.#secrets = secrets;
  }

  /** Judges `cookie[0, length)` of a client at `source`, and makes the reply's. */
  check(cookie: Uint8Array, length: number, source: Uint8Array, nowSeconds: number): CookieVerdict {
    if (length === 0) return 'none';
    const verdict =
      length === CLIENT_COOKIE_BYTES ? 'client-only' : this.#judge(cookie, length, source, nowSeconds);
    // A young one of the current secret is handed back as it is: the client need not store a new one each time.
    if (verdict === 'good' && this.#madeBy === 0 && age(cookie, nowSeconds) < RENEW_SECONDS) {
      for (let i = 0; i < COOKIE_BYTES; i++) this.reply[i] = cookie[i] as number;
      return verdict;
    }
    const reply = this.reply;
    for (let i = 0; i < CLIENT_COOKIE_BYTES; i++) reply[i] = cookie[i] as number;
    reply[8] = VERSION;
    reply[9] = reply[10] = reply[11] = 0;
    for (let i = 0; i < 4; i++) reply[12 + i] = nowSeconds >>> (24 - 8 * i);
    this.#mac(this.#secrets[0] as Uint8Array, reply, source, reply, 16);
    return verdict;
  }

  #judge(cookie: Uint8Array, length: number, source: Uint8Array, nowSeconds: number): CookieVerdict {
    if (length !== COOKIE_BYTES || cookie[8] !== VERSION) return 'bad';
    const seconds = age(cookie, nowSeconds);
    if (seconds > MAX_AGE_SECONDS || seconds < -MAX_FUTURE_SECONDS) return 'bad';
    for (let made = 0; made < this.#secrets.length; made++) {
      this.#mac(this.#secrets[made] as Uint8Array, cookie, source, this.#hash, 0);
      let different = 0;
      for (let i = 0; i < 8; i++) different |= (this.#hash[i] as number) ^ (cookie[16 + i] as number);
      this.#madeBy = made;
      if (different === 0) return 'good';
    }
    return 'bad';
  }

  /** RFC 9018 section 4.4: client cookie, version, reserved and timestamp (the first 16 bytes), then the client's address. */
  #mac(secret: Uint8Array, cookie: Uint8Array, source: Uint8Array, out: Uint8Array, at: number): void {
    const input = source.length === 4 ? this.#input4 : this.#input6;
    for (let i = 0; i < 16; i++) input[i] = cookie[i] as number;
    for (let i = 0; i < source.length; i++) input[16 + i] = source[i] as number;
    sipHash(secret, input, out, at);
  }
}

/** Serial arithmetic (RFC 1982), as the timestamp is of 32 bits. */
function age(cookie: Uint8Array, nowSeconds: number): number {
  const made =
    ((cookie[12] as number) << 24) |
    ((cookie[13] as number) << 16) |
    ((cookie[14] as number) << 8) |
    (cookie[15] as number);
  return ((nowSeconds | 0) - made) | 0;
}
