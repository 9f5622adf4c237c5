// The access log: one line for one request in n, as JSON or in the combined form that log tools know. Pure: which request
// is logged is counted and not drawn (the hot path has no randomness, and one in n is one in n), lines are gathered into
// chunks, and where chunks go is an argument.

import { parseAddress } from '../net/ip-address.ts';
import { formatPrefix, maskBytes } from '../net/prefix.ts';
import type { Result } from './metrics.ts';

export interface AccessLogEntry {
  /** When the request's head was there, milliseconds since the epoch. */
  atMs: number;
  clientAddress: string;
  method: string;
  host: string;
  /** Path and query. */
  path: string;
  status: number;
  /** Of the body, sent. */
  bytes: number;
  result: Result;
  /** Seconds of freshness left; negative when stale. */
  ttlSeconds?: number | undefined;
  /** Of what was served, in seconds. */
  ageSeconds?: number | undefined;
  /** Freshness lifetime of what was served or fetched, in seconds. */
  lifetimeSeconds?: number | undefined;
  /** Who was asked; absent for what came from the store. */
  upstream?: string | undefined;
  upstreamStatus?: number | undefined;
  /** From the head of the request to the first byte of the answer, and to the last; milliseconds. */
  firstByteMs?: number | undefined;
  totalMs: number;
  /** Number or name of the route whose policy held. */
  route?: string | number | undefined;
  /** Short hash of the cache key, the same for all requests of an object. */
  keyHash?: string | undefined;
  /** Content-Encoding of the answer. */
  encoding?: string | undefined;
  requestId?: string | undefined;
  /** Why it was not a hit, or not stored: the word of Cache-Status. */
  detail?: string | undefined;
  /** Fields that Vary named, of what was served. */
  vary?: readonly string[] | undefined;
  referer?: string | undefined;
  userAgent?: string | undefined;
  /** The client left before the end. */
  aborted?: boolean | undefined;
}

export type AccessLogFormat = 'json' | 'combined';

export interface AccessLogOptions {
  format: AccessLogFormat;
  /** Write clients as they came and not as their networks. */
  wholeAddresses?: boolean | undefined;
}

/** Longest networks that are written: no person is known by them. */
const PRIVATE_PREFIX_LENGTHS = { 4: 24, 16: 48 } as const;

/** The line, newline included. */
export function formatAccessLogLine(entry: AccessLogEntry, options: AccessLogOptions): string {
  const client = loggedClient(entry.clientAddress, options.wholeAddresses === true);
  return options.format === 'json' ? jsonLine(entry, client) : combinedLine(entry, client);
}

function jsonLine(entry: AccessLogEntry, client: string): string {
  const { atMs, clientAddress: _, firstByteMs, totalMs, ...rest } = entry;
  return `${JSON.stringify({
    at: new Date(atMs).toISOString(),
    client,
    ...rest,
    ...(firstByteMs !== undefined && { firstByteMs: milliseconds(firstByteMs) }),
    totalMs: milliseconds(totalMs),
  })}\n`;
}

/** nginx's combined log format, with the cache's result and the time in seconds behind it. */
function combinedLine(entry: AccessLogEntry, client: string): string {
  const { method, host, path, status, bytes, result, totalMs } = entry;
  return `${client} - - [${commonLogTime(entry.atMs)}] "${quoted(`${method} ${path} HTTP/1.1`)}" ${status} ${bytes} "${quoted(
    entry.referer ?? '-',
  )}" "${quoted(entry.userAgent ?? '-')}" "${quoted(host)}" ${result.toUpperCase()} ${(totalMs / 1000).toFixed(3)}\n`;
}

function loggedClient(address: string, whole: boolean): string {
  const bytes = parseAddress(address.replace(/^::ffff:(?=\d+\.)/, ''));
  if (!bytes) return '-';
  if (whole) return address;
  const length = PRIVATE_PREFIX_LENGTHS[bytes.length === 4 ? 4 : 16];
  return formatPrefix({ bytes: maskBytes(bytes, length), length });
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `21/Nov/2026:11:12:23 +0000` */
function commonLogTime(atMs: number): string {
  const [date = '', time = ''] = new Date(atMs).toISOString().split('T');
  const [year, month, day] = date.split('-');
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`;
}

/** As nginx escapes: what would end the quotes or the line, and what is no ASCII. */
function quoted(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach the log
  return text.replace(/["\\\x00-\x1f\x7f-\uffff]/g, (character) =>
    [...Buffer.from(character, 'utf8')]
      .map((byte) => `\\x${byte.toString(16).padStart(2, '0').toUpperCase()}`)
      .join(''),
  );
}

/** To a thousandth of a millisecond. */
function milliseconds(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** True for the first of every `every` calls; 1 logs all, 0 none. */
export function createSampler(every: number): () => boolean {
  if (every < 1) return () => false;
  let left = 1;
  return () => {
    left--;
    if (left > 0) return false;
    left = every;
    return true;
  };
}

/** A chunk is handed on when it is this long: one write of a size that disks and pipes like. */
const CHUNK_CHARACTERS = 65_536;
/** Or this old, so that who reads along sees a request soon. */
export const CHUNK_AGE_MS = 200;
/** Handed on and not written yet: beyond it the disk is too slow, and lines are dropped and counted. */
export const MOST_PENDING_CHARACTERS = 4 * 1024 * 1024;

export interface AccessLogSink {
  write(chunk: string): void;
  /** Handed over and not written yet. */
  readonly pendingCharacters: number;
  dropped(lines: number): void;
}

export interface AccessLogBuffer {
  add(entry: AccessLogEntry): void;
  /** Hands on what is there; to be called every CHUNK_AGE_MS and at the end. */
  flush(): void;
}

export function createAccessLogBuffer(sink: AccessLogSink, options: AccessLogOptions): AccessLogBuffer {
  let lines: string[] = [];
  let characters = 0;
  const flush = () => {
    if (lines.length === 0) return;
    if (sink.pendingCharacters > MOST_PENDING_CHARACTERS) sink.dropped(lines.length);
    else sink.write(lines.join(''));
    lines = [];
    characters = 0;
  };
  return {
    add(entry) {
      const line = formatAccessLogLine(entry, options);
      lines.push(line);
      characters += line.length;
      if (characters >= CHUNK_CHARACTERS) flush();
    },
    flush,
  };
}
