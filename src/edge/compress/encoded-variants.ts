// Stored answers in other codings: each made once, in the background, when first wanted, and kept in the store beside the
// identity under a key of its own. The identity alone decides whether anything may be served; what is kept here is only
// its body in another form, and of no use without it.

import type { ContentCoding } from '../policy/route-policy.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { plainResponse } from '../store/packed-response.ts';
import type { StoredResponse } from '../stored-response.ts';
import { encodedFields } from './encoded-fields.ts';

export type EncodedStore = Pick<ObjectStore, 'get' | 'peek' | 'put'>;

/** Undefined when the coding makes it no smaller. */
export type CompressStored = (
  stored: StoredResponse,
  coding: ContentCoding,
) => Promise<StoredResponse | undefined>;

/** One body, whatever heads it has had: compared by reference, so that what comes back from a disk matches none. */
type BodyToken = Record<never, never>;

interface EncodedResponse extends StoredResponse {
  madeFrom: BodyToken;
}

interface KnownBody {
  token: BodyToken;
  /** Where in its buffer, since pieces of two bodies may share one. */
  at: number;
  size: number;
  /** Codings that are being made, or that make it no smaller. */
  settled: Set<ContentCoding>;
}

/** Larger bodies stay as they are: both forms of them have to be in memory at once. */
const MAX_BYTES = 32 * 1024 * 1024;
/** Compressions under way; node has four threads for them, and file work needs some too. */
const MAX_AT_ONCE = 2;
/** Waiting ones beyond this are not made now: the next request asks again. */
const MAX_WAITING = 256;

export class EncodedVariants {
  readonly #store: EncodedStore;
  readonly #compress: CompressStored;
  /** By the memory of a body, which it keeps through 304s and however a store packs it. */
  readonly #bodies = new WeakMap<ArrayBufferLike, KnownBody>();
  /** The response as last served: made anew when its identity was refreshed. */
  readonly #shown = new WeakMap<
    StoredResponse,
    Map<ContentCoding, { made: StoredResponse; form: StoredResponse }>
  >();
  readonly #waiting: (() => void)[] = [];
  #atOnce = 0;

  constructor(store: EncodedStore, compress: CompressStored) {
    this.#store = store;
    this.#compress = compress;
  }

  /** The response in this coding if it is there; else it will be, and the identity (or a stream) serves until then. */
  find(key: string, identity: StoredResponse, coding: ContentCoding): StoredResponse | undefined {
    const body = this.#bodyOf(identity);
    if (!body) return undefined;
    const place = encodedKey(key, coding);
    const isOurs = (each: StoredResponse) =>
      (each as EncodedResponse).madeFrom === body.token && each.secondaryKey === identity.secondaryKey;
    // A look that finds nothing is no miss of the store's: the identity was its hit.
    if (this.#store.peek(place).some(isOurs)) {
      const made = this.#store.get(place).find(isOurs);
      if (made) return this.#withHeadOf(identity, made, coding);
    }
    if (!body.settled.has(coding) && identity.size <= MAX_BYTES && this.#waiting.length < MAX_WAITING) {
      body.settled.add(coding);
      this.#schedule(() => this.#make(place, identity, coding, body));
    }
    return undefined;
  }

  /** Compressions under way or waiting. */
  get pending(): number {
    return this.#atOnce + this.#waiting.length;
  }

  async #make(
    place: string,
    identity: StoredResponse,
    coding: ContentCoding,
    body: KnownBody,
  ): Promise<void> {
    const made = await this.#compress(identity, coding);
    // What is no smaller stays settled: it is not tried again for this body.
    if (!made) return;
    const encoded: EncodedResponse = { ...plainResponse(made), madeFrom: body.token };
    this.#store.put(place, encoded);
    // It may be evicted before the identity, and is made again then.
    body.settled.delete(coding);
  }

  #schedule(task: () => Promise<void>): void {
    if (this.#atOnce >= MAX_AT_ONCE) {
      this.#waiting.push(() => this.#schedule(task));
      return;
    }
    this.#atOnce++;
    // A body that cannot be compressed stays as it is; the client has had it already.
    void task()
      .catch(() => {})
      .finally(() => {
        this.#atOnce--;
        this.#waiting.shift()?.();
      });
  }

  /** Age, lifetime and fields are the identity's of now; one object for each, so that a listener can keep its head. */
  #withHeadOf(identity: StoredResponse, made: StoredResponse, coding: ContentCoding): StoredResponse {
    let shown = this.#shown.get(identity);
    if (!shown) {
      shown = new Map();
      this.#shown.set(identity, shown);
    }
    const known = shown.get(coding);
    if (known?.made === made) return known.form;
    const { body, size } = made;
    const fields = encodedFields(identity.fields, coding, size);
    const form = { ...plainResponse(identity), fields, body, size };
    shown.set(coding, { made, form });
    return form;
  }

  /** Undefined for an empty body. */
  #bodyOf({ body, size }: StoredResponse): KnownBody | undefined {
    const [first] = body;
    if (!first) return undefined;
    let known = this.#bodies.get(first.buffer);
    if (known?.at !== first.byteOffset || known.size !== size) {
      known = { token: {}, at: first.byteOffset, size, settled: new Set() };
      this.#bodies.set(first.buffer, known);
    }
    return known;
  }
}

/** After a space, so that purging the URL finds it (cache-key.ts). */
function encodedKey(key: string, coding: ContentCoding): string {
  return `${key} ${coding}`;
}
