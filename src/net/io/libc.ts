// The few libc calls that Node does not offer, by FFI (koffi, about 60 ns a call). Pointers go in as numbers:
// addresses of memory from `mapMemory`, which the garbage collector neither moves nor frees while the kernel uses it
// (buffers of JavaScript had that fate: lost batches, then a crash). Struct layouts are those of 64-bit Linux.

import { getPriority } from 'node:os';
import koffi from 'koffi';

const libc = koffi.load('libc.so.6');

export const socket = libc.func('int socket(int, int, int)') as (
  domain: number,
  type: number,
  protocol: number,
) => number;
export const bind = libc.func('int bind(int, uintptr_t, uint32_t)') as (
  fd: number,
  address: number,
  length: number,
) => number;
export const connect = libc.func('int connect(int, uintptr_t, uint32_t)') as (
  fd: number,
  address: number,
  length: number,
) => number;
export const listen = libc.func('int listen(int, int)') as (fd: number, backlog: number) => number;
export const accept = libc.func('int accept4(int, uintptr_t, uintptr_t, int)') as (
  fd: number,
  address: number,
  length: number,
  flags: number,
) => number;
export const close = libc.func('int close(int)') as (fd: number) => number;
export const getsockname = libc.func('int getsockname(int, uintptr_t, uintptr_t)') as (
  fd: number,
  address: number,
  length: number,
) => number;
export const setsockopt = libc.func('int setsockopt(int, int, int, uintptr_t, uint32_t)') as (
  fd: number,
  level: number,
  name: number,
  value: number,
  length: number,
) => number;
export const getsockopt = libc.func('int getsockopt(int, int, int, uintptr_t, uintptr_t)') as (
  fd: number,
  level: number,
  name: number,
  value: number,
  length: number,
) => number;
export const sendmsg = libc.func('intptr_t sendmsg(int, uintptr_t, int)') as (
  fd: number,
  message: number,
  flags: number,
) => number;
export const recvmsg = libc.func('intptr_t recvmsg(int, uintptr_t, int)') as (
  fd: number,
  message: number,
  flags: number,
) => number;
export const sendfile = libc.func('intptr_t sendfile(int, int, uintptr_t, size_t)') as (
  to: number,
  from: number,
  offset: number,
  length: number,
) => number;
export const recvmmsg = libc.func('int recvmmsg(int, uintptr_t, uint32_t, int, uintptr_t)') as (
  fd: number,
  messages: number,
  count: number,
  flags: number,
  timeout: number,
) => number;
export const sendmmsg = libc.func('int sendmmsg(int, uintptr_t, uint32_t, int)') as (
  fd: number,
  messages: number,
  count: number,
  flags: number,
) => number;
export const ppoll = libc.func('int ppoll(uintptr_t, uint64_t, uintptr_t, uintptr_t)') as (
  pollFds: number,
  count: number,
  timeout: number,
  signalMask: number,
) => number;
export const clockGettime = libc.func('int clock_gettime(int, uintptr_t)') as (
  clock: number,
  timespec: number,
) => number;
export const memcpy = libc.func('void memcpy(uintptr_t, uintptr_t, size_t)') as (
  to: number,
  from: number,
  bytes: number,
) => void;
export const ioctl = libc.func('int ioctl(int, uint64_t, uintptr_t)') as (
  fd: number,
  request: number,
  argument: number,
) => number;
export const ifNameToIndex = libc.func('uint32_t if_nametoindex(const char*)') as (name: string) => number;
export const setTimerSlack = libc.func('int prctl(int, uint64_t, uint64_t, uint64_t, uint64_t)') as (
  option: number,
  a: number,
  b: number,
  c: number,
  d: number,
) => number;
const fcntl = libc.func('int fcntl(int, int, int)') as (
  fd: number,
  command: number,
  argument: number,
) => number;
const schedSetScheduler = libc.func('int sched_setscheduler(int, int, uintptr_t)') as (
  pid: number,
  policy: number,
  parameter: number,
) => number;
const syscall = libc.func('int64_t syscall(int64_t, int, uintptr_t, uint32_t)') as (
  number: number,
  thread: number,
  attributes: number,
  flags: number,
) => number;
const mmap = libc.func('void *mmap(uintptr_t, size_t, int, int, int, int64_t)') as (
  ...args: number[]
) => bigint;

const munmap = libc.func('int munmap(uintptr_t, size_t)') as (address: number, bytes: number) => number;

/** errno of the last call. */
export function errno(): number {
  return koffi.errno();
}

/** Round-robin real time (sched(7)) at the lowest such priority; false without the right to it. */
export function setRealTime(): boolean {
  const SCHED_RR = 2;
  const parameter = mapMemory(4096);
  new Int32Array(parameter.view)[0] = 1;
  return schedSetScheduler(0, SCHED_RR, parameter.address) === 0;
}

/**
 * Asks the scheduler for the shortest slices there are (0.1 ms) for this thread: it waits less for those that run when it
 * wakes, and gives way sooner itself (sched_setattr(2), from Linux 6.12 on; without effect before).
 */
export function setShortSlice(): void {
  const BYTES = 48;
  const SHORTEST_NANOSECONDS = 100_000n;
  const attributes = mapMemory(4096);
  const fields = new DataView(attributes.view);
  // struct sched_attr: size, policy, flags, nice, priority, runtime; zeroes are what a thread has by default.
  fields.setUint32(0, BYTES, true);
  fields.setInt32(16, getPriority(), true);
  fields.setBigUint64(24, SHORTEST_NANOSECONDS, true);
  syscall(process.arch === 'arm64' ? 274 : 314, 0, attributes.address, 0);
}

export function setNonBlocking(fd: number): void {
  const F_GETFL = 3;
  const F_SETFL = 4;
  const O_NONBLOCK = 0x800;
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL, 0) | O_NONBLOCK);
}

export interface MappedMemory {
  address: number;
  view: ArrayBuffer;
}

/** Anonymous memory for the life of the process; pages cost nothing until they are touched. */
export function mapMemory(bytes: number): MappedMemory {
  const address = mapAddress(bytes);
  return { address: Number(address), view: koffi.view(address, bytes) };
}

/** The same without a view, for memory that only the kernel reads and writes. */
export function mapAddressOnly(bytes: number): number {
  return Number(mapAddress(bytes));
}

/** What this thread has mapped. */
const mapped: [address: number, bytes: number][] = [];

/** The last thing that a thread does before its process goes on without it: no view of mapped memory may be used after it. */
export function unmapAll(): void {
  for (const [address, bytes] of mapped.splice(0)) munmap(address, bytes);
}

function mapAddress(bytes: number): bigint {
  const PROT_READ_WRITE = 3;
  const MAP_PRIVATE_ANONYMOUS_NORESERVE = 0x02 | 0x20 | 0x4000;
  const address = mmap(0, bytes, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS_NORESERVE, -1, 0);
  if (BigInt.asIntN(64, BigInt(address)) === -1n)
    throw new Error(`mmap of ${bytes} bytes failed (errno ${errno()})`);
  mapped.push([Number(address), bytes]);
  return BigInt(address);
}
