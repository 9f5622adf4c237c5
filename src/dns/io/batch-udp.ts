// UDP by batches: recvmmsg(2) into slots, one handler call a packet, one sendmmsg(2) for all replies. A system call costs a
// microsecond or more and Node.js makes two a packet; here up to 64 packets share two, and nothing is allocated.
//
// All memory that the kernel reads or writes is mapped apart (net/io/libc.ts): memory of the garbage collector would have
// to be kept alive by a reference for as long as the kernel has its address, and forgetting one ends in a segfault.

import { errno, mapMemory, recvmmsg, sendmmsg } from '../../net/io/libc.ts';
import {
  ADDRESS_STRIDE,
  CONTROL,
  CONTROL_LENGTH,
  CONTROL_STRIDE,
  EINTR,
  FLAGS,
  HEADER_WORDS,
  IOV,
  IOV_LENGTH,
  MESSAGE_BYTES,
  MSG_TRUNC,
  NAME,
  NAME_LENGTH,
  setAddress,
  VECTOR_BYTES,
  VECTOR_WORDS,
} from '../../net/io/message-headers.ts';
import { type InternetFamily, sockaddrBytes, sourceOffset } from '../../net/io/socket-address.ts';
import { readOption, SOL_SOCKET } from '../../net/io/socket-options.ts';
import { type PacketHandler, UDP_REPLY_BYTES } from './listener.ts';

/** Packets per system call. */
export const BATCH = 64;
/** Longest query that is looked at; real ones have tens of bytes, padded ones (RFC 8467) hundreds. */
export const UDP_QUERY_BYTES = 2048;
/** A cache line more than the size: at distances of a power of two all slots would share few lines of the cache. */
const QUERY_STRIDE = UDP_QUERY_BYTES + 64;
const REPLY_STRIDE = UDP_REPLY_BYTES + 48;
const SO_MEMINFO = 55;
/** SK_MEMINFO_DROPS of the 9 words. */
const MEMINFO_WORDS = 9;
const MEMINFO_DROPS = 8;

export interface UdpCounts {
  received: number;
  sent: number;
  /** recvmmsg calls that brought something. */
  batches: number;
  /** Queries longer than UDP_QUERY_BYTES or from port 0: dropped. */
  refused: number;
  /** Replies that the kernel would not send. */
  sendErrors: number;
  /** Packets that did not fit into the socket's receive buffer. */
  kernelDrops: number;
}

export interface BatchSocket {
  fd: number;
  family: InternetFamily;
  /** Bound to all addresses: each reply has to say which one it leaves from (IP_PKTINFO). */
  wildcard: boolean;
}

export class UdpBatch {
  readonly fd: number;
  received = 0;
  sent = 0;
  batches = 0;
  refused = 0;
  sendErrors = 0;
  readonly #handler: PacketHandler;
  readonly #wildcard: boolean;
  /** Where the interface's index is in a control message, in words; it would bind the reply to that interface. */
  readonly #interfaceWord: number;
  readonly #receiveHeaders = mapMemory(BATCH * HEADER_WORDS * 4);
  readonly #receiveWords = new Uint32Array(this.#receiveHeaders.view);
  readonly #sendHeaders = mapMemory(BATCH * HEADER_WORDS * 4);
  readonly #sendWords = new Uint32Array(this.#sendHeaders.view);
  readonly #sendVectors = mapMemory(BATCH * VECTOR_BYTES);
  readonly #sendVectorWords = new Uint32Array(this.#sendVectors.view);
  readonly #controlWords: Uint32Array;
  /** The ports of the senders: one 16-bit word of each socket address. */
  readonly #names: Uint16Array;
  readonly #packets: Buffer[] = [];
  readonly #sources: Uint8Array[] = [];
  readonly #replies: Buffer[] = [];

  constructor({ fd, family, wildcard }: BatchSocket, handler: PacketHandler) {
    this.fd = fd;
    this.#handler = handler;
    this.#wildcard = wildcard;
    this.#interfaceWord = family === 4 ? 4 : 8;
    const names = mapMemory(BATCH * ADDRESS_STRIDE);
    const controls = mapMemory(BATCH * CONTROL_STRIDE);
    const queries = mapMemory(BATCH * QUERY_STRIDE);
    const replies = mapMemory(BATCH * REPLY_STRIDE);
    const receiveVectors = mapMemory(BATCH * VECTOR_BYTES);
    const receiveVectorWords = new Uint32Array(receiveVectors.view);
    this.#controlWords = new Uint32Array(controls.view);
    this.#names = new Uint16Array(names.view);
    for (let i = 0; i < BATCH; i++) {
      const at = i * HEADER_WORDS;
      const name = names.address + i * ADDRESS_STRIDE;
      const control = controls.address + i * CONTROL_STRIDE;
      for (const words of [this.#receiveWords, this.#sendWords]) {
        setAddress(words, at + NAME, name);
        words[at + NAME_LENGTH] = sockaddrBytes(family);
        words[at + IOV_LENGTH] = 1;
        if (wildcard) setAddress(words, at + CONTROL, control);
      }
      setAddress(this.#receiveWords, at + IOV, receiveVectors.address + i * VECTOR_BYTES);
      setAddress(receiveVectorWords, i * VECTOR_WORDS, queries.address + i * QUERY_STRIDE);
      receiveVectorWords[i * VECTOR_WORDS + 2] = UDP_QUERY_BYTES;
      setAddress(this.#sendWords, at + IOV, this.#sendVectors.address + i * VECTOR_BYTES);
      setAddress(this.#sendVectorWords, i * VECTOR_WORDS, replies.address + i * REPLY_STRIDE);
      this.#packets.push(Buffer.from(queries.view, i * QUERY_STRIDE, UDP_QUERY_BYTES));
      this.#replies.push(Buffer.from(replies.view, i * REPLY_STRIDE, UDP_REPLY_BYTES));
      const source = i * ADDRESS_STRIDE + sourceOffset(family);
      this.#sources.push(new Uint8Array(names.view, source, family === 4 ? 4 : 16));
    }
  }

  /** Receives (`flags`: whether to wait), answers, sends. Returns how many came; 0 when none did in time. */
  serve(flags: number): number {
    if (this.#wildcard) this.#askForDestinations();
    const count = recvmmsg(this.fd, this.#receiveHeaders.address, BATCH, flags, 0);
    if (count <= 0) return 0;
    this.batches++;
    this.received += count;
    this.#send(this.#answer(count));
    return count;
  }

  counts(): UdpCounts {
    const { received, sent, batches, refused, sendErrors } = this;
    const kernelDrops = readOption(this.fd, SOL_SOCKET, SO_MEMINFO, MEMINFO_WORDS, MEMINFO_DROPS);
    return { received, sent, batches, refused, sendErrors, kernelDrops };
  }

  /** Fills reply slots from 0 on, and returns how many. */
  #answer(count: number): number {
    const words = this.#receiveWords;
    const handler = this.#handler;
    let replies = 0;
    for (let i = 0; i < count; i++) {
      const at = i * HEADER_WORDS;
      const port = this.#names[i * (ADDRESS_STRIDE / 2) + 1];
      if (((words[at + FLAGS] as number) & MSG_TRUNC) !== 0 || port === 0) {
        this.refused++;
        continue;
      }
      const packet = this.#packets[i] as Buffer;
      const source = this.#sources[i] as Uint8Array;
      const reply = this.#replies[replies] as Buffer;
      const bytes = handler.handle(packet, words[at + MESSAGE_BYTES] as number, source, 'udp', reply);
      if (bytes > 0) this.#address(replies++, i, bytes);
    }
    return replies;
  }

  /** The reply in slot `place` goes to the sender of packet `i`. */
  #address(place: number, i: number, bytes: number): void {
    const from = i * HEADER_WORDS;
    const to = place * HEADER_WORDS;
    this.#sendWords[to + NAME] = this.#receiveWords[from + NAME] as number;
    this.#sendWords[to + NAME + 1] = this.#receiveWords[from + NAME + 1] as number;
    this.#sendVectorWords[place * VECTOR_WORDS + 2] = bytes;
    if (!this.#wildcard) return;
    this.#sendWords[to + CONTROL] = this.#receiveWords[from + CONTROL] as number;
    this.#sendWords[to + CONTROL + 1] = this.#receiveWords[from + CONTROL + 1] as number;
    this.#sendWords[to + CONTROL_LENGTH] = this.#receiveWords[from + CONTROL_LENGTH] as number;
    this.#controlWords[(i * CONTROL_STRIDE) / 4 + this.#interfaceWord] = 0;
  }

  #send(count: number): void {
    let from = 0;
    while (from < count) {
      const address = this.#sendHeaders.address + from * HEADER_WORDS * 4;
      const sent = sendmmsg(this.fd, address, count - from, 0);
      if (sent > 0) {
        this.sent += sent;
        from += sent;
      } else if (errno() !== EINTR) {
        // The first one is at fault (its network is unreachable, or the device stayed full); the others have a chance.
        this.sendErrors++;
        from++;
      }
    }
  }

  /** The kernel has written how long each control message was; it needs the room again. */
  #askForDestinations(): void {
    for (let i = 0; i < BATCH; i++) this.#receiveWords[i * HEADER_WORDS + CONTROL_LENGTH] = CONTROL_STRIDE;
  }
}
