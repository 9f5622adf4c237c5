// Serialised hits, kept for the second in which they are true: Age and the ttl of Cache-Status change once a second, so
// a hot object is rendered once a second and otherwise costs one look-up and one write. All is dropped at the turn of
// the second: what nobody asks for holds no memory, and a stored response carries nothing of this.

import type { CacheStatus } from '../cache-status.ts';

export interface KeptResponse {
  ttl: number | undefined;
  detail: string | undefined;
  key: string | undefined;
  /** The stored chunks themselves. */
  body: readonly Uint8Array[];
  /** Head, and the body behind it when it is small. */
  bytes: Buffer;
  small: boolean;
  /** Of the body. */
  size: number;
  /** How often it was sent, if it is large. */
  hits: number;
}

/** Of all that is kept at a time; what comes after that is rendered each time. */
const MAX_KEPT_BYTES = 33_554_432;

export class KeptResponses {
  readonly #kept = new Map<object, KeptResponse>();
  #second = 0;
  #bytes = 0;

  /** `stored` is the object the response was made from, `second` the time in whole seconds. */
  get(stored: object, status: CacheStatus, second: number): KeptResponse | undefined {
    if (second !== this.#second) return undefined;
    const kept = this.#kept.get(stored);
    return kept !== undefined &&
      kept.ttl === status.ttl &&
      kept.detail === status.detail &&
      kept.key === status.key
      ? kept
      : undefined;
  }

  keep(stored: object, response: KeptResponse, second: number): void {
    if (second !== this.#second) this.clear(second);
    if (this.#bytes + response.bytes.length > MAX_KEPT_BYTES) return;
    this.#bytes += response.bytes.length;
    this.#kept.set(stored, response);
  }

  /** Also called by a timer, since after the last request nobody asks any more. */
  clear(second: number): void {
    this.#second = second;
    this.#bytes = 0;
    this.#kept.clear();
  }
}
