// Purges that a restart must not forget, one line each with its CRC, on the disk before they count as confirmed. Whatever
// of it cannot be read makes everything older than the next readable line count as purged: better an empty cache than an
// object that somebody wanted gone.

import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { Purge } from '../store/purge-log.ts';
import { type DiskFiles, journalPath } from './disk-files.ts';

export interface JournalContent {
  purges: Purge[];
  /** Everything older counts as purged. */
  floor: number;
}

/** Nothing at all when there is no journal; everything counts as purged when it cannot be read. */
export async function readJournal(fs: DiskFiles, directory: string): Promise<JournalContent> {
  try {
    return parseJournal(await fs.readFile(journalPath(directory), 'utf8'));
  } catch (error) {
    const isNew = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return { purges: [], floor: isNew ? 0 : Number.POSITIVE_INFINITY };
  }
}

export function parseJournal(text: string): JournalContent {
  const content: JournalContent = { purges: [], floor: 0 };
  const lines = text.split('\n');
  // Without its end of line the last one is a purge that nobody was told is done.
  lines.pop();
  let damaged = false;
  for (const line of lines) {
    const entry = parseLine(line);
    if (!entry) {
      damaged = true;
      continue;
    }
    if ('floor' in entry) content.floor = Math.max(content.floor, entry.floor);
    else {
      content.purges.push(entry);
      if (damaged) content.floor = Math.max(content.floor, entry.sequence);
    }
    damaged = false;
  }
  if (damaged) content.floor = Number.POSITIVE_INFINITY;
  return content;
}

/** The open journal. */
export class DiskJournal {
  #handle: FileHandle;
  lines: number;
  /** Its end is not as it should be: it has to be written anew before anything is appended. */
  torn: boolean;

  private constructor(handle: FileHandle, lines: number, torn = false) {
    this.#handle = handle;
    this.lines = lines;
    this.torn = torn;
  }

  /** Written anew with what is still needed; on a full disk the former one goes on. @throws what the system says. */
  static async open(fs: DiskFiles, directory: string, content: JournalContent): Promise<DiskJournal> {
    try {
      return await DiskJournal.create(fs, directory, content);
    } catch {
      const handle = await fs.open(journalPath(directory), 'a', 0o600);
      return new DiskJournal(handle, content.purges.length, true);
    }
  }

  /** @throws what the system says. */
  static async create(fs: DiskFiles, directory: string, content: JournalContent): Promise<DiskJournal> {
    const path = journalPath(directory);
    const text = [{ floor: content.floor }, ...content.purges].map(formatLine).join('');
    const handle = await fs.open(`${path}.new`, 'w', 0o600);
    try {
      await handle.writeFile(text);
      await handle.datasync();
      await fs.rename(`${path}.new`, path);
    } catch (error) {
      await handle.close();
      // What it took of a full disk is given back.
      await fs.unlink(`${path}.new`).catch(() => {});
      throw error;
    }
    return new DiskJournal(handle, content.purges.length);
  }

  /** Resolves when they are on the disk. */
  async append(purges: readonly Purge[]): Promise<void> {
    this.lines += purges.length;
    // Until it is known that all of it is there.
    this.torn = true;
    await this.#handle.appendFile(purges.map(formatLine).join(''));
    await this.#handle.datasync();
    this.torn = false;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

function formatLine(entry: Purge | { floor: number }): string {
  const json = JSON.stringify(entry);
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
}

function parseLine(line: string): Purge | { floor: number } | undefined {
  const json = line.slice(9);
  if (line.slice(0, 9) !== `${crc32(json).toString(16).padStart(8, '0')} `) return undefined;
  try {
    return JSON.parse(json) as Purge | { floor: number };
  } catch {
    return undefined;
  }
}
