// Purges that an edge missed: the journal that is asked, and what is made of the answers.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planCatchUp } from '../../../src/edge/purge/catch-up.ts';
import {
  type JournalCursor,
  type JournalEntry,
  PurgeJournal,
} from '../../../src/edge/purge/purge-journal.ts';

const purge = (id: string): Omit<JournalEntry, 'sequence'> => ({
  id,
  atMs: 0,
  target: { kind: 'all' },
  soft: false,
  from: 'fra',
});

function journalOf(length: number, most = 100, epoch = 'e') {
  const journal = new PurgeJournal(epoch, [], most);
  for (let i = 1; i <= length; i++) journal.append(purge(`p${i}`));
  return journal;
}

describe('the journal', () => {
  it('numbers purges and takes each id once', () => {
    const journal = journalOf(2);
    expect(journal.append(purge('p1'))).toBeUndefined();
    expect(journal.append(purge('p3'))?.sequence).toBe(3);
    expect(journal.since({ epoch: 'e', sequence: 1 })).toMatchObject({ complete: true, latest: 3 });
    expect(journal.since({ epoch: 'e', sequence: 1 }).entries.map(({ id }) => id)).toEqual(['p2', 'p3']);
  });

  it('says when it cannot tell: another epoch, too long ago, never heard of', () => {
    const journal = journalOf(50, 5);
    expect(journal.since({ epoch: 'other', sequence: 49 }).complete).toBe(false);
    expect(journal.since({ epoch: 'e', sequence: 1 }).complete).toBe(false);
    expect(journal.since({ epoch: 'e', sequence: 51 }).complete).toBe(false);
    expect(journal.since(undefined).complete).toBe(false);
    expect(journalOf(3).since(undefined)).toMatchObject({ complete: true, entries: { length: 3 } });
  });

  it('gives who follows it every purge once and in order, or says that it cannot', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 7 }),
        fc.array(fc.nat(15), { maxLength: 12 }),
        (most, page, steps) => {
          const journal = new PurgeJournal('e', [], most);
          const seen: number[] = [];
          let cursor: JournalCursor = { epoch: 'e', sequence: 0 };
          let lost = false;
          for (const count of steps) {
            for (let i = 0; i < count; i++) journal.append(purge(`${journal.latest + 1}`));
            const answer = journal.since(cursor, page);
            if (!answer.complete) {
              lost = true;
              cursor = { epoch: 'e', sequence: answer.latest };
              continue;
            }
            seen.push(...answer.entries.map(({ sequence }) => sequence));
            cursor = { epoch: 'e', sequence: seen.at(-1) ?? cursor.sequence };
            if (lost) cursor = { epoch: 'e', sequence: answer.entries.at(-1)?.sequence ?? cursor.sequence };
          }
          expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
          if (!lost) expect(seen).toEqual(Array.from({ length: seen.length }, (_, i) => i + 1));
        },
      ),
    );
  });
});

describe('catching up', () => {
  const cursor: JournalCursor = { epoch: 'e', sequence: 2 };
  const situation = {
    cursors: new Map([['fra', cursor]]),
    hasObjects: true,
    beganEmpty: false,
    beforeServing: true,
  };

  it('carries out what one peer tells, and continues there', () => {
    const page = journalOf(4).since(cursor);
    const plan = planCatchUp({ ...situation, answers: [{ peer: 'fra', page }] });
    expect(plan.apply.map(({ id }) => id)).toEqual(['p3', 'p4']);
    expect(plan.distrust).toBeUndefined();
    expect(plan.cursors.get('fra')).toEqual({ epoch: 'e', sequence: 4 });
  });

  it('trusts one peer that can tell when another cannot', () => {
    const answers = [
      { peer: 'fra', page: journalOf(4).since(cursor) },
      { peer: 'sin', page: journalOf(9, 100, 'new').since({ epoch: 'old', sequence: 3 }) },
      { peer: 'gru', page: undefined },
    ];
    const plan = planCatchUp({ ...situation, answers });
    expect(plan.distrust).toBeUndefined();
    expect(plan.cursors.get('sin')).toEqual({ epoch: 'new', sequence: 9 });
  });

  it.each([
    ['a journal that begins anew', journalOf(1, 100, 'new').since(cursor), /fra: its journal began anew/],
    ['a journal that is too short', journalOf(50, 5).since(cursor), /does not reach back to purge 2/],
    ['silence', undefined, /no peer answers \(fra\)/],
  ])('distrusts the store after %s', (_, page, reason) => {
    const plan = planCatchUp({ ...situation, answers: [{ peer: 'fra', page }] });
    expect(plan.distrust).toMatch(reason);
    expect(
      planCatchUp({ ...situation, hasObjects: false, answers: [{ peer: 'fra', page }] }).distrust,
    ).toBeUndefined();
  });

  it('only asks again when peers fall silent while it serves', () => {
    const answers = [{ peer: 'fra', page: undefined }];
    expect(planCatchUp({ ...situation, beforeServing: false, answers }).distrust).toBeUndefined();
  });

  it('distrusts a store that it found when it never followed this peer, and none that began empty', () => {
    const answers = [{ peer: 'fra', page: journalOf(3).since(undefined) }];
    const stranger = { ...situation, cursors: new Map(), answers };
    expect(planCatchUp(stranger).distrust).toMatch(/never followed before/);
    const plan = planCatchUp({ ...stranger, beganEmpty: true });
    expect(plan).toMatchObject({ distrust: undefined, apply: { length: 3 } });
  });
});
