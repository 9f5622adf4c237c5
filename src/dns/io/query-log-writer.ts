// Writes the query log's chunks to a file, one write at a time, in the main thread. Never blocks and never fails a query: a
// disk that is slow or full costs lines, which are counted. SIGHUP opens the file anew, as log rotation wants it.

import { close, constants, open, write } from 'node:fs';
import { promisify } from 'node:util';
import { UserError } from '../../base/errors.ts';
import type { Log } from './log.ts';

const [openFile, closeFile] = [promisify(open), promisify(close)];

/** Names of clients' networks and what they ask are nobody else's business: owner and group may read, others not. */
const MODE = 0o640;

export interface QueryLogWriter {
  /** Shared with every thread's buffer: [0] bytes handed on and not written yet, [1] lines dropped. */
  readonly counters: Int32Array;
  write(chunk: string): void;
  /** Opens the file again under its name; the old one takes what was handed on before. */
  reopen(): Promise<void>;
  /** Writes what is left and closes. */
  close(): Promise<void>;
}

/** @throws UserError when the file cannot be opened. */
export async function openQueryLog(file: string, log: Log): Promise<QueryLogWriter> {
  const counters = new Int32Array(new SharedArrayBuffer(8));
  let descriptor = await openForAppending(file).catch((cause: Error) => {
    throw new UserError({
      file,
      message: `cannot open the query log: ${cause.message}`,
      hint: 'queryLog.file',
    });
  });
  const queue: string[] = [];
  let nextDescriptor: number | undefined;
  let failing = false;
  let running: Promise<void> | undefined;

  const writeNext = async () => {
    const chunk = queue.splice(0).join('');
    try {
      // What failed may have ended in the middle of a line.
      await writeAll(descriptor, Buffer.from(failing ? `\n${chunk}` : chunk, 'utf8'));
      failing = false;
    } catch (error) {
      Atomics.add(counters, 1, countLines(chunk));
      // Once, and not for every chunk: the log's trouble must not fill the other log.
      if (!failing) log.warn('the query log cannot be written', { file, error: (error as Error).message });
      failing = true;
    }
    Atomics.sub(counters, 0, chunk.length);
  };
  const drain = async () => {
    while (queue.length > 0 || nextDescriptor !== undefined) {
      if (nextDescriptor !== undefined) {
        const old = descriptor;
        [descriptor, nextDescriptor, failing] = [nextDescriptor, undefined, false];
        await closeFile(old);
      }
      if (queue.length > 0) await writeNext();
    }
    running = undefined;
  };
  const drained = () => {
    running ??= drain();
    return running;
  };
  return {
    counters,
    write: (chunk) => {
      queue.push(chunk);
      void drained();
    },
    reopen: async () => {
      try {
        nextDescriptor = await openForAppending(file);
        await drained();
      } catch (error) {
        const message = 'the query log cannot be opened again, the old file stays';
        log.warn(message, { file, error: (error as Error).message });
      }
    },
    close: async () => {
      await drained();
      await closeFile(descriptor);
    },
  };
}

/**
 * Append: a file that rotation truncates or another process writes to stays whole lines. Not waiting: a pipe that nobody
 * reads is an error, not a server that hangs.
 */
async function openForAppending(file: string): Promise<number> {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK } = constants;
  return openFile(file, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, MODE);
}

async function writeAll(descriptor: number, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += await writeSome(descriptor, bytes, at);
}

function writeSome(descriptor: number, bytes: Buffer, at: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(descriptor, bytes, at, bytes.length - at, null, (error, written) =>
      error ? reject(error) : resolve(written),
    );
  });
}

function countLines(chunk: string): number {
  return chunk.split('\n').length - 1;
}
