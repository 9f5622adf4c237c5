// The relay's transport where nodes are elsewhere (containers) and only an underlay network joins them: one UDP socket
// that receives the VXLAN datagrams of every link end (RFC 7348). The VNI names the end, the sender's address has to be
// that end's node. Frames are single (the devices have gso_max_segs 1): a superframe's segment size would not arrive.

import { UserError } from '../../../base/errors.ts';
import { bind, errno, mapMemory } from '../../../net/io/libc.ts';
import { ADDRESS_STRIDE } from '../../../net/io/message-headers.ts';
import { readOption } from '../../../net/io/socket-options.ts';
import { parseAddress } from '../../../net/ip-address.ts';
import type { RelayEnd, Underlay } from '../protocol.ts';
import {
  firstWord,
  markOf,
  secondWord,
  VXLAN_HEADER_BYTES,
  VXLAN_PORT,
  vniOf,
  vniWord,
} from '../vxlan-header.ts';
import type { RelayClock } from './clock.ts';
import { FrameSlots } from './frame-slots.ts';
import type { FrameSocket } from './frame-socket.ts';
import { ReceiveBatch } from './receive-batch.ts';
import { SendBatch } from './send-batch.ts';
import { openSocket, requireOption } from './socket-options.ts';

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOL_SOCKET = 1;
const SO_NO_CHECK = 11;
const SO_MEMINFO = 55;
/** SK_MEMINFO_DROPS of the 9 words. */
const MEMINFO_WORDS = 9;
const MEMINFO_DROPS = 8;
const SOL_IP = 0;
const IP_TTL = 2;
/** sizeof(struct sockaddr_in): family, port and, as the second word, the address. */
const ADDRESS_BYTES = 16;
const NONE = -1;

/** Measured over a bridge that does nothing but forward. */
const CROSSING_US = 16;

export class VxlanSocket implements FrameSocket {
  readonly fd: number;
  readonly slots = new FrameSlots({ headerBytes: 0, superframes: false });
  readonly received: ReceiveBatch;
  readonly crossingCostNs: number;
  readonly noMemory = 0;
  readonly #port: number;
  readonly #sending: SendBatch;
  readonly #vniWordOf: Uint32Array;
  /** By VNI: the address that its frames have to come from and go to; 0: no such VNI. */
  #nodeOf = new Int32Array(1024);

  constructor(clock: RelayClock, directions: number, { address, port, crossingUs }: Underlay) {
    this.#port = port ?? VXLAN_PORT;
    this.crossingCostNs = (crossingUs ?? CROSSING_US) * 1000;
    this.fd = openSocket('UDP', AF_INET, SOCK_DGRAM, 0);
    // Underlay frames cross no router, whatever happens: the lab is closed.
    requireOption(this.fd, SOL_IP, IP_TTL, 1);
    // Like the devices' `noudpcsum`: nothing to sum on a network that does not leave the machine.
    requireOption(this.fd, SOL_SOCKET, SO_NO_CHECK, 1);
    const name = mapMemory(4096);
    this.#writeAddress(new Int32Array(name.view), 0, addressWord(address));
    if (bind(this.fd, name.address, ADDRESS_BYTES) < 0)
      throw new Error(`the relay cannot listen on ${address} port ${this.#port} (errno ${errno()})`);
    const batch = { fd: this.fd, clock, slots: this.slots, addressBytes: ADDRESS_BYTES };
    this.received = new ReceiveBatch({ ...batch, headerBytes: VXLAN_HEADER_BYTES });
    this.#sending = new SendBatch({ ...batch, headerBytes: VXLAN_HEADER_BYTES, directions });
    this.#vniWordOf = new Uint32Array(directions);
  }

  get sendErrors(): number {
    return this.#sending.errors;
  }

  /** Longer than any frame of a 1500-byte link. */
  get foreign(): number {
    return this.received.cut;
  }

  /** The number of an end is its VNI. */
  openEnd(end: RelayEnd): number {
    if (!('vni' in end))
      throw new UserError({
        message: `the relay was started for an underlay network and is given interface ${end.interface}`,
        hint: 'start it without --underlay',
      });
    if (end.vni >= this.#nodeOf.length) {
      const larger = new Int32Array(2 ** Math.ceil(Math.log2(end.vni + 1)));
      larger.set(this.#nodeOf);
      this.#nodeOf = larger;
    }
    this.#nodeOf[end.vni] = addressWord(end.address);
    return end.vni;
  }

  /** Nothing can leave for address 0 and port 0, so what is still held for a removed end ends there. */
  setEgress(direction: number, end: number): void {
    const at = (direction * ADDRESS_STRIDE) / 4;
    if (end === NONE) {
      this.#sending.egressWords.fill(0, at, at + 4);
      return;
    }
    this.#vniWordOf[direction] = vniWord(end);
    this.#writeAddress(this.#sending.egressWords, at, this.#nodeOf[end] as number);
  }

  take(index: number): number {
    const slot = this.received.take(index);
    if (slot === NONE) return NONE;
    const words = this.received.headerWords;
    this.slots.mark[slot] = markOf(words[index * 2] as number, words[index * 2 + 1] as number);
    return slot;
  }

  endOf(index: number): number {
    const words = this.received.headerWords;
    const vni = vniOf(
      words[index * 2] as number,
      words[index * 2 + 1] as number,
      this.received.bytesOf(index),
    );
    if (vni === NONE || vni >= this.#nodeOf.length) return NONE;
    const sender = this.received.nameWords[(index * ADDRESS_STRIDE) / 4 + 1];
    return sender !== 0 && this.#nodeOf[vni] === sender ? vni : NONE;
  }

  send(slot: number, direction: number): void {
    const words = this.#sending.headerWords;
    const at = this.#sending.place * 2;
    const mark = this.slots.mark[slot] as number;
    words[at] = firstWord(mark);
    words[at + 1] = secondWord(this.#vniWordOf[direction] as number, mark);
    this.#sending.send(slot, direction);
  }

  flush(): void {
    this.#sending.flush();
  }

  kernelDrops(): number {
    return readOption(this.fd, SOL_SOCKET, SO_MEMINFO, MEMINFO_WORDS, MEMINFO_DROPS);
  }

  #writeAddress(words: Int32Array, at: number, address: number): void {
    const port = ((this.#port & 0xff) << 8) | (this.#port >> 8);
    words[at] = AF_INET | (port << 16);
    words[at + 1] = address;
  }
}

/** An IPv4 address as the word that the kernel keeps it in. @throws UserError */
function addressWord(address: string): number {
  const bytes = parseAddress(address);
  if (bytes?.length !== 4)
    throw new UserError({
      message: 'not an address of an underlay network',
      expected: 'IPv4',
      found: address,
    });
  return new DataView(bytes.buffer).getInt32(0, true);
}
