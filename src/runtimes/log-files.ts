// What services wrote, from files LOGS/NODE/SERVICE.log; they outlive the lab.

import { existsSync, readdirSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogLine, LogOptions } from './runtime.ts';

const POLL_MS = 200;

interface LogFile {
  path: string;
  /** Read up to here, in bytes; the rest of a line that is not whole yet is kept as it is. */
  offset: number;
  unfinished: Buffer;
}

/** Following ends with the signal, or once `isWritten` says that nobody writes any more. */
export async function* readLogs(
  logs: string,
  node: string,
  service: string | undefined,
  options: LogOptions & { isWritten?: () => boolean } = {},
): AsyncGenerator<LogLine> {
  const { follow = false, lines, signal, isWritten = () => true } = options;
  const files = new Map<string, LogFile>();
  const news = async function* (atMost?: number): AsyncGenerator<LogLine> {
    for (const name of logNames(join(logs, node), service)) {
      const file = files.get(name) ?? {
        path: join(logs, node, `${name}.log`),
        offset: 0,
        unfinished: Buffer.alloc(0),
      };
      files.set(name, file);
      const written = await newLines(file);
      if (!follow && file.unfinished.length > 0) written.push(file.unfinished.toString('utf8'));
      for (const line of lastOf(written, atMost)) yield { service: name, line };
    }
  };
  yield* news(lines);
  while (follow && !signal?.aborted) {
    const more = isWritten();
    await sleep(POLL_MS, undefined, { ...(signal && { signal }) }).catch(() => {});
    yield* news();
    if (!more) return;
  }
}

function lastOf(lines: string[], count: number | undefined): string[] {
  return count === undefined ? lines : lines.slice(Math.max(0, lines.length - count));
}

function logNames(folder: string, service: string | undefined): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.log') && (service === undefined || file === `${service}.log`))
    .map((file) => file.slice(0, -'.log'.length))
    .sort();
}

/** Whole lines written since the last call, without empty ones; starts over when the file was cut. */
async function newLines(log: LogFile): Promise<string[]> {
  const size = existsSync(log.path) ? statSync(log.path).size : 0;
  if (size < log.offset) Object.assign(log, { offset: 0, unfinished: Buffer.alloc(0) });
  if (size <= log.offset) return [];
  const file = await open(log.path);
  try {
    const length = size - log.offset;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, log.offset);
    log.offset += bytesRead;
    const bytes = Buffer.concat([log.unfinished, buffer.subarray(0, bytesRead)]);
    // At a line feed, which is never within a character of UTF-8.
    const end = bytes.lastIndexOf(0x0a) + 1;
    log.unfinished = bytes.subarray(end);
    return bytes
      .toString('utf8', 0, end)
      .split('\n')
      .filter((line) => line !== '');
  } finally {
    await file.close();
  }
}
