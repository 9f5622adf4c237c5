// The one who writes: a bounded queue, taken in small batches so that no batch holds up the event loop, appended while
// requests go on. When the disk is slower than the evictions, the newest are dropped and counted; when it fails, all are.

import type { DiskIndex } from '../store/disk-index.ts';
import { encodeRecord, recordName, type StoredRecord } from '../store/disk-record.ts';
import { errorText } from './disk-files.ts';
import type { DiskHealth } from './disk-health.ts';
import { appendTo } from './disk-segment.ts';
import type { DiskSegments } from './disk-segments.ts';

export interface Waiting extends StoredRecord {
  /** What it costs in memory while it waits. */
  bytes: number;
}

export interface DiskWriterOptions {
  segments: DiskSegments;
  index: DiskIndex;
  health: DiskHealth;
  maxQueuedBytes: number;
  onDropped(records: number): void;
}

/** Encoding a batch takes well under a millisecond. */
const BATCH_BYTES = 131_072;
/** For choosing a segment only; a greater head makes the segment a little longer. */
const MAX_HEAD_BYTES = 4096;

export class DiskWriter {
  #options: DiskWriterOptions;
  /** By key, newest first. A record stays here until it can be read from the disk. */
  #waiting = new Map<string, Waiting[]>();
  #queue: Waiting[] = [];
  #queuedBytes = 0;
  #running: Promise<void> | undefined;
  #counts = { written: 0, writtenBytes: 0, moved: 0 };

  constructor(options: DiskWriterOptions) {
    this.#options = options;
  }

  offer(record: Waiting): void {
    if (this.#waitsFor(record)) return;
    if (this.#queuedBytes + record.bytes > this.#options.maxQueuedBytes) {
      this.#options.onDropped(1);
      return;
    }
    this.#enqueue(record);
    this.#running ??= this.#run();
  }

  /** What is on its way of this key, newest first. */
  waitingFor(key: string): readonly Waiting[] {
    return this.#waiting.get(key) ?? [];
  }

  /** Something newer is in memory: this need not be written any more. */
  forget(key: string, secondaryKey: string): void {
    for (const record of this.waitingFor(key)) {
      if (record.response.secondaryKey === secondaryKey) this.#settle(record);
    }
  }

  dropAll(): void {
    this.#options.onDropped([...this.#waiting.values()].flat().length);
    this.#waiting.clear();
    this.#queue = [];
    this.#queuedBytes = 0;
  }

  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  stats(): { queuedBytes: number; written: number; writtenBytes: number; moved: number } {
    return { queuedBytes: this.#queuedBytes, ...this.#counts };
  }

  async #run(): Promise<void> {
    // Not in the turn of the request that evicted.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#queue.length > 0) {
      const batch = this.#takeBatch();
      try {
        await this.#write(batch);
        this.#options.health.succeeded();
      } catch (error) {
        this.#options.health.failed(errorText(error));
        await this.#options.segments.abandonCurrent();
        this.dropAll();
      }
    }
    this.#running = undefined;
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    const { segments, index } = this.#options;
    const estimate = batch.reduce((sum, record) => sum + record.bytes + MAX_HEAD_BYTES, 0);
    const segment = await segments.writable(estimate, (moved) => this.#move(moved));
    const placed: { record: Waiting; offset: number; bytes: number }[] = [];
    const pieces: Uint8Array[] = [];
    let end = segment.bytes;
    for (const record of batch.filter((one) => this.#isWaiting(one))) {
      const encoded = encodeRecord(record, segment.nonce);
      const bytes = encoded.reduce((sum, piece) => sum + piece.length, 0);
      pieces.push(...encoded);
      placed.push({ record, offset: end, bytes });
      end += bytes;
    }
    if (placed.length === 0) return;
    await appendTo(segment, pieces);
    for (const { record, offset, bytes } of placed) {
      this.#counts.written++;
      this.#counts.writtenBytes += bytes;
      const name = recordName(record.key, record.response.secondaryKey);
      const isCurrent = this.#isWaiting(record);
      if (isCurrent || !index.isCurrent(name)) index.set(name, { segment: segment.id, offset, bytes });
      // Forgotten while it was written: it is on the disk all the same, and a purge has to know of it.
      if (!isCurrent) {
        index.supersede(name);
        await segments.retire({ segment: segment.id, offset, bytes });
      }
      this.#settle(record);
    }
  }

  #move(record: StoredRecord): void {
    if (this.#waitsFor(record)) return;
    this.#counts.moved++;
    this.#enqueue({ ...record, bytes: record.response.size });
  }

  /** The same response, or a newer one for the same request: `forget` has removed older ones. */
  #waitsFor(record: StoredRecord): boolean {
    const { secondaryKey } = record.response;
    return this.waitingFor(record.key).some((other) => other.response.secondaryKey === secondaryKey);
  }

  #enqueue(record: Waiting): void {
    this.#queue.push(record);
    this.#waiting.set(record.key, [record, ...this.waitingFor(record.key)]);
    this.#queuedBytes += record.bytes;
  }

  #takeBatch(): Waiting[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#queue.length && bytes < BATCH_BYTES) {
      bytes += (this.#queue[count++] as Waiting).bytes;
    }
    return this.#queue.splice(0, count);
  }

  #isWaiting(record: Waiting): boolean {
    return this.waitingFor(record.key).includes(record);
  }

  /** No longer waited for. */
  #settle(record: Waiting): void {
    if (!this.#isWaiting(record)) return;
    const others = this.waitingFor(record.key).filter((other) => other !== record);
    if (others.length > 0) this.#waiting.set(record.key, others);
    else this.#waiting.delete(record.key);
    this.#queuedBytes -= record.bytes;
  }
}
