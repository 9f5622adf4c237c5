// Open sockets from one process to another (SCM_RIGHTS, unix(7)), with a text that says what they are: the one way in
// which a receive queue or a listen backlog changes hands without losing what is in it. Both ends are short-lived UNIX sockets
// of our own, since Node.js neither sends nor receives descriptors outside of its own children.

import { rmSync } from 'node:fs';
import {
  accept,
  bind,
  close,
  connect,
  errno,
  listen,
  type MappedMemory,
  mapMemory,
  recvmsg,
  sendmsg,
  socket,
} from '../../net/io/libc.ts';
import { CONTROL, CONTROL_LENGTH, IOV, IOV_LENGTH, setAddress } from '../../net/io/message-headers.ts';
import { AF_UNIX } from '../../net/io/socket-address.ts';
import { SOL_SOCKET, setTimeOption } from '../../net/io/socket-options.ts';

const SOCK_SEQPACKET = 5;
const SOCK_CLOEXEC = 0x80000;
const SOCK_NONBLOCK = 0x800;
const MSG_CMSG_CLOEXEC = 0x40000000;
const SCM_RIGHTS = 1;
const SO_SNDTIMEO = 21;
const CMSG_HEADER_BYTES = 16;
/** The kernel passes at most 253 in one message. */
const MOST_DESCRIPTORS = 253;
const TEXT_BYTES = 128 << 10;
const SUN_PATH_BYTES = 108;
const TIMEOUT_MS = 2_000;

/** Where the successor waits for descriptors. */
export class DescriptorInbox {
  readonly path: string;
  readonly #fd: number;

  /** Only we may write there: it is made with mode 0600. @throws Error */
  constructor(path: string) {
    this.path = path;
    this.#fd = open(SOCK_NONBLOCK);
    rmSync(path, { force: true });
    const name = unixName(path);
    const mask = process.umask(0o177);
    const bound = bind(this.#fd, name.address, name.bytes) === 0 && listen(this.#fd, 1) === 0;
    process.umask(mask);
    if (!bound) throw this.#failed('listen on');
  }

  /** What the predecessor has sent, once it says that it has. @throws Error */
  receive(): { text: string; fds: number[] } {
    const fd = accept(this.#fd, 0, 0, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) throw this.#failed('accept on');
    const message = new RightsMessage();
    const bytes = recvmsg(fd, message.address, MSG_CMSG_CLOEXEC);
    close(fd);
    if (bytes <= 0) throw this.#failed('receive from');
    return message.read(bytes);
  }

  close(): void {
    close(this.#fd);
    rmSync(this.path, { force: true });
  }

  #failed(what: string): Error {
    const code = errno();
    this.close();
    return new Error(`cannot ${what} ${this.path} (errno ${code})`);
  }
}

/** Fulfils at once; the descriptors stay open here too. @throws Error */
export function sendDescriptors(path: string, text: string, fds: readonly number[]): void {
  const fd = open(0);
  try {
    setTimeOption(fd, SOL_SOCKET, SO_SNDTIMEO, TIMEOUT_MS);
    const name = unixName(path);
    if (connect(fd, name.address, name.bytes) !== 0)
      throw new Error(`cannot reach ${path} (errno ${errno()})`);
    const message = new RightsMessage();
    message.write(text, fds);
    if (sendmsg(fd, message.address, 0) < 0) throw new Error(`cannot send to ${path} (errno ${errno()})`);
  } finally {
    close(fd);
  }
}

function open(flags: number): number {
  const fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0);
  if (fd < 0) throw new Error(`no UNIX socket (errno ${errno()})`);
  return fd;
}

function unixName(path: string): { address: number; bytes: number } {
  const text = Buffer.from(path);
  if (text.length >= SUN_PATH_BYTES) throw new Error(`longer than the path of a socket may be: ${path}`);
  const memory = mapMemory(4096);
  new Uint16Array(memory.view)[0] = AF_UNIX;
  new Uint8Array(memory.view).set(text, 2);
  return { address: memory.address, bytes: 2 + text.length + 1 };
}

/** struct msghdr with one piece of text and one control message. */
class RightsMessage {
  readonly address: number;
  readonly #memory: MappedMemory = mapMemory(8192 + TEXT_BYTES);
  readonly #words = new Uint32Array(this.#memory.view);
  readonly #text = new Uint8Array(this.#memory.view, 8192);

  constructor() {
    const { address } = this.#memory;
    const VECTOR = 32;
    const CONTROL_AT = 1024;
    this.address = address;
    setAddress(this.#words, IOV, address + VECTOR * 4);
    this.#words[IOV_LENGTH] = 1;
    setAddress(this.#words, VECTOR, address + 8192);
    this.#words[VECTOR + 2] = TEXT_BYTES;
    setAddress(this.#words, CONTROL, address + CONTROL_AT * 4);
    this.#words[CONTROL_LENGTH] = CMSG_HEADER_BYTES + MOST_DESCRIPTORS * 4;
  }

  write(text: string, fds: readonly number[]): void {
    if (fds.length > MOST_DESCRIPTORS) throw new Error(`more than ${MOST_DESCRIPTORS} sockets`);
    const bytes = Buffer.from(text);
    if (bytes.length > TEXT_BYTES) throw new Error('too much to say about the sockets');
    this.#text.set(bytes);
    this.#words[32 + 2] = bytes.length;
    this.#words[CONTROL_LENGTH] = fds.length === 0 ? 0 : CMSG_HEADER_BYTES + fds.length * 4;
    this.#words[1024] = CMSG_HEADER_BYTES + fds.length * 4;
    this.#words[1024 + 2] = SOL_SOCKET;
    this.#words[1024 + 3] = SCM_RIGHTS;
    for (const [i, fd] of fds.entries()) this.#words[1024 + 4 + i] = fd;
  }

  read(bytes: number): { text: string; fds: number[] } {
    const control = this.#words[CONTROL_LENGTH] as number;
    const count = control === 0 ? 0 : ((this.#words[1024] as number) - CMSG_HEADER_BYTES) / 4;
    const fds = Array.from(this.#words.subarray(1024 + 4, 1024 + 4 + count));
    return { text: Buffer.from(this.#text.subarray(0, bytes)).toString(), fds };
  }
}
