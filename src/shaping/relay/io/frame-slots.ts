// Where held frames live: slots of memory that only the kernel touches. A frame is received into a slot, held there,
// sent from there. A slot's own memory takes a full frame of a 1500-byte link; what a TCP superframe has beyond that
// lies in a large block, of which there are fewer.

import { mapAddressOnly, memcpy } from '../../../net/io/libc.ts';

/** Frames held at most, over all links: 100 ms of 300,000 frames a second. */
export const SLOTS = 32_768;
/** Superframes held at most: 1 Gbit/s for 300 ms at 16 kB each. Untouched memory costs nothing. */
const LARGE_BLOCKS = 2_048;
/** A full frame and what a transport puts in front of it. */
export const SMALL_BYTES = 2_048;
export const LARGE_BYTES = 65_536;
const NONE = -1;

export class FrameSlots {
  /** Bytes in the slot and its large block. */
  readonly bytes = new Int32Array(SLOTS);
  /** The large block of a slot; -1: none. */
  readonly large = new Int32Array(SLOTS).fill(NONE);
  /** What a transport has to remember of a frame until it sends it on. */
  readonly mark = new Int32Array(SLOTS);
  readonly #smallMemory = mapAddressOnly(SLOTS * SMALL_BYTES);
  readonly #largeMemory: number;
  readonly #free = countdown(SLOTS);
  #freeCount = SLOTS;
  readonly #freeLarge: Int32Array;
  #freeLargeCount: number;
  readonly #headerBytes: number;

  /** `headerBytes`: of each slot, in front of the Ethernet header; without superframes there are no large blocks. */
  constructor({ headerBytes, superframes }: { headerBytes: number; superframes: boolean }) {
    this.#headerBytes = headerBytes;
    this.#freeLargeCount = superframes ? LARGE_BLOCKS : 0;
    this.#freeLarge = countdown(this.#freeLargeCount);
    this.#largeMemory = superframes ? mapAddressOnly(LARGE_BLOCKS * LARGE_BYTES) : 0;
  }

  /** -1 when all are in use. */
  take(): number {
    return this.#freeCount === 0 ? NONE : (this.#free[--this.#freeCount] as number);
  }

  /** -1 when all are in use. */
  takeLarge(): number {
    return this.#freeLargeCount === 0 ? NONE : (this.#freeLarge[--this.#freeLargeCount] as number);
  }

  release(slot: number): void {
    const large = this.large[slot] as number;
    if (large !== NONE) {
      this.#freeLarge[this.#freeLargeCount++] = large;
      this.large[slot] = NONE;
    }
    this.#free[this.#freeCount++] = slot;
  }

  /** A second slot with the same frame; -1 when there is no memory. */
  copy(slot: number): number {
    const bytes = this.bytes[slot] as number;
    const isLarge = bytes > SMALL_BYTES;
    if (this.#freeCount === 0 || (isLarge && this.#freeLargeCount === 0)) return NONE;
    const twin = this.take();
    this.bytes[twin] = bytes;
    this.mark[twin] = this.mark[slot] as number;
    memcpy(this.smallAddress(twin), this.smallAddress(slot), Math.min(bytes, SMALL_BYTES));
    if (isLarge) {
      const large = this.takeLarge();
      this.large[twin] = large;
      memcpy(this.largeAddress(large), this.largeAddress(this.large[slot] as number), bytes - SMALL_BYTES);
    }
    return twin;
  }

  /** Bytes of the frame, from the Ethernet header on. */
  frameBytes(slot: number): number {
    return (this.bytes[slot] as number) - this.#headerBytes;
  }

  smallAddress(slot: number): number {
    return this.#smallMemory + slot * SMALL_BYTES;
  }

  largeAddress(large: number): number {
    return this.#largeMemory + large * LARGE_BYTES;
  }
}

/** A free list that hands out low numbers first, so that memory is reused while it is warm. */
function countdown(size: number): Int32Array {
  return Int32Array.from({ length: size }, (_, i) => size - 1 - i);
}
