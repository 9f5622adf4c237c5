// What a second level behind the memory store must do; io/disk-tier.ts does it with files. Nothing here waits for the
// disk but `load` and `flushed`.

import type { StoredResponse } from '../stored-response.ts';
import type { PurgeKind } from './purge-log.ts';

export interface DiskTier {
  /** Larger objects are not taken. */
  readonly maxObjectBytes: number;
  /** Hands an object over; it may be dropped when the disk is slow, full or broken. */
  offer(key: string, response: StoredResponse): void;
  /** Memory has something newer than what the disk has of this response. */
  supersede(key: string, secondaryKey: string): void;
  /** False where there is surely nothing. */
  mayHold(key: string): boolean;
  /** Everything sound that is there, newest first. Never rejects. */
  load(key: string): Promise<readonly StoredResponse[]>;
  purge(kind: PurgeKind, value: string, soft: boolean): void;
  /** All that was handed over is written, no restart forgets a purge. Rejects while one would be forgotten. */
  flushed(): Promise<void>;
  stats(): DiskStats;
  close(): Promise<void>;
}

export interface DiskStats {
  /** `paused` after an error: writing or reading is left alone for a while, then tried once. */
  state: 'ok' | 'paused';
  /** `ENOSPC: write` */
  reason: string | undefined;
  records: number;
  bytes: number;
  maxBytes: number;
  indexBytes: number;
  segments: number;
  queuedBytes: number;
  written: number;
  writtenBytes: number;
  /** Not written because the queue was full, or the disk paused. */
  dropped: number;
  loads: number;
  loaded: number;
  /** Loads that were refused because too many were under way. */
  shed: number;
  /** Records that were not as they had been written. */
  corrupted: number;
  errors: number;
  segmentsDropped: number;
  /** Hot records that were saved from a segment before it was dropped. */
  moved: number;
}
