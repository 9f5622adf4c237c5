// What services wrote, from files LOGS/NODE/SERVICE.log; they outlive the lab.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogLine, LogOptions } from './runtime.ts';

const POLL_MS = 200;

interface LogFile {
  service: string;
  path: string;
  offset: number;
  rest: string;
}

export async function* followLogFiles(
  logs: string,
  node: string,
  service: string | undefined,
  { follow = false, lines, signal }: LogOptions = {},
): AsyncGenerator<LogLine> {
  const files: LogFile[] = logFiles(join(logs, node), service);
  for (const file of files) {
    const text = readFileSync(file.path, 'utf8');
    file.offset = Buffer.byteLength(text);
    const written = text.split('\n').filter((line) => line !== '');
    for (const line of lastOf(written, lines)) yield { service: file.service, line };
  }
  while (follow && !signal?.aborted) {
    await sleep(POLL_MS, undefined, { ...(signal && { signal }) }).catch(() => {});
    for (const file of files) {
      for (const line of await newLines(file)) yield { service: file.service, line };
    }
  }
}

function lastOf(lines: string[], count: number | undefined): string[] {
  return count === undefined ? lines : lines.slice(Math.max(0, lines.length - count));
}

function logFiles(folder: string, service: string | undefined): LogFile[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.log') && (service === undefined || file === `${service}.log`))
    .sort()
    .map((file) => ({
      service: file.slice(0, -'.log'.length),
      path: join(folder, file),
      offset: 0,
      rest: '',
    }));
}

/** Whole lines written since the last call; starts over when the file was cut. */
async function newLines(log: LogFile): Promise<string[]> {
  const size = existsSync(log.path) ? statSync(log.path).size : 0;
  if (size < log.offset) Object.assign(log, { offset: 0, rest: '' });
  if (size <= log.offset) return [];
  const file = await open(log.path);
  try {
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(size - log.offset),
      0,
      size - log.offset,
      log.offset,
    );
    log.offset += bytesRead;
    const lines = (log.rest + buffer.toString('utf8', 0, bytesRead)).split('\n');
    log.rest = lines.pop() ?? '';
    return lines;
  } finally {
    await file.close();
  }
}
