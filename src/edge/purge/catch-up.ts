// What an edge does about purges it may have missed, given what its peers answer: a pure decision, taken before it
// serves from a store that outlived it, and again every now and then. Each peer's journal holds all purges that peer has
// seen, its own and others', so one peer that can tell everything is enough; where none can, nothing in the store is
// trusted any more and all of it is marked stale.

import type { JournalCursor, JournalEntry, JournalPage } from './purge-journal.ts';

export interface PeerAnswer {
  peer: string;
  /** Undefined: it did not answer. */
  page: JournalPage | undefined;
}

export interface CatchUp {
  /** Purges to carry out, those of each peer in order; the same one may come from several. */
  apply: JournalEntry[];
  /** Set when what was missed cannot be told: mark everything stale, and why. */
  distrust: string | undefined;
  /** Where the next question continues. */
  cursors: Map<string, JournalCursor>;
}

export interface CatchUpSituation {
  /** As far as each peer was followed. */
  cursors: ReadonlyMap<string, JournalCursor>;
  answers: readonly PeerAnswer[];
  /** There is something in the store that a purge could be about. */
  hasObjects: boolean;
  /** The store was empty when this edge began: a peer it has not heard of yet has told everything if its journal has all. */
  beganEmpty: boolean;
  /** Before serving: silence of all peers is a reason for distrust then; later it is only a reason to ask again. */
  beforeServing: boolean;
}

export function planCatchUp(situation: CatchUpSituation): CatchUp {
  const { answers, hasObjects, beganEmpty, beforeServing } = situation;
  const cursors = new Map(situation.cursors);
  const apply: JournalEntry[] = [];
  const gaps: string[] = [];
  let told = 0;
  for (const { peer, page } of answers) {
    if (!page) continue;
    const cursor = cursors.get(peer);
    if (page.complete && (cursor !== undefined || beganEmpty)) {
      told++;
      apply.push(...page.entries);
      const last = page.entries.at(-1)?.sequence ?? page.latest;
      cursors.set(peer, { epoch: page.epoch, sequence: last });
      continue;
    }
    gaps.push(`${peer}: ${gapReason(page, cursor)}`);
    // From here on it can be followed again: everything before is covered by the distrust, or by another peer.
    cursors.set(peer, { epoch: page.epoch, sequence: page.latest });
  }
  const silent = answers.filter(({ page }) => page === undefined).map(({ peer }) => peer);
  let distrust: string | undefined;
  if (hasObjects && told === 0) {
    if (gaps.length > 0) distrust = gaps.join('; ');
    else if (beforeServing && silent.length > 0) distrust = `no peer answers (${silent.join(', ')})`;
  }
  return { apply, distrust, cursors };
}

function gapReason(page: JournalPage, cursor: JournalCursor | undefined): string {
  if (cursor === undefined) return 'never followed before';
  if (cursor.epoch !== page.epoch) return 'its journal began anew';
  return `its journal does not reach back to purge ${cursor.sequence}`;
}
