// One segment file: a header with a random nonce, then records one after the other, only ever appended to by the process
// that made it. After a restart nothing is appended, so a torn end needs no repair. What was replaced is marked in place:
// four bytes that need no room, so that a kill cannot bring the older version back.

import { randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import {
  decodeHeader,
  RECORD_HEADER_BYTES,
  RETIRED_MARK,
  type RecordHeader,
  recordBytes,
} from '../store/disk-record.ts';
import { type DiskFiles, segmentPath } from './disk-files.ts';

const MAGIC = 0x31535443;
/** Raised when what a record holds means something else; older segments are then thrown away. */
const FORMAT = 1;
const SCAN_BYTES = 262_144;
const ALIGNMENT = 64;

export interface Segment {
  id: number;
  handle: FileHandle;
  nonce: Uint8Array;
  /** Bytes that are written; the next record begins here. */
  bytes: number;
}

/** @throws what the system says. */
export async function createSegment(fs: DiskFiles, directory: string, id: number): Promise<Segment> {
  const handle = await fs.open(segmentPath(directory, id), 'wx+', 0o600);
  const nonce = randomBytes(8);
  const header = Buffer.alloc(RECORD_HEADER_BYTES);
  header.writeUInt32LE(MAGIC, 0);
  header.writeUInt32LE(FORMAT, 8);
  header.writeUInt32LE(id, 12);
  header.set(nonce, 16);
  header.writeUInt32LE(crc32(header.subarray(8)), 4);
  const segment = { id, handle, nonce, bytes: 0 };
  try {
    await appendTo(segment, [header]);
    return segment;
  } catch (error) {
    await handle.close();
    await fs.unlink(segmentPath(directory, id)).catch(() => {});
    throw error;
  }
}

/** Undefined when it is none of ours, or of another format. */
export async function openSegment(
  fs: DiskFiles,
  directory: string,
  id: number,
): Promise<Segment | undefined> {
  const handle = await fs.open(segmentPath(directory, id), 'r+');
  try {
    const header = Buffer.alloc(RECORD_HEADER_BYTES);
    const { bytesRead } = await handle.read(header, 0, RECORD_HEADER_BYTES, 0);
    const isOurs =
      bytesRead === RECORD_HEADER_BYTES &&
      header.readUInt32LE(0) === MAGIC &&
      header.readUInt32LE(4) === crc32(header.subarray(8)) &&
      header.readUInt32LE(8) === FORMAT &&
      header.readUInt32LE(12) === id;
    if (isOurs) {
      const { size } = await handle.stat();
      return { id, handle, nonce: Uint8Array.from(header.subarray(16, 24)), bytes: size };
    }
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return undefined;
}

/** Writes all of it at the segment's end, which moves only when everything is written. */
export async function appendTo(segment: Segment, pieces: readonly Uint8Array[]): Promise<void> {
  const whole = Buffer.concat(pieces);
  let done = 0;
  while (done < whole.length) {
    const { bytesWritten } = await segment.handle.write(
      whole,
      done,
      whole.length - done,
      segment.bytes + done,
    );
    done += bytesWritten;
  }
  segment.bytes += whole.length;
}

/** A restart does not find the record that begins there. @throws what the system says. */
export async function retireIn(segment: Segment, offset: number): Promise<void> {
  await segment.handle.write(RETIRED_MARK, 0, RETIRED_MARK.length, offset);
}

/** Fewer bytes than asked for where the file ends. */
export async function readFrom(segment: Segment, offset: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(bytes);
  let done = 0;
  while (done < bytes) {
    const { bytesRead } = await segment.handle.read(buffer, done, bytes - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return buffer.subarray(0, done);
}

/**
 * The headers of all records that are there in full. Where there is no sound header it goes on to the next place where
 * one may be, so damage costs the records it hit. `onSkipped` hears of each stretch that was no record.
 */
export async function* scanSegment(
  segment: Segment,
  onSkipped: () => void = () => {},
): AsyncGenerator<{ header: RecordHeader; offset: number }> {
  let at = RECORD_HEADER_BYTES;
  let windowAt = at;
  let window = Buffer.alloc(0);
  let skipping = false;
  while (at + RECORD_HEADER_BYTES <= segment.bytes) {
    if (at + RECORD_HEADER_BYTES > windowAt + window.length) {
      windowAt = at;
      window = Buffer.from(await readFrom(segment, at, SCAN_BYTES));
      if (window.length < RECORD_HEADER_BYTES) return;
    }
    const header = decodeHeader(window, at - windowAt, segment.nonce);
    const isWhole = header !== undefined && at + recordBytes(header) <= segment.bytes;
    if (isWhole) {
      yield { header, offset: at };
      at += recordBytes(header);
      skipping = false;
    } else {
      if (!skipping) onSkipped();
      skipping = true;
      at += ALIGNMENT;
    }
  }
}
