// Requests and answers as lines over standard input and output, for a loop that never returns to Node's event loop:
// read when ppoll says so, written as far as the parent takes them, so that a slow parent delays no frame.

import { readSync, writeSync } from 'node:fs';
import { setNonBlocking } from '../../../net/io/libc.ts';

export const INPUT_FD = 0;
export const OUTPUT_FD = 1;
const READ_BYTES = 65_536;

export class ControlLines {
  readonly #chunk = Buffer.alloc(READ_BYTES);
  #partial: Buffer[] = [];
  #outbox: Buffer[] = [];

  constructor() {
    setNonBlocking(OUTPUT_FD);
  }

  /** Complete lines that have come; undefined when the parent has closed its end. */
  read(): string[] | undefined {
    let count: number;
    try {
      count = readSync(INPUT_FD, this.#chunk, 0, READ_BYTES, null);
    } catch (error) {
      return isWouldBlock(error) ? [] : undefined;
    }
    if (count === 0) return undefined;
    const lines: string[] = [];
    let from = 0;
    for (;;) {
      const end = this.#chunk.subarray(0, count).indexOf(0x0a, from);
      if (end < 0) break;
      lines.push(Buffer.concat([...this.#partial, this.#chunk.subarray(from, end)]).toString());
      this.#partial = [];
      from = end + 1;
    }
    if (from < count) this.#partial.push(Buffer.from(this.#chunk.subarray(from, count)));
    return lines;
  }

  write(line: string): void {
    this.#outbox.push(Buffer.from(`${line}\n`));
    this.flush();
  }

  pending(): boolean {
    return this.#outbox.length > 0;
  }

  /** Writes what the parent takes now. */
  flush(): void {
    while (this.#outbox.length > 0) {
      const first = this.#outbox[0] as Buffer;
      let written: number;
      try {
        written = writeSync(OUTPUT_FD, first);
      } catch (error) {
        if (isWouldBlock(error)) return;
        throw error;
      }
      if (written < first.length) this.#outbox[0] = first.subarray(written);
      else this.#outbox.shift();
    }
  }
}

function isWouldBlock(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EAGAIN';
}
