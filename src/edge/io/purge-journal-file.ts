// The purge journal on disk: JSON lines, appended. First the epoch, then purges, `done` when one has been carried out, and
// how far each peer was followed. A purge that is in the file and not done was cut short by the end of the process: it is
// carried out again. A file that cannot be read as this is no journal: the edge begins a new epoch and trusts nothing.
// After a write that failed (a full disk) nobody knows where the file ends: the next one writes it anew.

import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises';
import { UserError } from '../../base/errors.ts';
import type { JournalCursor, JournalEntry } from '../purge/purge-journal.ts';

export interface RestoredJournal {
  epoch: string;
  entries: JournalEntry[];
  /** Entries that were begun and not finished. */
  unfinished: JournalEntry[];
  cursors: Map<string, JournalCursor>;
}

export interface JournalFile {
  /** Resolved when the system has it: a kill loses nothing, a power failure may. Rejects with what the system says. */
  entry(entry: JournalEntry): Promise<void>;
  done(sequence: number): Promise<void>;
  cursor(peer: string, cursor: JournalCursor): Promise<void>;
  /** Drops what is no longer needed. */
  rewrite(): Promise<void>;
  /** Resolved when everything that was given is in the file, also what failed before. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

type Line =
  | { epoch: string }
  | { purge: JournalEntry }
  | { done: number }
  | { peer: string; cursor: JournalCursor };

/** Undefined: no file, or none that can be trusted. */
export async function readJournalFile(path: string): Promise<RestoredJournal | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw new UserError({ file: path, message: `cannot read the purge journal: ${error.message}` });
  });
  // The last line of a process that was killed in the middle of it has no end.
  const lines = text.split('\n').slice(0, -1);
  let restored: RestoredJournal | undefined;
  for (const text of lines) {
    const line = parseLine(text);
    if (line === undefined) return undefined;
    if ('epoch' in line) {
      restored = { epoch: line.epoch, entries: [], unfinished: [], cursors: new Map() };
      continue;
    }
    if (!restored) return undefined;
    if ('purge' in line) {
      const last = restored.entries.at(-1)?.sequence ?? line.purge.sequence - 1;
      // A rewrite holds purges whose own line was still waiting its turn.
      if (line.purge.sequence <= last) continue;
      if (line.purge.sequence !== last + 1) return undefined;
      restored.entries.push(line.purge);
      restored.unfinished.push(line.purge);
    } else if ('done' in line) {
      restored.unfinished = restored.unfinished.filter(({ sequence }) => sequence !== line.done);
    } else restored.cursors.set(line.peer, line.cursor);
  }
  return restored;
}

/**
 * Writes what `snapshot` tells to a new file in place of the old one and appends from then on; asks again whenever the
 * file is written anew. On a full disk it begins with what is there. @throws UserError
 */
export async function openJournalFile(path: string, snapshot: () => RestoredJournal): Promise<JournalFile> {
  /** Without one the file is not what it should be, and is written anew first. */
  let handle: FileHandle | undefined;
  const renew = async () => {
    const old = handle;
    handle = await writeJournalFile(path, snapshot());
    await old?.close();
  };
  let last: Promise<void> = Promise.resolve();
  // One after the other: two appends at once could mix their bytes.
  const queued = (write: () => Promise<void>) => {
    const next = last.then(write);
    last = next.catch(() => {});
    return next;
  };
  const append = (line: Line) =>
    queued(async () => {
      if (!handle) await renew();
      try {
        await handle?.appendFile(`${JSON.stringify(line)}\n`);
      } catch (error) {
        await handle?.close().catch(() => {});
        handle = undefined;
        throw error;
      }
    });
  try {
    await renew();
  } catch (error) {
    if (!isFull(error)) {
      throw new UserError({
        file: path,
        message: `cannot write the purge journal: ${(error as Error).message}`,
        hint: 'purge.journal',
      });
    }
  }
  return {
    entry: (purge) => append({ purge }),
    done: (done) => append({ done }),
    cursor: (peer, cursor) => append({ peer, cursor }),
    rewrite: () => queued(renew),
    settled: () => queued(async () => (handle ? undefined : renew())),
    close: async () => {
      await last;
      await handle?.close();
    },
  };
}

function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** Whole before it has the name: what is there is never half a journal. */
async function writeJournalFile(path: string, journal: RestoredJournal): Promise<FileHandle> {
  const unfinished = new Set(journal.unfinished.map(({ sequence }) => sequence));
  const lines: Line[] = [
    { epoch: journal.epoch },
    ...journal.entries.flatMap((purge): Line[] =>
      unfinished.has(purge.sequence) ? [{ purge }] : [{ purge }, { done: purge.sequence }],
    ),
    ...[...journal.cursors].map(([peer, cursor]): Line => ({ peer, cursor })),
  ];
  const passing = `${path}.new`;
  const handle = await open(passing, 'w', 0o640);
  try {
    await handle.writeFile(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    await handle.sync();
    await rename(passing, path);
  } catch (error) {
    await handle.close();
    // What it took of a full disk is given back.
    await rm(passing, { force: true }).catch(() => {});
    throw error;
  }
  return handle;
}

function parseLine(text: string): Line | undefined {
  try {
    const line = JSON.parse(text) as Line;
    if ('epoch' in line) return typeof line.epoch === 'string' ? line : undefined;
    if ('done' in line) return Number.isSafeInteger(line.done) ? line : undefined;
    if ('purge' in line) return isEntry(line.purge) ? line : undefined;
    if ('cursor' in line) return typeof line.peer === 'string' && isCursor(line.cursor) ? line : undefined;
  } catch {
    // Not JSON.
  }
  return undefined;
}

function isCursor(value: JournalCursor): boolean {
  return typeof value?.epoch === 'string' && Number.isSafeInteger(value.sequence);
}

/** Whether JSON, of a file or of a peer, is an entry; its target is checked by its kind only. */
export function isEntry(value: unknown): value is JournalEntry {
  const entry = value as Partial<JournalEntry> | null;
  return (
    typeof entry === 'object' &&
    entry !== null &&
    Number.isSafeInteger(entry.sequence) &&
    typeof entry.id === 'string' &&
    typeof entry.atMs === 'number' &&
    typeof entry.soft === 'boolean' &&
    typeof entry.from === 'string' &&
    isTarget(entry.target)
  );
}

function isTarget(value: unknown): boolean {
  const target = Object(value) as Record<string, unknown>;
  switch (target['kind']) {
    case 'all':
      return true;
    case 'tags':
      return Array.isArray(target['tags']) && target['tags'].every((tag) => typeof tag === 'string');
    case 'url':
    case 'key':
    case 'prefix':
    case 'host':
      return typeof target[target['kind']] === 'string';
    default:
      return false;
  }
}
