import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideByQuorum, type View } from '../../../src/dns/health/quorum.ts';

/** `U` up, `d` down, `?` not checked, `.` not heard; the first is the server's own. */
function views(words: string): [View, ...(View | undefined)[]] {
  const all = [...words].map((word, i): View | undefined => {
    if (word === '.') return undefined;
    const health = word === 'U' ? 'up' : word === 'd' ? 'down' : 'unknown';
    return { health, secondsToChange: 10, secondsToExpiry: i === 0 ? Number.POSITIVE_INFINITY : 5 };
  });
  return all as [View, ...(View | undefined)[]];
}

function decide(words: string, atLeast: number) {
  const [own, ...others] = views(words);
  return decideByQuorum(own, others, { atLeast });
}

describe('a POP seen by several servers', () => {
  it.each([
    ['its own outage moves nobody', 'dUU', 2, 'up', 'up, down by only 1 of 3'],
    ['two agree', 'ddU', 2, 'down', 'down by 2 of 3'],
    ['the others see it down, this one not', 'Udd', 2, 'down', 'down by 2 of 3'],
    ['too few are heard: it trusts itself', 'd..', 2, 'down', 'own view, 1 of 3 heard'],
    ['and so it does when it sees it up', 'U..', 2, 'up', 'own view, 1 of 3 heard'],
    ['a server that has not checked has no view', 'd??', 2, 'down', 'own view, 1 of 3 heard'],
    ['not checked here, the others decide', '?dd', 2, 'down', 'down by 2 of 2'],
    ['nobody knows', '?..', 2, 'unknown', 'own view, 0 of 3 heard'],
    ['a share is of those heard', 'dd.UU', 0.51, 'up', 'up, down by only 2 of 4'],
    ['most of those heard', 'ddd.U', 0.51, 'down', 'down by 3 of 4'],
    ['a minority that is cut off trusts itself', 'dU...', 0.51, 'down', 'own view, 2 of 5 heard'],
    ['one is enough where the share is small', 'UUUUd', 0.18, 'down', 'down by 1 of 5'],
    ['more than there are means all', 'ddd', 9, 'down', 'down by 3 of 3'],
    ['all see it up', 'UUU', 2, 'up', 'up by 3 of 3'],
  ] as const)('%s', (_sentence, words, atLeast, health, reason) => {
    expect(decide(words, atLeast)).toMatchObject({ health, reason });
  });
});

describe('the time until a verdict could change', () => {
  it.each([
    ['all up: two views must change', 'UUU', 2, 10],
    ['one more down is enough, and one is not heard', 'dU.', 2, 0],
    ['one not heard cannot turn it alone', 'UU.', 2, 10],
  ] as const)('%s', (_sentence, words, atLeast, seconds) => {
    expect(decide(words, atLeast).secondsToChange).toBe(seconds);
  });

  it('is right: nothing that can happen before it turns the verdict, something at it does', () => {
    const healthArbitrary = fc.constantFrom('up', 'down', 'unknown');
    const seconds = fc.integer({ min: 0, max: 4 });
    const viewArbitrary = fc
      .record({ health: healthArbitrary, secondsToChange: seconds, secondsToExpiry: seconds })
      .map((view): View => (view.health === 'unknown' ? { ...view, secondsToChange: 0 } : (view as View)));
    const ownArbitrary = viewArbitrary.map((view) => ({
      ...view,
      secondsToExpiry: Number.POSITIVE_INFINITY,
    }));
    const others = fc.array(fc.option(viewArbitrary, { nil: undefined }), { minLength: 1, maxLength: 4 });
    const rule = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constantFrom(0.18, 0.5, 0.51, 0.75));
    fc.assert(
      fc.property(ownArbitrary, others, rule, (own, rest, atLeast) => {
        const { health, secondsToChange } = decideByQuorum(own, rest, { atLeast });
        expect(firstTurn(own, rest, atLeast, health)).toBe(secondsToChange);
      }),
      { numRuns: 300 },
    );
  });
});

/** The slow way: everything that may have happened by each second. */
function firstTurn(
  own: View,
  others: readonly (View | undefined)[],
  atLeast: number,
  health: string,
): number {
  for (let second = 0; second <= 4; second++) {
    const choices = [own, ...others].map((view, i): (View | undefined)[] => {
      const as = (word: 'up' | 'down'): View => ({ health: word, secondsToChange: 0, secondsToExpiry: 9 });
      if (!view || view.health === 'unknown') return [view, as('up'), as('down')];
      const changed = view.secondsToChange <= second ? [as('up'), as('down')] : [];
      const gone = i > 0 && view.secondsToExpiry <= second ? [undefined] : [];
      // A view that may change may also be lost on the way.
      const lost = i > 0 && changed.length > 0 ? [undefined] : [];
      return [view, ...changed, ...gone, ...lost];
    });
    const all = choices.reduce<(View | undefined)[][]>(
      (sets, choice) => sets.flatMap((set) => choice.map((view) => [...set, view])),
      [[]],
    );
    const turned = all.some(
      ([mine, ...rest]) => decideByQuorum(mine as View, rest, { atLeast }).health !== health,
    );
    if (turned) return second;
  }
  return Number.POSITIVE_INFINITY;
}
