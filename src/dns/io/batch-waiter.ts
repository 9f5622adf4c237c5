// How a worker waits for packets: in recvmmsg itself when it has one socket, which saves a system call; by ppoll(2) when it
// has several (listen addresses).

import { mapMemory, ppoll } from '../../net/io/libc.ts';
import { MSG_DONTWAIT, MSG_WAITFORONE } from '../../net/io/message-headers.ts';
import type { UdpBatch } from './batch-udp.ts';

/** How long a worker may sleep in the kernel before it looks for messages of the main thread. */
export const RECEIVE_TIMEOUT_MS = 100;
const POLLIN = 1;

/** A function that waits up to RECEIVE_TIMEOUT_MS for packets, or not at all when `busy`, and serves those that came. */
export function waiter(batches: UdpBatch[]): (busy: boolean) => void {
  const [only] = batches;
  // The socket's own timeout (SO_RCVTIMEO) ends the wait.
  if (only && batches.length === 1) return (busy) => only.serve(busy ? MSG_DONTWAIT : MSG_WAITFORONE);
  const memory = mapMemory(4096 + batches.length * 8);
  const words = new Int32Array(memory.view);
  // struct timespec first, then one struct pollfd for each socket: descriptor, events and returned events.
  const polls = 4;
  for (const [i, batch] of batches.entries()) {
    words[polls + 2 * i] = batch.fd;
    words[polls + 2 * i + 1] = POLLIN;
  }
  return (busy) => {
    words[2] = busy ? 0 : RECEIVE_TIMEOUT_MS * 1e6;
    const ready = ppoll(memory.address + polls * 4, batches.length, memory.address, 0);
    if (ready <= 0) return;
    for (const [i, batch] of batches.entries())
      if ((words[polls + 2 * i + 1] as number) >>> 16 !== 0) batch.serve(MSG_DONTWAIT);
  };
}
