// Opening the relay's sockets: what packet and UDP sockets have in common.

import { errno, socket } from '../../../net/io/libc.ts';
import { SOL_SOCKET, setBuffers, setOption } from '../../../net/io/socket-options.ts';

const SO_TIMESTAMPNS = 35;
const RECEIVE_BUFFER_BYTES = 64 << 20;
const SEND_BUFFER_BYTES = 64 << 20;

/** A socket with arrival stamps and large buffers; `what` names it in errors. */
export function openSocket(what: string, domain: number, type: number, protocol: number): number {
  const fd = socket(domain, type, protocol);
  if (fd < 0) throw new Error(`the relay cannot open a ${what} socket (errno ${errno()})`);
  requireOption(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  setBuffers(fd, RECEIVE_BUFFER_BYTES, SEND_BUFFER_BYTES);
  return fd;
}

export function requireOption(fd: number, level: number, name: number, value: number): void {
  if (!setOption(fd, level, name, value))
    throw new Error(`the relay's socket refuses option ${level}/${name} (errno ${errno()})`);
}
