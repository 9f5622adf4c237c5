// The disk tier with files: one writer that appends in small batches, readers that wait for nobody, purges in a journal.
// A lookup is answered from the index in memory; only `load` touches the disk, in libuv's threads.

import { DiskIndex } from '../store/disk-index.ts';
import { decodeRecord, recordName } from '../store/disk-record.ts';
import type { DiskStats, DiskTier } from '../store/disk-tier.ts';
import { plainResponse, responseBytes } from '../store/packed-response.ts';
import { type Purge, type PurgeKind, PurgeLog } from '../store/purge-log.ts';
import type { StoredResponse } from '../stored-response.ts';
import { type DiskFiles, errorText, realFiles } from './disk-files.ts';
import { DiskHealth, type DiskHealthOptions } from './disk-health.ts';
import { DiskJournal, readJournal } from './disk-journal.ts';
import { readFrom } from './disk-segment.ts';
import { DiskSegments } from './disk-segments.ts';
import { DiskWriter, type Waiting } from './disk-writer.ts';

export interface DiskTierOptions extends DiskHealthOptions {
  directory: string;
  /** Of all segments together. */
  maxBytes: number;
  segmentBytes?: number;
  /** What may wait to be written; more is dropped. */
  maxQueuedBytes?: number;
  files?: DiskFiles;
}

const SEGMENT_BYTES = 67_108_864;
/** At least so many segments, or dropping one would drop most of the cache. */
const MIN_SEGMENTS = 8;
const MAX_QUEUED_BYTES = 16_777_216;
/** Loads at a time: more would only queue in libuv's four threads, behind everything else that needs them. */
const MAX_LOADS = 64;
/** Journal lines, as a multiple of the purges that are still needed, before it is written anew. */
const JOURNAL_SLACK = 4;
const JOURNAL_LINES = 1024;

/** Reads what is there and is then ready. @throws what the system says when the directory cannot be used. */
export async function openDiskTier(options: DiskTierOptions): Promise<DiskTier> {
  const files = options.files ?? realFiles;
  const { directory } = options;
  const segmentBytes = Math.floor(
    Math.min(options.segmentBytes ?? SEGMENT_BYTES, options.maxBytes / MIN_SEGMENTS),
  );
  await files.mkdir(directory, { recursive: true, mode: 0o700 });
  const counts = { dropped: 0, loads: 0, loaded: 0, shed: 0, corrupted: 0 };
  const index = new DiskIndex();
  const segments = new DiskSegments({ files, directory, maxBytes: options.maxBytes, segmentBytes, index });
  const journalled = await readJournal(files, directory);
  const scanned = await segments.open(() => counts.corrupted++);
  const log = new PurgeLog();
  let sequence = scanned.newest;
  for (const purge of journalled.purges) sequence = Math.max(sequence, purge.sequence);
  // Endless: the journal's end was damaged, so nothing that is there can be trusted.
  log.floor = Math.min(journalled.floor, sequence + 1);
  sequence = Math.max(sequence, log.floor);
  for (const purge of journalled.purges.sort((a, b) => a.sequence - b.sequence)) {
    if (purge.sequence > scanned.oldest) log.record(purge);
  }
  let journal = await DiskJournal.open(files, directory, { purges: [...log.purges()], floor: log.floor });

  // Apart: a full disk can still be read.
  const [writing, reading] = [new DiskHealth(options), new DiskHealth(options)];
  const writer = new DiskWriter({
    segments,
    index,
    health: writing,
    maxQueuedBytes: options.maxQueuedBytes ?? MAX_QUEUED_BYTES,
    onDropped: (records) => {
      counts.dropped += records;
    },
  });
  const loading = new Map<string, Promise<readonly StoredResponse[]>>();
  let unwritten: Purge[] = [];
  let journalling: Promise<void> | undefined;
  /** Why purges would be forgotten by a restart: neither could they be written nor what they are of be removed. */
  let forgettable: unknown;
  let dropping: Promise<unknown> | undefined;
  const retiring = new Set<Promise<void>>();

  async function load(key: string): Promise<readonly StoredResponse[]> {
    counts.loads++;
    const found: StoredResponse[] = [];
    /** False when it was purged. */
    const take = ({ response, sequence: since }: Pick<Waiting, 'response' | 'sequence'>): boolean => {
      const verdict = log.since(since, key, response.tags ?? []);
      if (verdict.action === 'remove') return false;
      if (found.some((other) => other.secondaryKey === response.secondaryKey)) return true;
      if (verdict.action === 'keep') found.push(response);
      else found.push({ ...plainResponse(response), purgedSoftAtMs: verdict.atMs });
      return true;
    };
    // First what is not written yet: it is newer.
    for (const waiting of writer.waitingFor(key)) take(waiting);
    for (const { name, place } of index.variants(recordName(key, ''))) {
      const segment = segments.get(place.segment);
      if (!segment) continue;
      try {
        const bytes = await readFrom(segment, place.offset, place.bytes);
        reading.succeeded();
        const record = decodeRecord(bytes, segment.nonce);
        if (record?.key === key) {
          // What was purged is not read a second time.
          if (take(record)) index.markHot(name);
          else index.supersede(name);
        } else if (!record && segments.get(place.segment)) {
          counts.corrupted++;
          index.supersede(name);
        }
      } catch (error) {
        // Its segment may have been dropped under it, which is no error of the disk.
        if (segments.get(place.segment)) reading.failed(errorText(error));
      }
    }
    counts.loaded += found.length;
    return found;
  }

  /** Writes purges to the journal, all that have gathered at a time. Never rejects. */
  async function writeJournal(): Promise<void> {
    while (unwritten.length > 0 || forgettable !== undefined) {
      const batch = unwritten;
      unwritten = [];
      try {
        if (journal.torn || journal.lines > JOURNAL_LINES + JOURNAL_SLACK * log.size) {
          const former = journal;
          journal = await DiskJournal.create(files, directory, {
            purges: [...log.purges()],
            floor: log.floor,
          });
          await former.close();
        } else await journal.append(batch);
        forgettable = undefined;
      } catch (error) {
        writing.failed(errorText(error));
        // A restart would bring back what was purged: then rather nothing at all.
        writer.dropAll();
        journal.torn = true;
        // What could not be removed once stays a reason until everything is in the journal.
        forgettable ??= await segments.dropAll().catch((left: unknown) => left);
        if (forgettable !== undefined) break;
      }
    }
    journalling = undefined;
  }

  const tier: DiskTier = {
    maxObjectBytes: Math.floor(segmentBytes / 4),
    offer(key, response) {
      if (index.isCurrent(recordName(key, response.secondaryKey))) return;
      if (!writing.mayTry() || response.size > tier.maxObjectBytes) counts.dropped++;
      else writer.offer({ key, response, sequence, bytes: responseBytes(response) });
    },
    supersede(key, secondaryKey) {
      writer.forget(key, secondaryKey);
      const name = recordName(key, secondaryKey);
      const place = index.isCurrent(name) ? index.get(name) : undefined;
      if (!place) return;
      index.supersede(name);
      const retired = segments
        .retire(place)
        .catch((error) => writing.failed(errorText(error)))
        .finally(() => retiring.delete(retired));
      retiring.add(retired);
    },
    mayHold(key) {
      if (writer.waitingFor(key).length > 0) return true;
      return reading.mayTry() && index.has(recordName(key, ''));
    },
    async load(key) {
      const under = loading.get(key);
      if (under) return under;
      if (loading.size >= MAX_LOADS) {
        counts.shed++;
        return [];
      }
      const loaded = load(key).finally(() => loading.delete(key));
      loading.set(key, loaded);
      return loaded;
    },
    purge(kind: PurgeKind, value: string, soft: boolean) {
      const name = recordName(value, '');
      // A key of which nothing is on the disk, nor on its way there, needs no line in the journal.
      if (kind === 'key' && writer.waitingFor(value).length === 0 && !index.knows(name)) return;
      const purge = { kind, value, soft, sequence: ++sequence, atMs: options.now() };
      log.record(purge);
      if (kind === 'key' && !soft) index.deleteKey(name);
      // Nothing is left to be read, so its bytes may as well be freed.
      if (kind === 'all' && !soft) dropping = Promise.all([dropping, segments.dropAll().catch(() => {})]);
      unwritten.push(purge);
      journalling ??= writeJournal();
    },
    async flushed() {
      if (forgettable !== undefined) journalling ??= writeJournal();
      await Promise.all([writer.idle(), journalling, dropping, ...retiring]);
      if (forgettable !== undefined) throw forgettable;
    },
    stats: (): DiskStats => ({
      state: writing.isPaused || reading.isPaused ? 'paused' : 'ok',
      reason: writing.reason ?? reading.reason,
      errors: writing.errors + reading.errors,
      records: index.records,
      maxBytes: options.maxBytes,
      indexBytes: index.memoryBytes,
      ...segments.stats(),
      ...writer.stats(),
      ...counts,
    }),
    async close() {
      await tier.flushed().catch(() => {});
      await Promise.all(loading.values());
      await journal.close();
      await segments.close();
    },
  };
  return tier;
}
