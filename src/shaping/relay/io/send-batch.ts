// Sending for the relay, many frames a system call: sendmmsg(2) from the slots that hold them, to the address of their
// direction. A transport with a header of its own (VXLAN) writes it here, in front of the frame. (Joining frames of one
// direction into one message, UDP_SEGMENT, was tried: each is due at its own time, so hardly two leave together.)

import { errno, mapMemory, sendmmsg } from '../../../net/io/libc.ts';
import {
  ADDRESS_STRIDE,
  EINTR,
  FRAME_VECTORS,
  HEADER_WORDS,
  IOV,
  IOV_LENGTH,
  MSG_DONTWAIT,
  NAME,
  NAME_LENGTH,
  setAddress,
  VECTOR_BYTES,
  VECTOR_WORDS,
} from '../../../net/io/message-headers.ts';
import { type FrameSlots, SMALL_BYTES } from './frame-slots.ts';

/** Frames per system call. */
const SEND_BATCH = 32;
const NONE = -1;

export class SendBatch {
  /** Frames the kernel would not send. */
  errors = 0;
  /** Addresses by direction, ADDRESS_STRIDE apart. */
  readonly egressWords: Int32Array;
  /** The headers of frames to be sent, by place in the batch, `headerBytes` each. */
  readonly headerWords: Uint32Array;
  readonly #fd: number;
  readonly #slots: FrameSlots;
  readonly #headerBytes: number;
  readonly #egress: number;
  readonly #headers = mapMemory(SEND_BATCH * HEADER_WORDS * 4);
  readonly #words = new Uint32Array(this.#headers.view);
  readonly #vectors = mapMemory(SEND_BATCH * FRAME_VECTORS * VECTOR_BYTES);
  readonly #vectorWords = new Uint32Array(this.#vectors.view);
  readonly #sendSlots = new Int32Array(SEND_BATCH);
  #count = 0;

  constructor(parts: {
    fd: number;
    slots: FrameSlots;
    addressBytes: number;
    headerBytes: number;
    directions: number;
  }) {
    this.#fd = parts.fd;
    this.#slots = parts.slots;
    this.#headerBytes = parts.headerBytes;
    const egress = mapMemory(parts.directions * ADDRESS_STRIDE);
    this.#egress = egress.address;
    this.egressWords = new Int32Array(egress.view);
    const apart = mapMemory(Math.max(4096, SEND_BATCH * parts.headerBytes));
    this.headerWords = new Uint32Array(apart.view);
    for (let i = 0; i < SEND_BATCH; i++) {
      const header = i * HEADER_WORDS;
      this.#words[header + NAME_LENGTH] = parts.addressBytes;
      const vector = i * FRAME_VECTORS * VECTOR_WORDS;
      setAddress(this.#words, header + IOV, this.#vectors.address + i * FRAME_VECTORS * VECTOR_BYTES);
      this.#words[header + IOV_LENGTH] = FRAME_VECTORS;
      if (parts.headerBytes === 0) continue;
      setAddress(this.#vectorWords, vector, apart.address + i * parts.headerBytes);
      this.#vectorWords[vector + 2] = parts.headerBytes;
    }
  }

  /** The place in the batch that the next frame gets, for its header. */
  get place(): number {
    return this.#count;
  }

  /** Sends the frame, at the latest at the next `flush`, and releases its slot. */
  send(slot: number, direction: number): void {
    const place = this.#count++;
    const at = place * HEADER_WORDS;
    const vector = place * FRAME_VECTORS * VECTOR_WORDS;
    const bytes = this.#slots.bytes[slot] as number;
    setAddress(this.#words, at + NAME, this.#egress + direction * ADDRESS_STRIDE);
    if (this.#headerBytes > 0) {
      setAddress(this.#vectorWords, vector + VECTOR_WORDS, this.#slots.smallAddress(slot));
      this.#vectorWords[vector + VECTOR_WORDS + 2] = bytes;
    } else {
      const large = this.#slots.large[slot] as number;
      setAddress(this.#vectorWords, vector, this.#slots.smallAddress(slot));
      this.#vectorWords[vector + 2] = Math.min(bytes, SMALL_BYTES);
      if (large !== NONE) {
        setAddress(this.#vectorWords, vector + VECTOR_WORDS, this.#slots.largeAddress(large));
        this.#vectorWords[vector + VECTOR_WORDS + 2] = bytes - SMALL_BYTES;
      }
      this.#words[at + IOV_LENGTH] = large === NONE ? 1 : 2;
    }
    this.#sendSlots[place] = slot;
    if (this.#count === SEND_BATCH) this.flush();
  }

  flush(): void {
    let from = 0;
    while (from < this.#count) {
      const address = this.#headers.address + from * HEADER_WORDS * 4;
      const sent = sendmmsg(this.#fd, address, this.#count - from, MSG_DONTWAIT);
      if (sent > 0) {
        from += sent;
      } else if (errno() !== EINTR) {
        // The first one is at fault (EMSGSIZE, ENETDOWN, ENOBUFS): a link would have dropped it too.
        this.errors++;
        from++;
      }
    }
    for (let i = 0; i < this.#count; i++) this.#slots.release(this.#sendSlots[i] as number);
    this.#count = 0;
  }
}
