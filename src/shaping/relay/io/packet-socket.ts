// Batch I/O for the relay: one AF_PACKET socket (packet(7)) that hears all interfaces of the relay's namespace. Frames
// live in slots whose memory only the kernel touches: a frame is received into a slot, held there, sent from there.
// PACKET_VNET_HDR keeps what the kernel knows about a frame (unfinished checksum, TCP superframe of up to 64 kB) in
// front of it, so checksums are never computed, and bulk TCP costs one slot per superframe instead of one per 1500 bytes.

import type { RelayClock } from './clock.ts';
import {
  errno,
  getsockopt,
  mapAddressOnly,
  mapMemory,
  memcpy,
  recvmmsg,
  sendmmsg,
  setsockopt,
  socket,
} from './libc.ts';

/** Frames held at most, over all links: 100 ms of 300,000 frames a second. */
export const SLOTS = 32_768;
/** Superframes held at most: 1 Gbit/s for 300 ms at 16 kB each. Untouched memory costs nothing. */
const LARGE_BLOCKS = 2_048;
/** A slot's own memory: a full frame of a 1500-byte link with the virtio header. */
const SMALL_BYTES = 2_048;
const LARGE_BYTES = 65_536;
/** Frames per system call; a batch of superframes is 2 MB to copy, half a millisecond, and no more. */
const RECEIVE_BATCH = 32;
const SEND_BATCH = 32;
const RECEIVE_BUFFER_BYTES = 64 << 20;
const SEND_BUFFER_BYTES = 64 << 20;
/** sizeof(struct virtio_net_hdr). */
const VNET_HEADER_BYTES = 10;

const AF_PACKET = 17;
const SOCK_RAW = 3;
const ETH_P_ALL_NETWORK_ORDER = 0x0300;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SO_TIMESTAMPNS = 35;
const SOL_PACKET = 263;
const PACKET_STATISTICS = 6;
const PACKET_VNET_HDR = 15;
const PACKET_IGNORE_OUTGOING = 23;
const MSG_DONTWAIT = 0x40;
const EINTR = 4;
const MSG_TRUNC = 0x20;

/** 32-bit words of struct mmsghdr, and the places in it. */
const HEADER_WORDS = 16;
const NAME = 0;
const NAME_LENGTH = 2;
const IOV = 4;
const IOV_LENGTH = 6;
const CONTROL = 8;
const CONTROL_LENGTH = 10;
const FLAGS = 12;
const MESSAGE_BYTES = 14;
/** sockaddr_ll is 20 bytes, kept 32 apart; a control message with a timespec is 32 bytes, kept 64 apart. */
const ADDRESS_STRIDE = 32;
const ADDRESS_BYTES = 20;
const CONTROL_STRIDE = 64;
const NONE = -1;

export class PacketSocket {
  readonly fd: number;
  /** Frames dropped for lack of slots or superframe memory. */
  noMemory = 0;
  sendErrors = 0;
  readonly #clock: RelayClock;
  readonly #smallMemory = mapAddressOnly(SLOTS * SMALL_BYTES);
  readonly #largeMemory = mapAddressOnly(LARGE_BLOCKS * LARGE_BYTES);
  readonly #freeSlots = countdown(SLOTS);
  #freeSlotCount = SLOTS;
  readonly #freeLarge = countdown(LARGE_BLOCKS);
  #freeLargeCount = LARGE_BLOCKS;
  readonly #slotBytes = new Int32Array(SLOTS);
  readonly #slotLarge = new Int32Array(SLOTS).fill(NONE);

  readonly #receiveHeaders = mapMemory(RECEIVE_BATCH * HEADER_WORDS * 4);
  readonly #receiveWords = new Uint32Array(this.#receiveHeaders.view);
  readonly #receiveVectors = mapMemory(RECEIVE_BATCH * 32);
  readonly #receiveVectorWords = new Uint32Array(this.#receiveVectors.view);
  readonly #receiveNames = mapMemory(RECEIVE_BATCH * ADDRESS_STRIDE);
  readonly #receiveNameWords = new Int32Array(this.#receiveNames.view);
  readonly #receiveControl = mapMemory(RECEIVE_BATCH * CONTROL_STRIDE);
  readonly #receiveControlWords = new Uint32Array(this.#receiveControl.view);
  readonly #armedSlot = new Int32Array(RECEIVE_BATCH).fill(NONE);
  readonly #armedLarge = new Int32Array(RECEIVE_BATCH).fill(NONE);

  readonly #sendHeaders = mapMemory(SEND_BATCH * HEADER_WORDS * 4);
  readonly #sendWords = new Uint32Array(this.#sendHeaders.view);
  readonly #sendVectors = mapMemory(SEND_BATCH * 32);
  readonly #sendVectorWords = new Uint32Array(this.#sendVectors.view);
  readonly #sendSlots = new Int32Array(SEND_BATCH);
  #sendCount = 0;
  readonly #egress: { address: number; words: Int32Array };

  readonly #options = mapMemory(4096);
  readonly #optionsWords = new Uint32Array(this.#options.view);
  #kernelDrops = 0;

  constructor(clock: RelayClock, directions: number) {
    this.#clock = clock;
    this.fd = socket(AF_PACKET, SOCK_RAW, ETH_P_ALL_NETWORK_ORDER);
    if (this.fd < 0) throw new Error(`the relay cannot open a packet socket (errno ${errno()})`);
    this.#setOption(SOL_PACKET, PACKET_VNET_HDR, 1, true);
    this.#setOption(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1, true);
    this.#setOption(SOL_SOCKET, SO_TIMESTAMPNS, 1, true);
    // The forced forms pass the system's limits and need CAP_NET_ADMIN; without them what is allowed has to do.
    if (!this.#setOption(SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES, false))
      this.#setOption(SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES, false);
    if (!this.#setOption(SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER_BYTES, false))
      this.#setOption(SOL_SOCKET, SO_SNDBUF, SEND_BUFFER_BYTES, false);

    const egress = mapMemory(directions * ADDRESS_STRIDE);
    this.#egress = { address: egress.address, words: new Int32Array(egress.view) };
    this.#layOutHeaders();
  }

  /** Frames of this direction leave by this interface. */
  setEgress(direction: number, interfaceIndex: number): void {
    const at = (direction * ADDRESS_STRIDE) / 4;
    this.#egress.words[at] = AF_PACKET | (ETH_P_ALL_NETWORK_ORDER << 16);
    this.#egress.words[at + 1] = interfaceIndex;
  }

  /** Receives what is there, up to a batch, and returns how many; read them by index, then call `rearm`. */
  receive(): number {
    const armed = this.#arm();
    if (armed === 0) return 0;
    const count = recvmmsg(this.fd, this.#receiveHeaders.address, armed, MSG_DONTWAIT, 0);
    return Math.max(count, 0);
  }

  receivedInterface(index: number): number {
    return this.#receiveNameWords[(index * ADDRESS_STRIDE) / 4 + 1] as number;
  }

  /** When the kernel took the frame from the sender, on the relay's clock. */
  receivedAtNs(index: number, nowNs: number): number {
    if (this.#receiveWords[index * HEADER_WORDS + CONTROL_LENGTH] === 0) return nowNs;
    const at = (index * CONTROL_STRIDE) / 4 + 4;
    const seconds = this.#receiveControlWords[at] as number;
    const nanoseconds = this.#receiveControlWords[at + 2] as number;
    const arrivalNs = this.#clock.realtimeNs(seconds, nanoseconds) + this.#clock.offsetNs(nowNs);
    // A stamp from the future or from long ago is a step of the wall clock.
    return arrivalNs > nowNs || nowNs - arrivalNs > 1e9 ? nowNs : arrivalNs;
  }

  /** The slot that holds the frame, now the caller's until released or sent; NONE (-1) when it was cut for lack of memory. */
  takeReceived(index: number): number {
    const header = index * HEADER_WORDS;
    const slot = this.#armedSlot[index] as number;
    if (((this.#receiveWords[header + FLAGS] as number) & MSG_TRUNC) !== 0) {
      this.noMemory++;
      return NONE;
    }
    const bytes = this.#receiveWords[header + MESSAGE_BYTES] as number;
    this.#slotBytes[slot] = bytes;
    this.#armedSlot[index] = NONE;
    if (bytes > SMALL_BYTES) {
      this.#slotLarge[slot] = this.#armedLarge[index] as number;
      this.#armedLarge[index] = NONE;
    }
    return slot;
  }

  /** Bytes of the received frame, from the Ethernet header on. */
  receivedBytes(index: number): number {
    return (this.#receiveWords[index * HEADER_WORDS + MESSAGE_BYTES] as number) - VNET_HEADER_BYTES;
  }

  bytesOf(slot: number): number {
    return (this.#slotBytes[slot] as number) - VNET_HEADER_BYTES;
  }

  release(slot: number): void {
    const large = this.#slotLarge[slot] as number;
    if (large !== NONE) {
      this.#freeLarge[this.#freeLargeCount++] = large;
      this.#slotLarge[slot] = NONE;
    }
    this.#freeSlots[this.#freeSlotCount++] = slot;
  }

  /** A second slot with the same frame; -1 when there is no memory. */
  copy(slot: number): number {
    const bytes = this.#slotBytes[slot] as number;
    const isLarge = bytes > SMALL_BYTES;
    if (this.#freeSlotCount === 0 || (isLarge && this.#freeLargeCount === 0)) return NONE;
    const twin = this.#freeSlots[--this.#freeSlotCount] as number;
    this.#slotBytes[twin] = bytes;
    memcpy(this.#smallAddress(twin), this.#smallAddress(slot), Math.min(bytes, SMALL_BYTES));
    if (isLarge) {
      const large = this.#freeLarge[--this.#freeLargeCount] as number;
      this.#slotLarge[twin] = large;
      memcpy(
        this.#largeAddress(large),
        this.#largeAddress(this.#slotLarge[slot] as number),
        bytes - SMALL_BYTES,
      );
    }
    return twin;
  }

  /** Sends the frame, at the latest at the next `flush`, and releases its slot. */
  send(slot: number, direction: number): void {
    const at = this.#sendCount * HEADER_WORDS;
    const vector = this.#sendCount * 8;
    const bytes = this.#slotBytes[slot] as number;
    const large = this.#slotLarge[slot] as number;
    setAddress(this.#sendWords, at + NAME, this.#egress.address + direction * ADDRESS_STRIDE);
    setAddress(this.#sendVectorWords, vector, this.#smallAddress(slot));
    this.#sendVectorWords[vector + 2] = Math.min(bytes, SMALL_BYTES);
    if (large !== NONE) {
      setAddress(this.#sendVectorWords, vector + 4, this.#largeAddress(large));
      this.#sendVectorWords[vector + 6] = bytes - SMALL_BYTES;
    }
    this.#sendWords[at + IOV_LENGTH] = large === NONE ? 1 : 2;
    this.#sendSlots[this.#sendCount++] = slot;
    if (this.#sendCount === SEND_BATCH) this.flush();
  }

  flush(): void {
    let from = 0;
    while (from < this.#sendCount) {
      const address = this.#sendHeaders.address + from * HEADER_WORDS * 4;
      const sent = sendmmsg(this.fd, address, this.#sendCount - from, MSG_DONTWAIT);
      if (sent > 0) {
        from += sent;
      } else if (errno() !== EINTR) {
        // The first one is at fault (EMSGSIZE, ENETDOWN, ENOBUFS): a link would have dropped it too.
        this.sendErrors++;
        from++;
      }
    }
    for (let i = 0; i < this.#sendCount; i++) this.release(this.#sendSlots[i] as number);
    this.#sendCount = 0;
  }

  /** Frames that did not fit into the receive buffer, since the start. */
  kernelDrops(): number {
    this.#optionsWords[16] = 8;
    getsockopt(this.fd, SOL_PACKET, PACKET_STATISTICS, this.#options.address, this.#options.address + 64);
    // Reading resets the kernel's counters: words are tp_packets, tp_drops.
    this.#kernelDrops += this.#optionsWords[1] as number;
    return this.#kernelDrops;
  }

  /** Gives every place of the receive batch a slot and superframe memory; returns how many places are ready. */
  #arm(): number {
    for (let i = 0; i < RECEIVE_BATCH; i++) {
      const header = i * HEADER_WORDS;
      this.#receiveWords[header + NAME_LENGTH] = ADDRESS_BYTES;
      this.#receiveWords[header + CONTROL_LENGTH] = CONTROL_STRIDE;
      if (this.#armedSlot[i] === NONE) {
        if (this.#freeSlotCount === 0) return i;
        const slot = this.#freeSlots[--this.#freeSlotCount] as number;
        this.#armedSlot[i] = slot;
        setAddress(this.#receiveVectorWords, i * 8, this.#smallAddress(slot));
      }
      if (this.#armedLarge[i] === NONE) {
        const large = this.#freeLargeCount === 0 ? NONE : (this.#freeLarge[--this.#freeLargeCount] as number);
        this.#armedLarge[i] = large;
        this.#receiveWords[header + IOV_LENGTH] = large === NONE ? 1 : 2;
        if (large !== NONE) setAddress(this.#receiveVectorWords, i * 8 + 4, this.#largeAddress(large));
      }
    }
    return RECEIVE_BATCH;
  }

  #layOutHeaders(): void {
    for (let i = 0; i < RECEIVE_BATCH; i++) {
      const header = i * HEADER_WORDS;
      setAddress(this.#receiveWords, header + NAME, this.#receiveNames.address + i * ADDRESS_STRIDE);
      setAddress(this.#receiveWords, header + IOV, this.#receiveVectors.address + i * 32);
      setAddress(this.#receiveWords, header + CONTROL, this.#receiveControl.address + i * CONTROL_STRIDE);
      this.#receiveVectorWords[i * 8 + 2] = SMALL_BYTES;
      this.#receiveVectorWords[i * 8 + 6] = LARGE_BYTES;
    }
    for (let i = 0; i < SEND_BATCH; i++) {
      const header = i * HEADER_WORDS;
      this.#sendWords[header + NAME_LENGTH] = ADDRESS_BYTES;
      setAddress(this.#sendWords, header + IOV, this.#sendVectors.address + i * 32);
    }
  }

  #smallAddress(slot: number): number {
    return this.#smallMemory + slot * SMALL_BYTES;
  }

  #largeAddress(large: number): number {
    return this.#largeMemory + large * LARGE_BYTES;
  }

  #setOption(level: number, name: number, value: number, required: boolean): boolean {
    this.#optionsWords[0] = value;
    const done = setsockopt(this.fd, level, name, this.#options.address, 4) === 0;
    if (!done && required)
      throw new Error(`the relay's packet socket refuses option ${level}/${name} (errno ${errno()})`);
    return done;
  }
}

/** Writes a 64-bit address as two words, without a BigInt. */
function setAddress(words: Uint32Array, at: number, address: number): void {
  words[at] = address % 0x1_0000_0000;
  words[at + 1] = Math.floor(address / 0x1_0000_0000);
}

/** A free list that hands out low numbers first, so that memory is reused while it is warm. */
function countdown(size: number): Int32Array {
  return Int32Array.from({ length: size }, (_, i) => size - 1 - i);
}
