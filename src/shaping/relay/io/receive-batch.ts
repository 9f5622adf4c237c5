// Receiving for the relay, as many frames a system call as there are: recvmmsg(2) into free slots, with the sender's
// address and the kernel's arrival stamp. A transport whose own header is not to stay with the frame (VXLAN) gets it
// apart, in memory that JavaScript reads; the frame itself is never looked at.

import { mapMemory, recvmmsg } from '../../../net/io/libc.ts';
import {
  ADDRESS_STRIDE,
  CONTROL,
  CONTROL_LENGTH,
  CONTROL_STRIDE,
  FLAGS,
  FRAME_VECTORS,
  HEADER_WORDS,
  IOV,
  IOV_LENGTH,
  MESSAGE_BYTES,
  MSG_DONTWAIT,
  MSG_TRUNC,
  NAME,
  NAME_LENGTH,
  setAddress,
  VECTOR_BYTES,
  VECTOR_WORDS,
} from '../../../net/io/message-headers.ts';
import type { RelayClock } from './clock.ts';
import { type FrameSlots, LARGE_BYTES, SMALL_BYTES } from './frame-slots.ts';

/** Frames per system call; a batch of superframes is 2 MB to copy, half a millisecond, and no more. */
const RECEIVE_BATCH = 32;
const NONE = -1;

export class ReceiveBatch {
  /** Messages that were longer than the memory given for them. */
  cut = 0;
  /** Headers received apart, `headerBytes` each. */
  readonly headerWords: Uint32Array;
  /** Sender's addresses, ADDRESS_STRIDE apart. */
  readonly nameWords: Int32Array;
  readonly #fd: number;
  readonly #clock: RelayClock;
  readonly #slots: FrameSlots;
  readonly #headerBytes: number;
  readonly #headers = mapMemory(RECEIVE_BATCH * HEADER_WORDS * 4);
  readonly #words = new Uint32Array(this.#headers.view);
  readonly #vectors = mapMemory(RECEIVE_BATCH * FRAME_VECTORS * VECTOR_BYTES);
  readonly #vectorWords = new Uint32Array(this.#vectors.view);
  readonly #control = mapMemory(RECEIVE_BATCH * CONTROL_STRIDE);
  readonly #controlWords = new Uint32Array(this.#control.view);
  readonly #addressBytes: number;
  readonly #armedSlot = new Int32Array(RECEIVE_BATCH).fill(NONE);
  readonly #armedLarge = new Int32Array(RECEIVE_BATCH).fill(NONE);

  /** `headerBytes`: received apart from the frame; 0: none, and then there may be superframes. */
  constructor(parts: {
    fd: number;
    clock: RelayClock;
    slots: FrameSlots;
    addressBytes: number;
    headerBytes: number;
  }) {
    this.#fd = parts.fd;
    this.#clock = parts.clock;
    this.#slots = parts.slots;
    this.#addressBytes = parts.addressBytes;
    this.#headerBytes = parts.headerBytes;
    const names = mapMemory(RECEIVE_BATCH * ADDRESS_STRIDE);
    this.nameWords = new Int32Array(names.view);
    const apart = mapMemory(Math.max(4096, RECEIVE_BATCH * parts.headerBytes));
    this.headerWords = new Uint32Array(apart.view);
    for (let i = 0; i < RECEIVE_BATCH; i++) {
      const header = i * HEADER_WORDS;
      const vector = i * FRAME_VECTORS * VECTOR_WORDS;
      setAddress(this.#words, header + NAME, names.address + i * ADDRESS_STRIDE);
      setAddress(this.#words, header + IOV, this.#vectors.address + i * FRAME_VECTORS * VECTOR_BYTES);
      setAddress(this.#words, header + CONTROL, this.#control.address + i * CONTROL_STRIDE);
      if (parts.headerBytes > 0) {
        setAddress(this.#vectorWords, vector, apart.address + i * parts.headerBytes);
        this.#vectorWords[vector + 2] = parts.headerBytes;
        this.#vectorWords[vector + VECTOR_WORDS + 2] = SMALL_BYTES;
      } else {
        this.#vectorWords[vector + 2] = SMALL_BYTES;
        this.#vectorWords[vector + VECTOR_WORDS + 2] = LARGE_BYTES;
      }
    }
  }

  /** Receives what is there, up to a batch, and returns how many: read and take them by index before the next call. */
  receive(): number {
    const armed = this.#arm();
    if (armed === 0) return 0;
    const count = recvmmsg(this.#fd, this.#headers.address, armed, MSG_DONTWAIT, 0);
    return Math.max(count, 0);
  }

  /** Bytes of the whole message, headers and all. */
  bytesOf(index: number): number {
    return this.#words[index * HEADER_WORDS + MESSAGE_BYTES] as number;
  }

  /** When the kernel took the frame from the sender, on the relay's clock. */
  atNs(index: number, nowNs: number): number {
    if (this.#words[index * HEADER_WORDS + CONTROL_LENGTH] === 0) return nowNs;
    const at = (index * CONTROL_STRIDE) / 4 + 4;
    const seconds = this.#controlWords[at] as number;
    const nanoseconds = this.#controlWords[at + 2] as number;
    const arrivalNs = this.#clock.realtimeNs(seconds, nanoseconds) + this.#clock.offsetNs(nowNs);
    // A stamp from the future or from long ago is a step of the wall clock.
    return arrivalNs > nowNs || nowNs - arrivalNs > 1e9 ? nowNs : arrivalNs;
  }

  /** The slot that holds the frame, now the caller's until released or sent; -1 when it was cut. */
  take(index: number): number {
    const header = index * HEADER_WORDS;
    const slot = this.#armedSlot[index] as number;
    if (((this.#words[header + FLAGS] as number) & MSG_TRUNC) !== 0) {
      this.cut++;
      return NONE;
    }
    const bytes = (this.#words[header + MESSAGE_BYTES] as number) - this.#headerBytes;
    this.#slots.bytes[slot] = bytes;
    this.#armedSlot[index] = NONE;
    if (bytes > SMALL_BYTES) {
      this.#slots.large[slot] = this.#armedLarge[index] as number;
      this.#armedLarge[index] = NONE;
    }
    return slot;
  }

  /** Gives every place of the batch a slot, and superframe memory where there is any; returns how many places are ready. */
  #arm(): number {
    const apart = this.#headerBytes > 0;
    for (let i = 0; i < RECEIVE_BATCH; i++) {
      const header = i * HEADER_WORDS;
      const vector = i * FRAME_VECTORS * VECTOR_WORDS;
      this.#words[header + NAME_LENGTH] = this.#addressBytes;
      this.#words[header + CONTROL_LENGTH] = CONTROL_STRIDE;
      if (this.#armedSlot[i] === NONE) {
        const slot = this.#slots.take();
        if (slot === NONE) return i;
        this.#armedSlot[i] = slot;
        setAddress(this.#vectorWords, apart ? vector + VECTOR_WORDS : vector, this.#slots.smallAddress(slot));
      }
      if (apart) {
        this.#words[header + IOV_LENGTH] = 2;
      } else if (this.#armedLarge[i] === NONE) {
        const large = this.#slots.takeLarge();
        this.#armedLarge[i] = large;
        this.#words[header + IOV_LENGTH] = large === NONE ? 1 : 2;
        if (large !== NONE)
          setAddress(this.#vectorWords, vector + VECTOR_WORDS, this.#slots.largeAddress(large));
      }
    }
    return RECEIVE_BATCH;
  }
}
