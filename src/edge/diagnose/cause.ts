// Why a request was not a hit: one cause each, the first that holds. The causes are the steps of the ladder.

import type { LogRecord } from './log-record.ts';

export const CAUSES = [
  'bypass',
  'client',
  'error',
  'not-storable',
  'vary',
  'query',
  'cold',
  'expired',
  'gone-purged',
  'gone-evicted',
  'collapsed',
] as const;
export type Cause = (typeof CAUSES)[number];

/** What was known of the object before this request. */
export interface ObjectHistory {
  /** Last time it came from the origin, milliseconds since the epoch. */
  filledAtMs: number;
  lifetimeMs: number | undefined;
}

export interface CauseContext {
  /** Of exactly this URL; undefined when it was never seen. */
  history: ObjectHistory | undefined;
  /** The same path was asked for before with other values of parameters that change no content. */
  knownUnderOtherQuery: boolean;
}

/** Words of responses that were not, or may not be, stored. */
const NOT_STORABLE =
  /^(?:no-store|private|authorization|set-cookie|vary-star|no-freshness|too-large|status|partial|no-ranges|request-no-store|no-cache)$/;

/** `gone`: it should have been there; purged or evicted, what follows in the log decides. */
export function causeOf(record: LogRecord, { history, knownUnderOtherQuery }: CauseContext): Cause | 'gone' {
  const { result, detail = '', vary } = record;
  if (result === 'pass') return NOT_STORABLE.test(detail) ? 'not-storable' : 'bypass';
  if (result === 'error') return 'error';
  if (detail.startsWith('request-') && detail !== 'request-no-store') return 'client';
  if (NOT_STORABLE.test(detail)) return 'not-storable';
  if (/^no variant\b|^vary/.test(detail)) return 'vary';
  if (result === 'collapsed') return 'collapsed';
  if (detail === 'expired' || result === 'revalidated') return 'expired';
  if (history === undefined) return knownUnderOtherQuery ? 'query' : 'cold';
  if (history.lifetimeMs !== undefined && record.atMs - history.filledAtMs >= history.lifetimeMs)
    return 'expired';
  return vary !== undefined && vary.length > 0 ? 'vary' : 'gone';
}
