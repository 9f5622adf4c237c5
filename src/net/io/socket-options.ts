// Options of sockets that are file descriptors of our own (libc.ts).

import { getsockopt, mapMemory, setsockopt } from './libc.ts';

export const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;

const memory = mapMemory(4096);
const words = new Uint32Array(memory.view);
/** Where getsockopt reads and writes the length: behind the value. */
const LENGTH_WORD = 64;

/** False when the kernel refuses. */
export function setOption(fd: number, level: number, name: number, value: number): boolean {
  words[0] = value;
  return setsockopt(fd, level, name, memory.address, 4) === 0;
}

/** An option that is a struct timeval. */
export function setTimeOption(fd: number, level: number, name: number, ms: number): boolean {
  words.fill(0, 0, 4);
  words[0] = Math.floor(ms / 1000);
  words[2] = (ms % 1000) * 1000;
  return setsockopt(fd, level, name, memory.address, 16) === 0;
}

/** The forced forms pass the system's limits and need CAP_NET_ADMIN; without them what is allowed has to do. */
export function setBuffers(fd: number, receiveBytes: number, sendBytes: number): void {
  if (!setOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, receiveBytes))
    setOption(fd, SOL_SOCKET, SO_RCVBUF, receiveBytes);
  if (!setOption(fd, SOL_SOCKET, SO_SNDBUFFORCE, sendBytes)) setOption(fd, SOL_SOCKET, SO_SNDBUF, sendBytes);
}

/** The 32-bit word at `place` of an option that is `count` words long. */
export function readOption(fd: number, level: number, name: number, count: number, place: number): number {
  words[place] = 0;
  words[LENGTH_WORD] = count * 4;
  getsockopt(fd, level, name, memory.address, memory.address + LENGTH_WORD * 4);
  return words[place] as number;
}
