// Copies of hot large bodies that the kernel can send by itself: sendfile(2) from a memfd (memfd_create(2)) hands its pages
// to the connection, where a write copies them; for 100 kB that copy is a fifth of what a hit costs. What does not fit
// into the socket at once goes the ordinary way, so a slow client is nobody's special case.
//
// A copy is never written again, and pages that are on their way outlive the file: no client can see another's bytes.

import { writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { LRUCache } from 'lru-cache';

/** Smaller bodies cost no less this way. */
export const COPIED_BYTES = 65_536;
/** Of all copies together, which come on top of the cache's own memory. */
const MAX_BYTES = 33_554_432;
/** A copy that nobody asked for goes after this long, with it the body that it is found by. */
const UNUSED_MS = 5000;

/** Known once the library is loaded, by the first body that wants it. */
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
  /** File descriptors by the memory of the body: the store makes its views anew. */
  readonly #files = new LRUCache<ArrayBufferLike, number>({
    maxSize: MAX_BYTES,
    sizeCalculation: (_, memory) => memory.byteLength,
    ttl: UNUSED_MS,
    updateAgeOnGet: true,
    dispose: (file) => libc?.close(file),
  });

  /**
   * Sends head and body, which has its memory to itself: all or part of it at once, what is left by `socket.write`. False, with
   * nothing sent, where that is not possible; `copy`: this body is asked for often enough to be worth one.
   */
  send(socket: Socket, head: Buffer, body: Uint8Array, copy: boolean): boolean {
    const connection = (socket as unknown as { _handle?: { fd?: number } | null })._handle?.fd;
    // Bytes before these are still to be written.
    if (connection === undefined || connection < 0 || socket.writableLength > 0) return false;
    if (body.length !== body.buffer.byteLength) return false;
    const file = this.#files.get(body.buffer) ?? (copy ? this.#copy(body) : undefined);
    if (file === undefined || libc === undefined || offset === undefined) return false;
    const sent = libc.send(connection, head, head.length, MSG_MORE_DONTWAIT);
    // A connection that is broken says so to the write that follows.
    if (sent <= 0) return false;
    if (sent < head.length) {
      socket.cork();
      socket.write(head.subarray(sent));
      socket.write(body);
      socket.uncork();
      return true;
    }
    offset.words.fill(0);
    const done = Math.max(0, libc.sendfile(connection, file, offset.address, body.length));
    if (done < body.length) socket.write(body.subarray(done));
    return true;
  }

  /** Bytes of all copies. */
  get bytes(): number {
    return this.#files.calculatedSize;
  }

  /** Also called by a timer, since after the last request nobody asks any more. */
  sweep(): void {
    this.#files.purgeStale();
  }

  close(): void {
    this.#files.clear();
  }

  #copy(body: Uint8Array): number | undefined {
    if (libc === undefined) {
      load();
      return undefined;
    }
    const file = libc.memfdCreate('body', MFD_CLOEXEC);
    if (file < 0) return undefined;
    try {
      for (let at = 0; at < body.length; ) at += writeSync(file, body, at);
    } catch {
      libc.close(file); // no memory for it
      return undefined;
    }
    this.#files.set(body.buffer, file);
    return file;
  }
}

const MFD_CLOEXEC = 1;
/** The body follows, in the same segment; and never wait. */
const MSG_MORE_DONTWAIT = 0x8000 | 0x40;
