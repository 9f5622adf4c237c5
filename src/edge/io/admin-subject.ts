// What the admin server can ask of an edge: the whole interface between the two. What an edge does not offer is absent,
// and its route says so.

import type { JournalCursor } from '../purge/purge-journal.ts';
import type { PurgeService } from './purge-service.ts';
import type { HeldObject, PushedObject } from './push-object.ts';
import type { WarmReport } from './warm-urls.ts';

export interface AdminSubject {
  healthz(): { status: 'ok' | 'draining' } & object;
  /** For people and scripts. */
  state(): object;
  metrics(): Promise<{ contentType: string; text: string }>;
  /** The decision trace of a request by its id, while it is remembered. */
  trace?(id: string): object | undefined;
  purges?: Pick<PurgeService, 'purge' | 'since'>;
  /** Asks for each URL as a client would. */
  warm?(urls: readonly string[], concurrency: number): Promise<WarmReport>;
  /** Puts an object into the store. Throws UserError when it does not fit. */
  put?(object: PushedObject): PutReport;
  /** What is stored for a URL. */
  held?(url: string): Promise<HeldObject | undefined>;
  pins?: PinControl;
  drain?(on: boolean): Promise<void> | void;
  /** `problems` as UserError has them. */
  reload?(): Promise<{ ok: boolean; problems: object[] }>;
}

export interface PutReport {
  /** False when it was not to be, or too much is pinned already. */
  pinned: boolean;
}

export interface PinControl {
  /** Never evicted from now on; false when nothing is stored for this URL. Throws UserError where pins are full. */
  pin(url: string): boolean;
  /** False when it was not pinned. */
  unpin(url: string): boolean;
  list(): { url: string; bytes: number }[];
}

export type { JournalCursor };
