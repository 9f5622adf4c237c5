// Purges of one edge: given by an operator, passed on by a peer, or learnt by asking peers. Each is written to the journal
// first, then carried out, then confirmed; what was asked of the others comes back with who confirmed and how fast. A
// purge that cannot be written down (a full disk) is carried out all the same, and not confirmed.

import { randomUUID } from 'node:crypto';
import { planCatchUp } from '../purge/catch-up.ts';
import { type PurgeCommand, purgeBody } from '../purge/purge-command.ts';
import {
  type JournalCursor,
  type JournalEntry,
  type JournalPage,
  PurgeJournal,
} from '../purge/purge-journal.ts';
import { type PurgeTarget, targetText } from '../purge/purge-target.ts';
import type { PurgeEffect } from '../purge/store-purges.ts';
import { errorText } from './disk-files.ts';
import { openJournalFile, readJournalFile } from './purge-journal-file.ts';
import { fetchJournalPage, type PeerConfirmation, type PurgePeer, sendPurge } from './purge-peers.ts';

/** What is purged: the edge's store and the fills on their way to it; see applyPurge. */
export interface PurgeSubject {
  /** @throws UserError for a target that this edge cannot make sense of. */
  check?(target: PurgeTarget): void;
  apply(target: PurgeTarget, soft: boolean): PurgeEffect;
  /** Resolves when what was applied would survive the end of the process. */
  flushed?(): Promise<void>;
  readonly objects: number;
}

export interface PurgeServiceOptions {
  /** This edge among its peers. */
  name: string;
  subject: PurgeSubject;
  peers: readonly PurgePeer[];
  /** File of the journal; without one a restart forgets what was purged, and so distrusts a store that outlived it. */
  journalPath?: string | undefined;
  /** Milliseconds since the epoch. */
  now(): number;
  /** How often peers are asked what was missed, in milliseconds; 0 never, but for `catchUp`. */
  followMs?: number;
  peerTimeoutMs?: number;
  onEvent?: (event: string, details: object) => void;
}

export interface PurgeReport {
  id: string;
  /** In this edge, dropped or marked. */
  objects: number;
  /** True: there are more, which are found when somebody asks for them. None of them is served. */
  lazy: boolean;
  soft: boolean;
  purged: string;
  /** True: this id was carried out before, nothing was done. */
  repeated: boolean;
  /** Of the whole, the slowest peer included. */
  milliseconds: number;
  /** Present when it was to be broadcast. */
  peers?: PeerConfirmation[];
  /** Why a restart may forget it: `ENOSPC: write`. Repeat it with its id when that is mended. */
  unwritten?: string;
  /** True when it is written down, and every peer confirmed. */
  confirmed: boolean;
}

export interface CatchUpReport {
  /** Purges that were missed and are carried out now. */
  applied: number;
  /** Why everything was marked stale, if it was. */
  distrusted?: string;
  peers: { name: string; answers: boolean }[];
}

export interface PurgeService {
  purge(command: PurgeCommand): Promise<PurgeReport>;
  /** For GET /purges. */
  since(cursor: JournalCursor | undefined): JournalPage;
  /** To be awaited before serving; again at any time. Never rejects. */
  catchUp(beforeServing?: boolean): Promise<CatchUpReport>;
  /** For /state. */
  state(): object;
  close(): Promise<void>;
}

type CarriedOut = PurgeEffect & Pick<PurgeReport, 'unwritten'>;

const NOTHING_DONE: PurgeEffect = { objects: 0, lazy: false };
/** A purge that a peer missed is found at the latest then. */
const FOLLOW_MS = 30_000;
/** Peers that have never answered are asked again after this long, then twice as long: of their purges nothing is known. */
const FIRST_FOLLOW_MS = 1000;
/** Purges after which the journal's file is written anew: it holds at most this many that are no longer kept. */
const REWRITE_AFTER = 20_000;
/** Pages of one catching up: the whole journal of a peer and then some. */
const MOST_PAGES = 32;

/** @throws UserError when the journal's file can be neither read nor written. */
export async function createPurgeService(options: PurgeServiceOptions): Promise<PurgeService> {
  const { subject, peers, journalPath, now, onEvent = () => {} } = options;
  const beganEmpty = subject.objects === 0;
  const restored = journalPath === undefined ? undefined : await readJournalFile(journalPath);
  const epoch = restored?.epoch ?? randomUUID();
  const journal = new PurgeJournal(epoch, restored?.entries);
  let cursors = new Map(restored?.cursors);
  /** Not finished when the process before ended. */
  let unfinished = restored?.unfinished ?? [];
  /** Journalled and not finished; a repeat of one must not be confirmed before it is. */
  const running = new Map<string, { entry: JournalEntry; done: Promise<CarriedOut> }>();
  let written = 0;
  const snapshot = () => ({
    epoch,
    entries: [...journal.entries],
    unfinished: [...unfinished, ...[...running.values()].map(({ entry }) => entry)],
    cursors,
  });
  const file = journalPath === undefined ? undefined : await openJournalFile(journalPath, snapshot);
  /** While the file lacks purges: the last one that it has. Peers are told no more, or one day of others by that number. */
  let writtenTo: number | undefined;
  const counts = { purges: 0, objects: 0, fromPeers: 0, missed: 0, repeated: 0, unwritten: 0, distrusts: 0 };
  let lastDistrust: { at: string; reason: string } | undefined;
  const silent = new Set<string>();

  function carryOut(entry: JournalEntry): Promise<CarriedOut> {
    const done = (async () => {
      let unwritten: string | undefined;
      const fails = (error: unknown) => {
        unwritten ??= errorText(error);
      };
      // What fails here is tried again by `done`: a tier that shares the full disk may have made room meanwhile.
      await file?.entry(entry).catch(() => {
        writtenTo ??= entry.sequence - 1;
      });
      const effect = subject.apply(entry.target, entry.soft);
      await subject.flushed?.().catch(fails);
      await file?.done(entry.sequence).then(() => {
        writtenTo = undefined;
      }, fails);
      counts.purges++;
      counts.objects += effect.objects;
      if (unwritten === undefined) return effect;
      counts.unwritten++;
      return { ...effect, unwritten };
    })().finally(() => running.delete(entry.id));
    running.set(entry.id, { entry, done });
    if (file && ++written % REWRITE_AFTER === 0) void file.rewrite().catch(reportError);
    return done;
  }

  /** A purge that came before: confirmed when it is finished, and in the journal by now. */
  async function repeat(id: string): Promise<CarriedOut> {
    await running.get(id)?.done;
    try {
      await file?.settled();
      writtenTo = undefined;
      await subject.flushed?.();
      return NOTHING_DONE;
    } catch (error) {
      return { ...NOTHING_DONE, unwritten: errorText(error) };
    }
  }

  /** What the process before had begun is carried out by now. */
  async function finish(): Promise<void> {
    await subject.flushed?.();
    unfinished = [];
    await file?.rewrite();
  }

  const reportError = (error: unknown) => onEvent('error', { error: String(error) });

  async function purge(command: PurgeCommand): Promise<PurgeReport> {
    const startedAt = performance.now();
    const { target, soft, broadcast } = command;
    subject.check?.(target);
    const id = command.id ?? randomUUID();
    const from = command.from ?? options.name;
    const entry = journal.append({ id, atMs: now(), target, soft, from });
    if (!entry) counts.repeated++;
    if (command.from !== undefined && entry) counts.fromPeers++;
    const body = purgeBody({ target, soft, broadcast: false, id, from });
    // A repeat is passed on again: that is what whoever repeats it wants.
    const told = broadcast
      ? Promise.all(peers.map((peer) => sendPurge(peer, body, options.peerTimeoutMs)))
      : [];
    const effect = await (entry ? carryOut(entry) : repeat(id));
    const confirmations = await told;
    const report: PurgeReport = {
      id,
      ...effect,
      soft,
      purged: targetText(target),
      repeated: entry === undefined,
      milliseconds: Math.round((performance.now() - startedAt) * 100) / 100,
      ...(broadcast && { peers: confirmations }),
      confirmed: effect.unwritten === undefined && confirmations.every(({ confirmed }) => confirmed),
    };
    onEvent('purge', report);
    return report;
  }

  async function follow(beforeServing: boolean): Promise<CatchUpReport> {
    const report: CatchUpReport = { applied: 0, peers: [] };
    for (let page = 0; page < MOST_PAGES; page++) {
      const answers = await Promise.all(
        peers.map(async (peer) => ({
          peer: peer.name,
          page: await fetchJournalPage(peer, cursors.get(peer.name), options.peerTimeoutMs),
        })),
      );
      const {
        apply,
        distrust,
        cursors: next,
      } = planCatchUp({
        cursors,
        answers,
        hasObjects: subject.objects > 0,
        beganEmpty,
        beforeServing,
      });
      for (const { sequence: _, ...missed } of apply) {
        const entry = journal.append(missed);
        if (!entry) continue;
        await carryOut(entry);
        report.applied++;
        counts.missed++;
      }
      if (distrust !== undefined) await distrustAll(distrust, report);
      for (const [peer, cursor] of next) {
        const old = cursors.get(peer);
        // Written after the purges are: what is cut short in between is asked for again.
        if (old?.sequence !== cursor.sequence || old.epoch !== cursor.epoch) await file?.cursor(peer, cursor);
      }
      cursors = next;
      report.peers = answers.map(({ peer, page }) => ({ name: peer, answers: page !== undefined }));
      for (const { name, answers } of report.peers) {
        if (answers) silent.delete(name);
        else silent.add(name);
      }
      const more = answers.some(({ peer, page }) => page && (next.get(peer)?.sequence ?? 0) < page.latest);
      if (!more) break;
    }
    if (report.applied > 0 || report.distrusted !== undefined) onEvent('purges-missed', report);
    return report;
  }

  /** Local: the peers know what they purged, only this edge does not. */
  async function distrustAll(reason: string, report: CatchUpReport): Promise<void> {
    subject.apply({ kind: 'all' }, true);
    counts.distrusts++;
    report.distrusted = reason;
    lastDistrust = { at: new Date(now()).toISOString(), reason };
  }

  let following: Promise<CatchUpReport> | undefined;
  const catchUp = (beforeServing = false): Promise<CatchUpReport> => {
    following ??= follow(beforeServing)
      .catch((error: unknown): CatchUpReport => {
        reportError(error);
        return { applied: 0, peers: [] };
      })
      .finally(() => {
        following = undefined;
      });
    return following;
  };

  for (const { target, soft } of unfinished) subject.apply(target, soft);
  if (unfinished.length > 0) await finish().catch(reportError);
  if (journalPath !== undefined && !restored && !beganEmpty)
    await distrustAll('no journal of purges was kept', { applied: 0, peers: [] });
  const { followMs = FOLLOW_MS } = options;
  let timer: NodeJS.Timeout | undefined;
  let soonMs = FIRST_FOLLOW_MS;
  const followLater = () => {
    if (peers.length === 0 || followMs === 0) return;
    const unheard = peers.some(({ name }) => !cursors.has(name));
    const delayMs = unheard ? Math.min(soonMs, followMs) : followMs;
    soonMs *= 2;
    timer = setTimeout(() => void catchUp().then(() => timer && followLater()), delayMs);
    timer.unref();
  };
  followLater();

  return {
    purge,
    since: (cursor) => journal.since(cursor, writtenTo),
    catchUp,
    state: () => ({
      ...counts,
      journal: { epoch, latest: journal.latest, kept: journal.length, onDisk: file !== undefined },
      peers: peers.map(({ name }) => ({
        name,
        answers: !silent.has(name),
        followedTo: cursors.get(name)?.sequence ?? null,
      })),
      ...(lastDistrust && { lastDistrust }),
    }),
    close: async () => {
      clearTimeout(timer);
      timer = undefined;
      await following;
      await file?.close();
    },
  };
}
