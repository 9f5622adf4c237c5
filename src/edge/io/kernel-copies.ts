// Copies of hot large responses that the kernel can send by itself: sendfile(2) hands a file's pages to the connection,
// where a write copies them; for 100 kB that copy is a fifth of what a hit costs. What does not fit into the socket at
// once goes the ordinary way, so a slow client is nobody's special case.
//
// A copy is head and body, so that one call sends both. It is written once, before it is sent, and good for the second in
// which its head is true (http1/kept-responses.ts); the next second has a file of its own. Files have no name (O_TMPFILE of
// open(2)), and are gone before a disk would see them. Pages that are on their way outlive their file and nobody ever
// writes to them: no client can see another's bytes.

import { close, constants, open, writev } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';

/** Smaller bodies cost no less this way. */
export const COPIED_BYTES = 65_536;
/** A copy costs what some six hits save. */
export const COPIED_AFTER_HITS = 8;
/** Of all copies together, which come on top of the cache's own memory. */
const MAX_BYTES = 33_554_432;
/**
 * The first responses of a connection send their head ahead of the body. A client on the same machine (a load balancer, a
 * TLS terminator), whose segments are of 64 KiB, otherwise takes the first bursts for all there is: its receive window stays
 * below a response, and BBR paces each of them. Measured: a fifth of the CPU of a 100 kB hit.
 */
const HEAD_AHEAD = 16;

/** The second is memory, which costs a tenth more to send: its pages are looked up one by one. */
const FOLDERS = [tmpdir(), '/dev/shm'];
/** Linux's, which Node does not name. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;

/** What keeps a folder from having a file now, and may not in a second. */
const PASSING = new Set(['EMFILE', 'ENFILE', 'ENOSPC', 'EDQUOT', 'ENOMEM']);

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
  /** File descriptors by the head that is in them; undefined while a file is being written. */
  readonly #files = new Map<Buffer, number | undefined>();
  /** Responses that were sent from here. */
  readonly #sent = new WeakMap<Socket, number>();
  #folders: readonly string[];
  #bytes = 0;

  /** Folders that are tried in turn until one can have files without a name. */
  constructor(folders: readonly string[] = FOLDERS) {
    this.#folders = folders;
  }

  /**
   * Sends head and body: all or part of it at once, what is left by `socket.write`. False, with nothing sent, where that is not
   * possible, or not yet. The same head always goes with the same body.
   */
  send(socket: Socket, head: Buffer, body: Uint8Array): boolean {
    const connection = (socket as unknown as { _handle?: { fd?: number } | null })._handle?.fd;
    // Bytes before these are still to be written.
    if (connection === undefined || connection < 0 || socket.writableLength > 0) return false;
    const file = this.#files.get(head);
    if (file === undefined || libc === undefined || offset === undefined) {
      this.#copy(head, body);
      return false;
    }
    const ahead = this.#headAhead(socket) ? head.length : 0;
    if (ahead > 0) {
      socket.write(head);
      if (socket.writableLength > 0) {
        socket.write(body);
        return true;
      }
    }
    offset.words[0] = ahead;
    const length = head.length + body.length;
    const sent = ahead + Math.max(0, libc.sendfile(connection, file, offset.address, length - ahead));
    // A connection that is full or broken says so to the write that follows.
    if (sent === 0) return false;
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
    for (const file of this.#files.values()) if (file !== undefined) close(file, ignore);
    this.#files.clear();
    this.#bytes = 0;
  }

  #headAhead(socket: Socket): boolean {
    const sent = this.#sent.get(socket) ?? 0;
    if (sent < HEAD_AHEAD) this.#sent.set(socket, sent + 1);
    return sent < HEAD_AHEAD;
  }

  /** Beside the traffic: a folder's disk may have other things to do. */
  #copy(head: Buffer, body: Uint8Array): void {
    if (libc === undefined) {
      load();
      return;
    }
    const [folder] = this.#folders;
    const length = head.length + body.length;
    if (folder === undefined || this.#files.has(head) || this.#bytes + length > MAX_BYTES) return;
    this.#files.set(head, undefined);
    this.#bytes += length;
    open(folder, O_TMPFILE | constants.O_RDWR, 0o600, (openError, file) => {
      if (openError) {
        // Read-only, missing, or of a kind that has no files without a name.
        if (!PASSING.has(openError.code ?? ''))
          this.#folders = this.#folders.filter((each) => each !== folder);
        return;
      }
      writev(file, [head, body], 0, (error, bytes) => {
        const wanted = this.#files.has(head) && !error && bytes === length;
        if (wanted) this.#files.set(head, file);
        else close(file, ignore);
      });
    });
  }
}

function ignore(): void {}
