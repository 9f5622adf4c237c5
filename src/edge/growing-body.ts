// A body while it arrives: one writer (the origin's response), any number of readers, each at its own pace and from
// the start. Somebody who joins in the middle of a fill gets at once what is there and then the rest as it comes.
//
// Retained bodies keep all chunks, since they are to be stored. Others keep only what the slowest reader still needs,
// and slow the origin down (`onPressure`) instead of filling memory.

export interface BodyReader {
  /** The next bytes; undefined at the end; rejects when the origin broke off. */
  next(): Promise<Uint8Array | undefined>;
  /** Must be called by a reader that stops early; harmless after the end. */
  cancel(): void;
}

export interface BodyWatcher {
  /** A body that nobody retains is too far ahead of its readers (true), or no longer (false). */
  onPressure(high: boolean): void;
  /** The last reader of a body that nobody retains has left: the rest is of no use. */
  onAbandoned(): void;
}

/** Bytes a body that is not retained may run ahead of its readers: a few socket buffers. */
const HIGH_WATER_BYTES = 256 * 1024;

export class GrowingBody {
  #chunks: Uint8Array[] = [];
  /** How many chunks were dropped from the front. */
  #dropped = 0;
  #heldBytes = 0;
  #receivedBytes = 0;
  #state: 'open' | 'ended' | 'failed' = 'open';
  #error: Error | undefined;
  #retained: boolean;
  #pressed = false;
  #readers = new Set<{ index: number }>();
  #waiting: (() => void)[] = [];
  #watcher: BodyWatcher;

  constructor(retained: boolean, watcher: BodyWatcher) {
    this.#retained = retained;
    this.#watcher = watcher;
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  get retained(): boolean {
    return this.#retained;
  }

  /** All chunks of a retained body that has ended. */
  get chunks(): readonly Uint8Array[] {
    return this.#chunks;
  }

  append(chunk: Uint8Array): void {
    if (this.#state !== 'open') return;
    this.#chunks.push(chunk);
    this.#heldBytes += chunk.length;
    this.#receivedBytes += chunk.length;
    this.#wake();
    this.#checkPressure();
  }

  end(): void {
    if (this.#state === 'open') this.#state = 'ended';
    this.#wake();
  }

  fail(error: Error): void {
    if (this.#state === 'open') {
      this.#state = 'failed';
      this.#error = error;
    }
    this.#wake();
  }

  /** From now on the chunks serve only those who read already: nobody may join, nothing is stored. */
  stopRetaining(): void {
    this.#retained = false;
    this.#trim();
    if (this.#readers.size === 0 && this.#state === 'open') this.#watcher.onAbandoned();
  }

  /** Reads from the start; only while the body is retained or before anyone has read. */
  reader(): BodyReader {
    const cursor = { index: this.#dropped };
    this.#readers.add(cursor);
    return {
      next: async () => {
        for (;;) {
          const chunk = this.#chunks[cursor.index - this.#dropped];
          if (chunk) {
            cursor.index++;
            this.#trim();
            return chunk;
          }
          if (this.#state === 'open') await new Promise<void>((resolve) => this.#waiting.push(resolve));
          else {
            this.#readers.delete(cursor);
            if (this.#error) throw this.#error;
            return undefined;
          }
        }
      },
      cancel: () => {
        if (!this.#readers.delete(cursor)) return;
        this.#trim();
        if (!this.#retained && this.#readers.size === 0 && this.#state === 'open')
          this.#watcher.onAbandoned();
      },
    };
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  #trim(): void {
    if (this.#retained || this.#readers.size === 0) return;
    let slowest = Number.POSITIVE_INFINITY;
    for (const cursor of this.#readers) slowest = Math.min(slowest, cursor.index);
    while (this.#dropped < slowest) {
      const chunk = this.#chunks.shift();
      if (!chunk) break;
      this.#heldBytes -= chunk.length;
      this.#dropped++;
    }
    this.#checkPressure();
  }

  #checkPressure(): void {
    const high = !this.#retained && this.#heldBytes > HIGH_WATER_BYTES;
    if (high === this.#pressed) return;
    this.#pressed = high;
    this.#watcher.onPressure(high);
  }
}
