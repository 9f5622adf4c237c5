// The end of a UDP socket without loss: nothing more gets in, what has come is still answered.

import { connect, getsockname, mapMemory } from '../../net/io/libc.ts';
import { readSockaddr, writeSockaddr } from '../../net/io/socket-address.ts';

const LENGTH_OFFSET = 128;

/**
 * Lets nothing more into a UDP socket while what has come can still be read: a connected socket takes packets of its peer
 * only, and nobody has port 1 of our own address. Clients are told at once that nobody listens, or reach another process.
 */
export function stopTaking(fd: number): boolean {
  const memory = mapMemory(4096);
  new Uint32Array(memory.view)[LENGTH_OFFSET / 4] = LENGTH_OFFSET;
  if (getsockname(fd, memory.address, memory.address + LENGTH_OFFSET) !== 0) return false;
  const { address } = readSockaddr(memory.view);
  const self = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
  return connect(fd, memory.address, writeSockaddr(memory.view, self, 1)) === 0;
}
