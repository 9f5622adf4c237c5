// Purges of one edge: given by an operator, passed on by a peer, or learnt by asking peers. Each is written to the journal
// first, then carried out, then confirmed; what was asked of the others comes back with who confirmed and how fast.

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
import { type JournalFile, openJournalFile, readJournalFile } from './purge-journal-file.ts';
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
  /** True when every peer confirmed. */
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

const NOTHING_DONE: PurgeEffect = { objects: 0, lazy: false };
/** A purge that a peer missed is found at the latest then. */
const FOLLOW_MS = 30_000;
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
  let file: JournalFile | undefined;
  if (journalPath !== undefined) {
    const unfinished = restored?.unfinished ?? [];
    file = await openJournalFile(journalPath, { epoch, entries: [...journal.entries], unfinished, cursors });
  }
  const counts = { purges: 0, objects: 0, fromPeers: 0, missed: 0, repeated: 0, distrusts: 0 };
  let lastDistrust: { at: string; reason: string } | undefined;
  const silent = new Set<string>();

  /** Journalled and not finished; a repeat of one must not be confirmed before it is. */
  const running = new Map<string, { entry: JournalEntry; done: Promise<PurgeEffect> }>();
  let written = 0;

  function carryOut(entry: JournalEntry): Promise<PurgeEffect> {
    const done = (async () => {
      await file?.entry(entry);
      const effect = subject.apply(entry.target, entry.soft);
      await subject.flushed?.();
      await file?.done(entry.sequence);
      counts.purges++;
      counts.objects += effect.objects;
      return effect;
    })().finally(() => running.delete(entry.id));
    running.set(entry.id, { entry, done });
    if (file && ++written % REWRITE_AFTER === 0) void file.rewrite(snapshot).catch(reportError);
    return done;
  }

  const snapshot = () => ({
    epoch,
    entries: [...journal.entries],
    unfinished: [...running.values()].map(({ entry }) => entry),
    cursors,
  });
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
    if (!entry) await running.get(id)?.done;
    const effect = entry ? await carryOut(entry) : NOTHING_DONE;
    const confirmations = await told;
    const report: PurgeReport = {
      id,
      ...effect,
      soft,
      purged: targetText(target),
      repeated: entry === undefined,
      milliseconds: Math.round((performance.now() - startedAt) * 100) / 100,
      ...(broadcast && { peers: confirmations }),
      confirmed: confirmations.every(({ confirmed }) => confirmed),
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

  for (const entry of restored?.unfinished ?? []) {
    subject.apply(entry.target, entry.soft);
    await file?.done(entry.sequence);
  }
  if (journalPath !== undefined && !restored && !beganEmpty)
    await distrustAll('no journal of purges was kept', { applied: 0, peers: [] });
  const { followMs = FOLLOW_MS } = options;
  const timer = peers.length > 0 && followMs > 0 ? setInterval(() => void catchUp(), followMs) : undefined;
  timer?.unref();

  return {
    purge,
    since: (cursor) => journal.since(cursor),
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
      clearInterval(timer);
      await following;
      await file?.close();
    },
  };
}
