// Opening the relay's sockets and asking things of them: what packet and UDP sockets have in common.

import { errno, getsockopt, mapMemory, setsockopt, socket } from './libc.ts';

const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SO_TIMESTAMPNS = 35;
const RECEIVE_BUFFER_BYTES = 64 << 20;
const SEND_BUFFER_BYTES = 64 << 20;

const memory = mapMemory(4096);
const words = new Uint32Array(memory.view);
/** Where getsockopt reads and writes the length: behind the value. */
const LENGTH_WORD = 64;

/** A socket with arrival stamps and large buffers; `what` names it in errors. */
export function openSocket(what: string, domain: number, type: number, protocol: number): number {
  const fd = socket(domain, type, protocol);
  if (fd < 0) throw new Error(`the relay cannot open a ${what} socket (errno ${errno()})`);
  requireOption(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  // The forced forms pass the system's limits and need CAP_NET_ADMIN; without them what is allowed has to do.
  if (!setOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES))
    setOption(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES);
  if (!setOption(fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER_BYTES))
    setOption(fd, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER_BYTES);
  return fd;
}

export function requireOption(fd: number, level: number, name: number, value: number): void {
  if (!setOption(fd, level, name, value))
    throw new Error(`the relay's socket refuses option ${level}/${name} (errno ${errno()})`);
}

/** False when the kernel refuses. */
export function setOption(fd: number, level: number, name: number, value: number): boolean {
  words[0] = value;
  return setsockopt(fd, level, name, memory.address, 4) === 0;
}

/** The 32-bit word at `place` of an option that is `count` words long. */
export function readOption(fd: number, level: number, name: number, count: number, place: number): number {
  words[place] = 0;
  words[LENGTH_WORD] = count * 4;
  getsockopt(fd, level, name, memory.address, memory.address + LENGTH_WORD * 4);
  return words[place] as number;
}
