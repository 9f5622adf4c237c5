// A disk tier in a directory of its own, and ways to harm it.

import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DiskTierOptions, openDiskTier } from '../../../src/edge/io/disk-tier.ts';
import type { DiskTier } from '../../../src/edge/store/disk-tier.ts';

export async function temporaryDirectory(): Promise<string> {
  return fs.mkdtemp(join(tmpdir(), 'catchment-disk-'));
}

export function openTier(directory: string, options: Partial<DiskTierOptions> = {}): Promise<DiskTier> {
  return openDiskTier({ directory, maxBytes: 8_000_000, now: Date.now, ...options });
}

export async function segmentFiles(directory: string): Promise<string[]> {
  const names = await fs.readdir(directory);
  return names
    .filter((name) => name.startsWith('segment-'))
    .sort()
    .map((name) => join(directory, name));
}

/** Files whose writes fail with ENOSPC when the disk has taken so many bytes, until `free` raises the limit. */
export function smallDisk(limitBytes: number): { files: typeof fs; free(bytes: number): void } {
  let left = limitBytes;
  const open: typeof fs.open = async (...args) => {
    const handle = await fs.open(...args);
    const write = handle.write.bind(handle) as (...args: unknown[]) => Promise<{ bytesWritten: number }>;
    // As the system does it: first a part, then an error.
    const limited = async (buffer: Uint8Array, offset: number, length: number, position: number) => {
      const room = Math.min(length, left);
      if (room <= 0) {
        throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC', syscall: 'write' });
      }
      left -= room;
      return write(buffer, offset, room, position);
    };
    return Object.assign(handle, { write: limited });
  };
  return {
    files: { ...fs, open },
    free(bytes) {
      left += bytes;
    },
  };
}
