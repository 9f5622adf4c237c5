// Writes the access log to a file, or to standard output as `-`. One write at a time, never blocks and never fails a
// request: a disk that is slow or full costs lines, which are counted. SIGHUP opens the file anew, as log rotation wants
// it (`reopen`).

import { close, constants, open, write } from 'node:fs';
import { promisify } from 'node:util';
import { UserError } from '../../base/errors.ts';
import {
  type AccessLogEntry,
  type AccessLogFormat,
  CHUNK_AGE_MS,
  createAccessLogBuffer,
  createSampler,
} from '../access-log.ts';

const [openFile, closeFile] = [promisify(open), promisify(close)];

/** What networks ask for is nobody else's business: owner and group may read, others not. */
const MODE = 0o640;
const STANDARD_OUTPUT = 1;

export interface AccessLogConfig {
  /** `-` is standard output. */
  file: string;
  format: AccessLogFormat;
  /** One request in so many; 1 is all. */
  every: number;
  wholeAddresses?: boolean | undefined;
}

export interface AccessLog {
  /** Whether this request is one that is logged; asked once a request, before its entry is made. */
  wants(): boolean;
  add(entry: AccessLogEntry): void;
  /** Opens the file again under its name; the old one takes what was added before. */
  reopen(): Promise<void>;
  /** Lines that the disk was too slow or too full for. */
  readonly droppedLines: number;
  /** Writes what is left and closes. */
  close(): Promise<void>;
}

/** @throws UserError when the file cannot be opened. */
export async function openAccessLog(
  config: AccessLogConfig,
  onEvent: (event: string, details: object) => void = () => {},
): Promise<AccessLog> {
  const { file } = config;
  let descriptor = await openForAppending(file).catch((cause: Error) => {
    throw new UserError({
      file,
      message: `cannot open the access log: ${cause.message}`,
      hint: 'accessLog.file',
    });
  });
  const queue: string[] = [];
  let pendingCharacters = 0;
  let droppedLines = 0;
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
      droppedLines += chunk.split('\n').length - 1;
      // Once, and not for every chunk: this log's trouble must not fill the other log.
      if (!failing) onEvent('access-log-failing', { file, error: (error as Error).message });
      failing = true;
    }
    pendingCharacters -= chunk.length;
  };
  const drain = async () => {
    while (queue.length > 0 || nextDescriptor !== undefined) {
      // What was added before the file was opened anew belongs to the old one.
      if (queue.length > 0) await writeNext();
      if (nextDescriptor !== undefined) {
        const old = descriptor;
        [descriptor, nextDescriptor, failing] = [nextDescriptor, undefined, false];
        if (old !== STANDARD_OUTPUT) await closeFile(old);
      }
    }
    running = undefined;
  };
  const drained = () => {
    running ??= drain();
    return running;
  };
  const buffer = createAccessLogBuffer(
    {
      write(chunk) {
        queue.push(chunk);
        pendingCharacters += chunk.length;
        void drained();
      },
      get pendingCharacters() {
        return pendingCharacters;
      },
      dropped(lines) {
        droppedLines += lines;
      },
    },
    config,
  );
  const timer = setInterval(buffer.flush, CHUNK_AGE_MS);
  timer.unref();
  return {
    wants: createSampler(config.every),
    add: buffer.add,
    reopen: async () => {
      try {
        buffer.flush();
        await drained();
        nextDescriptor = await openForAppending(file);
        await drained();
      } catch (error) {
        const message = 'cannot be opened again, the old file stays';
        onEvent('access-log-failing', { file, message, error: (error as Error).message });
      }
    },
    get droppedLines() {
      return droppedLines;
    },
    close: async () => {
      clearInterval(timer);
      buffer.flush();
      await drained();
      if (descriptor !== STANDARD_OUTPUT) await closeFile(descriptor);
    },
  };
}

/**
 * Append: a file that rotation truncates or another process writes to stays whole lines. Not waiting: a pipe that nobody
 * reads is an error, not an edge that hangs.
 */
async function openForAppending(file: string): Promise<number> {
  if (file === '-') return STANDARD_OUTPUT;
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
