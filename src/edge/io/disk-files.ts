// The calls of node:fs/promises that the disk tier makes, and the names of its files. An argument, so that a test can put
// a full or a failing disk in their place.

import * as files from 'node:fs/promises';
import { join } from 'node:path';

export type DiskFiles = Pick<
  typeof files,
  'mkdir' | 'open' | 'readdir' | 'readFile' | 'rename' | 'unlink' | 'writeFile'
>;
export const realFiles: DiskFiles = files;

const SEGMENT_NAME = /^segment-(\d{8})$/;

export function segmentPath(directory: string, id: number): string {
  return join(directory, `segment-${String(id).padStart(8, '0')}`);
}

export function journalPath(directory: string): string {
  return join(directory, 'purges');
}

/** Oldest first. */
export async function segmentIds(fs: DiskFiles, directory: string): Promise<number[]> {
  const names = await fs.readdir(directory);
  const ids = names.flatMap((name) => SEGMENT_NAME.exec(name)?.[1] ?? []);
  return ids.map(Number).sort((a, b) => a - b);
}

/** `ENOSPC: write` of what was thrown. */
export function errorText(error: unknown): string {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  return code === undefined ? String(message ?? error) : `${code}: ${syscall ?? 'disk'}`;
}
