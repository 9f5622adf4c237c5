// The query log: one JSON object a line, for one query in n. Pure: which query is logged is counted and not drawn (the
// hot path has no randomness, and one in n is one in n), lines are gathered into chunks, and where chunks go is an
// argument, because a worker thread must not write files itself: it hands them to the main thread.

import { formatPrefix, maskBytes } from '../net/prefix.ts';

export interface QueryLogEntry {
  /** Milliseconds since the epoch. */
  atMs: number;
  /** The client network: EDNS Client Subnet's, or the whole source address. */
  client: Uint8Array;
  clientPrefixLength: number;
  from: 'ecs' | 'source';
  /** Presentation form. */
  name: string;
  type: string;
  rcode: string;
  reason: string;
  policy?: string | undefined;
  pop?: string | undefined;
  /** ECS scope of the reply; absent when none was sent. */
  scope?: number | undefined;
  /** Seconds, of the first record of the answer. */
  ttlSeconds?: number | undefined;
  transport: string;
  /** Length of the reply. */
  bytes: number;
  durationMicros: number;
}

/** Longest networks that are written: no person is known by them (RFC 7871 section 11.1 recommends the same to resolvers). */
export const PRIVATE_PREFIX_LENGTHS = { 4: 24, 16: 56 } as const;

/** The line, newline included. `wholeAddresses` writes clients as they came. */
export function formatQueryLogLine(entry: QueryLogEntry, wholeAddresses = false): string {
  const { atMs, client, clientPrefixLength, durationMicros, ...rest } = entry;
  return `${JSON.stringify({
    at: new Date(atMs).toISOString(),
    client: loggedNetwork(client, clientPrefixLength, wholeAddresses),
    ...rest,
    durationMicros: Math.round(durationMicros),
  })}\n`;
}

/** `198.51.100.0/24`: the network, cut to what is no person's. */
export function loggedNetwork(address: Uint8Array, prefixLength: number, whole: boolean): string {
  const most = whole ? address.length * 8 : PRIVATE_PREFIX_LENGTHS[address.length === 4 ? 4 : 16];
  const length = Math.min(prefixLength, most);
  return formatPrefix({ bytes: maskBytes(address, length), length });
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
const CHUNK_CHARACTERS = 16_384;
/** Or this old, so that who reads along sees a query soon. */
const CHUNK_AGE_MS = 200;
/** Handed on and not written yet, over all threads: beyond it the disk is too slow, and lines are dropped and counted. */
export const MOST_PENDING_BYTES = 4 * 1024 * 1024;

export interface QueryLogBuffer {
  add(entry: QueryLogEntry): void;
  /** To be called now and then (a listener's idle moment): hands on a chunk that is old enough, or any when `force`. */
  flush(nowMs: number, force?: boolean): void;
}

/**
 * One for each thread. `counters` are shared with the writer: [0] bytes handed on and not written yet, [1] lines dropped.
 * `hand` takes a chunk on: the writer's `write`, or a message to the thread that has it.
 */
export function createQueryLogBuffer(
  hand: (chunk: string) => void,
  counters: Int32Array,
  options: { wholeAddresses?: boolean } = {},
): QueryLogBuffer {
  let lines: string[] = [];
  let characters = 0;
  let since = 0;
  const flush = (nowMs: number, force = false) => {
    if (lines.length === 0 || (!force && characters < CHUNK_CHARACTERS && nowMs - since < CHUNK_AGE_MS))
      return;
    const chunk = lines.join('');
    if (Atomics.load(counters, 0) > MOST_PENDING_BYTES) Atomics.add(counters, 1, lines.length);
    else {
      // The writer takes off as much as is put on here, whether or not it could write it.
      Atomics.add(counters, 0, chunk.length);
      hand(chunk);
    }
    lines = [];
    characters = 0;
  };
  return {
    add: (entry) => {
      const line = formatQueryLogLine(entry, options.wholeAddresses);
      if (lines.length === 0) since = entry.atMs;
      lines.push(line);
      characters += line.length;
      flush(entry.atMs);
    },
    flush,
  };
}
