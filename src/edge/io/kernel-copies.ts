// Copies of hot large responses that the kernel can send by itself: sendfile(2) from a memfd (memfd_create(2)) hands its pages
// to the connection, where a write copies them; for 100 kB that copy is a fifth of what a hit costs. What does not fit
// into the socket at once goes the ordinary way, so a slow client is nobody's special case.
//
// A copy is head and body, so that one call sends both. It is written once, before it is sent, and good for the second in
// which its head is true (http1/kept-responses.ts); the next second has a file of its own. Pages that are on their way
// outlive their file and nobody ever writes to them: no client can see another's bytes.

import { writeSync } from 'node:fs';
import type { Socket } from 'node:net';

/** Smaller bodies cost no less this way. */
export const COPIED_BYTES = 65_536;
/** A copy costs what some six hits save. */
export const COPIED_AFTER_HITS = 8;
/** Of all copies together, which come on top of the cache's own memory. */
const MAX_BYTES = 33_554_432;

/** Known once the library is loaded, by the first response that wants it. */
type Libc = typeof import('../../net/io/libc.ts');
let libc: Libc | undefined;
let offset: { address: number; words: Uint32Array } | undefined;
let asked = false;

function load(): void {
  if (asked) return;
  asked = true;
  void import('../../net/io/libc.ts').then(
    (module) => {
      const memory = module.mapMemory(4096);
      offset = { address: memory.address, words: new Uint32Array(memory.view, 0, 2) };
      libc = module;
    },
    // Where there is no koffi, bodies are written.
    () => {},
  );
}

export class KernelCopies {
  /** File descriptors by the head that is in them. */
  readonly #files = new Map<Buffer, number>();
  #bytes = 0;

  /**
   * Sends head and body: all or part of it at once, what is left by `socket.write`. False, with nothing sent, where that is not
   * possible. The same head always goes with the same body.
   */
  send(socket: Socket, head: Buffer, body: Uint8Array): boolean {
    const connection = (socket as unknown as { _handle?: { fd?: number } | null })._handle?.fd;
    // Bytes before these are still to be written.
    if (connection === undefined || connection < 0 || socket.writableLength > 0) return false;
    const file = this.#files.get(head) ?? this.#copy(head, body);
    if (file === undefined || libc === undefined || offset === undefined) return false;
    offset.words.fill(0);
    const length = head.length + body.length;
    const sent = libc.sendfile(connection, file, offset.address, length);
    // A connection that is full or broken says so to the write that follows.
    if (sent <= 0) return false;
    if (sent < head.length) {
      socket.cork();
      socket.write(head.subarray(sent));
      socket.write(body);
      socket.uncork();
    } else if (sent < length) socket.write(body.subarray(sent - head.length));
    return true;
  }

  /** Bytes of all copies. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Their second is over. What is on its way goes on. */
  clear(): void {
    for (const file of this.#files.values()) libc?.close(file);
    this.#files.clear();
    this.#bytes = 0;
  }

  #copy(head: Buffer, body: Uint8Array): number | undefined {
    if (libc === undefined) {
      load();
      return undefined;
    }
    const length = head.length + body.length;
    if (this.#bytes + length > MAX_BYTES) return undefined;
    const file = libc.memfdCreate('response', MFD_CLOEXEC);
    if (file < 0) return undefined;
    try {
      for (const part of [head, body]) for (let at = 0; at < part.length; ) at += writeSync(file, part, at);
    } catch {
      libc.close(file); // no memory for it
      return undefined;
    }
    this.#files.set(head, file);
    this.#bytes += length;
    return file;
  }
}

const MFD_CLOEXEC = 1;
