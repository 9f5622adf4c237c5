// All segments of the tier: which is written to, and which goes when there are too many bytes. The oldest goes first
// (FIFO), but records that were read since they were written are appended once more: on flash a whole segment at a time
// is the only cheap way to delete.

import type { DiskIndex, RecordPlace } from '../store/disk-index.ts';
import {
  decodeRecord,
  RECORD_HEADER_BYTES,
  type RecordHeader,
  recordBytes,
  type StoredRecord,
} from '../store/disk-record.ts';
import { type DiskFiles, segmentIds, segmentPath } from './disk-files.ts';
import { createSegment, openSegment, readFrom, retireIn, type Segment, scanSegment } from './disk-segment.ts';

export interface DiskSegmentsOptions {
  files: DiskFiles;
  directory: string;
  maxBytes: number;
  segmentBytes: number;
  index: DiskIndex;
}

/** Of a dropped segment, so that a cache of nothing but hot records still makes room. */
const MAX_MOVED_SHARE = 1 / 2;

export class DiskSegments {
  #options: DiskSegmentsOptions;
  /** Oldest first. */
  #segments = new Map<number, Segment>();
  #current: Segment | undefined;
  #nextId = 1;
  #dropped = 0;

  constructor(options: DiskSegmentsOptions) {
    this.#options = options;
  }

  /** Fills the index from what is there; sequences of the oldest and newest record. */
  async open(onCorrupted: () => void): Promise<{ oldest: number; newest: number }> {
    const { files, directory, index } = this.#options;
    let [oldest, newest] = [Number.POSITIVE_INFINITY, 0];
    for (const id of await segmentIds(files, directory)) {
      this.#nextId = id + 1;
      const segment = await openSegment(files, directory, id).catch(() => undefined);
      if (!segment) {
        onCorrupted();
        await files.unlink(segmentPath(directory, id)).catch(() => {});
        continue;
      }
      this.#segments.set(id, segment);
      for await (const { header, offset } of scanSegment(segment, onCorrupted)) {
        newest = Math.max(newest, header.sequence);
        if (header.retired) continue;
        // Both are here only where a process ended between writing the one and marking the other.
        const older = index.get(header);
        if (older) await this.retire(older).catch(() => {});
        index.set(header, { segment: id, offset, bytes: recordBytes(header) });
        oldest = Math.min(oldest, header.sequence);
      }
    }
    await this.#makeRoom(0);
    return { oldest, newest };
  }

  /** What is there has been replaced: a restart is not to find it. @throws what the system says. */
  async retire({ segment: id, offset }: RecordPlace): Promise<void> {
    const segment = this.#segments.get(id);
    if (segment) await retireIn(segment, offset);
  }

  get(id: number): Segment | undefined {
    return this.#segments.get(id);
  }

  /**
   * The segment that has room for these bytes, perhaps a new one. Records that would be lost by dropping old ones for it
   * are given to `move`. @throws what the system says.
   */
  async writable(bytes: number, move: (record: StoredRecord) => void): Promise<Segment> {
    if (this.#current && this.#current.bytes + bytes <= this.#options.segmentBytes) return this.#current;
    this.#current = undefined;
    await this.#makeRoom(this.#options.segmentBytes, move);
    const { files, directory } = this.#options;
    this.#current = await createSegment(files, directory, this.#nextId++);
    this.#segments.set(this.#current.id, this.#current);
    return this.#current;
  }

  /** After a failed write: what is behind its end is not known, and on a full disk better freed. */
  async abandonCurrent(): Promise<void> {
    const segment = this.#current;
    this.#current = undefined;
    if (!segment) return;
    if (segment.bytes <= RECORD_HEADER_BYTES) await this.#remove(segment);
    else await segment.handle.truncate(segment.bytes).catch(() => {});
  }

  /** @throws what the system says when some could not be removed: a restart would find them. */
  async dropAll(): Promise<void> {
    this.#current = undefined;
    this.#options.index.dropBefore(this.#nextId);
    const failures: unknown[] = [];
    for (const segment of [...this.#segments.values()]) {
      await this.#remove(segment, (error) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  stats(): { bytes: number; segments: number; segmentsDropped: number } {
    return { bytes: this.#bytes(), segments: this.#segments.size, segmentsDropped: this.#dropped };
  }

  async close(): Promise<void> {
    for (const { handle } of this.#segments.values()) await handle.close().catch(() => {});
  }

  async #makeRoom(bytes: number, move?: (record: StoredRecord) => void): Promise<void> {
    for (const segment of [...this.#segments.values()]) {
      if (this.#bytes() + bytes <= this.#options.maxBytes) return;
      if (move) await this.#saveHot(segment, move).catch(() => {});
      this.#options.index.dropBefore(segment.id + 1);
      await this.#remove(segment);
      this.#dropped++;
    }
  }

  async #saveHot(segment: Segment, move: (record: StoredRecord) => void): Promise<void> {
    let movedBytes = 0;
    for await (const { header, offset } of scanSegment(segment)) {
      if (!this.#isHot(header, segment.id, offset)) continue;
      movedBytes += recordBytes(header);
      if (movedBytes > this.#options.segmentBytes * MAX_MOVED_SHARE) return;
      const bytes = await readFrom(segment, offset, recordBytes(header));
      const record = decodeRecord(bytes, segment.nonce);
      // Looked at again: a purge may have come while it was read.
      if (record && this.#isHot(header, segment.id, offset)) move(record);
    }
  }

  #isHot(header: RecordHeader, segment: number, offset: number): boolean {
    const { index } = this.#options;
    const place = index.get(header);
    return place?.segment === segment && place.offset === offset && index.isHot(header);
  }

  async #remove(segment: Segment, onFailed: (error: unknown) => void = () => {}): Promise<void> {
    this.#segments.delete(segment.id);
    await this.#options.files.unlink(segmentPath(this.#options.directory, segment.id)).catch(onFailed);
    // Waits for reads under way; they find their bytes, whose name is gone already.
    await segment.handle.close().catch(() => {});
  }

  #bytes(): number {
    let bytes = 0;
    for (const segment of this.#segments.values()) bytes += segment.bytes;
    return bytes;
  }
}
