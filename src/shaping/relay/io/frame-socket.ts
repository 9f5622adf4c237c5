// What the relay's loop needs of a transport: two implement it, PacketSocket (veth ends in the relay's own namespace) and
// VxlanSocket (nodes elsewhere on an underlay network). Ends of links are numbers here, as each transport knows them.

import type { RelayEnd } from '../protocol.ts';
import type { FrameSlots } from './frame-slots.ts';
import type { ReceiveBatch } from './receive-batch.ts';

export interface FrameSocket {
  readonly fd: number;
  readonly slots: FrameSlots;
  readonly received: ReceiveBatch;
  /** From the decision to send until the frame is with the receiver, and from the sender to its stamp: measured, ns. */
  readonly crossingCostNs: number;
  /** Frames dropped for lack of memory. */
  readonly noMemory: number;
  /** Frames the kernel would not send. */
  readonly sendErrors: number;
  /** Messages that were no frame of a link; frames of unknown ends are not among them. */
  readonly foreign: number;
  /** Makes an end ready and returns its number. @throws UserError when it is not there, or of another transport. */
  openEnd(end: RelayEnd): number;
  /** Frames of this direction leave by this end; -1: they end here. */
  setEgress(direction: number, end: number): void;
  /** The slot of a received frame, now the caller's until released or sent; -1 when it is dropped. */
  take(index: number): number;
  /** The end that a received frame came in by; -1: none. Ask after `take`. */
  endOf(index: number): number;
  /** Sends the frame, at the latest at the next `flush`, and releases its slot. */
  send(slot: number, direction: number): void;
  flush(): void;
  /** Frames that did not fit into the receive buffer, since the start. */
  kernelDrops(): number;
}
