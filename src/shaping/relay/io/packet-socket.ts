// The relay's transport where it has an end of every link in its own namespace: one AF_PACKET socket (packet(7)) that
// hears all interfaces. PACKET_VNET_HDR keeps what the kernel knows about a frame (unfinished checksum, TCP superframe
// of up to 64 kB) in front of it, so checksums are never computed, and bulk TCP costs one slot per superframe instead
// of one per 1500 bytes.

import { UserError } from '../../../base/errors.ts';
import { ADDRESS_STRIDE } from '../../../net/io/message-headers.ts';
import { readOption } from '../../../net/io/socket-options.ts';
import type { RelayEnd } from '../protocol.ts';
import type { RelayClock } from './clock.ts';
import { FrameSlots } from './frame-slots.ts';
import type { FrameSocket } from './frame-socket.ts';
import { openInterface } from './interfaces.ts';
import { ReceiveBatch } from './receive-batch.ts';
import { SendBatch } from './send-batch.ts';
import { openSocket, requireOption } from './socket-options.ts';

const AF_PACKET = 17;
const SOCK_RAW = 3;
const ETH_P_ALL_NETWORK_ORDER = 0x0300;
const SOL_PACKET = 263;
const PACKET_STATISTICS = 6;
const PACKET_VNET_HDR = 15;
const PACKET_IGNORE_OUTGOING = 23;
/** sizeof(struct virtio_net_hdr). */
const VNET_HEADER_BYTES = 10;
/** sizeof(struct sockaddr_ll). */
const ADDRESS_BYTES = 20;

export class PacketSocket implements FrameSocket {
  readonly fd: number;
  readonly slots = new FrameSlots({ headerBytes: VNET_HEADER_BYTES, superframes: true });
  readonly received: ReceiveBatch;
  readonly crossingCostNs = 4_000;
  readonly foreign = 0;
  readonly #sending: SendBatch;
  #kernelDrops = 0;

  constructor(clock: RelayClock, directions: number) {
    this.fd = openSocket('packet', AF_PACKET, SOCK_RAW, ETH_P_ALL_NETWORK_ORDER);
    requireOption(this.fd, SOL_PACKET, PACKET_VNET_HDR, 1);
    requireOption(this.fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
    const parts = { fd: this.fd, clock, slots: this.slots, addressBytes: ADDRESS_BYTES, headerBytes: 0 };
    this.received = new ReceiveBatch(parts);
    this.#sending = new SendBatch({ ...parts, directions });
  }

  get noMemory(): number {
    return this.received.cut;
  }

  get sendErrors(): number {
    return this.#sending.errors;
  }

  /** The number of an end is its interface's index. */
  openEnd(end: RelayEnd): number {
    if ('interface' in end) return openInterface(end.interface);
    throw new UserError({
      message: `the relay was started for interfaces and is given VNI ${end.vni}`,
      hint: 'start it with --underlay ADDRESS',
    });
  }

  /** Nothing can leave by interface 0, so what is still held for a removed end ends there. */
  setEgress(direction: number, end: number): void {
    const at = (direction * ADDRESS_STRIDE) / 4;
    this.#sending.egressWords[at] = AF_PACKET | (ETH_P_ALL_NETWORK_ORDER << 16);
    this.#sending.egressWords[at + 1] = Math.max(end, 0);
  }

  take(index: number): number {
    return this.received.take(index);
  }

  endOf(index: number): number {
    return this.received.nameWords[(index * ADDRESS_STRIDE) / 4 + 1] as number;
  }

  send(slot: number, direction: number): void {
    this.#sending.send(slot, direction);
  }

  flush(): void {
    this.#sending.flush();
  }

  kernelDrops(): number {
    // Reading resets the kernel's counters: words are tp_packets, tp_drops.
    this.#kernelDrops += readOption(this.fd, SOL_PACKET, PACKET_STATISTICS, 2, 1);
    return this.#kernelDrops;
  }
}
