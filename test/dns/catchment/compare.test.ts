import { describe, expect, it } from 'vitest';
import { asGroup, compareCatchments, type GroupPair } from '../../../src/dns/catchment/compare.ts';
import type { Destination, GroupTraits } from '../../../src/dns/catchment/group.ts';
import { weighGroups } from '../../../src/dns/catchment/weigh-groups.ts';

function traits(destinations: Destination[], city = 'Leeds'): GroupTraits {
  return { destinations, known: true, city, country: 'GB', continent: 'EU' };
}

function pair(before: Destination[], after: Destination[], addresses = 100, city?: string): GroupPair {
  return { before: traits(before, city), after: traits(after, city), prefixes: 1, addresses, networks: 0 };
}

function compare(...pairs: GroupPair[]) {
  return compareCatchments(pairs, weighGroups(pairs.map(asGroup), 4));
}

const A: Destination = { pop: 'a', share: 1, km: 100 };
const B: Destination = { pop: 'b', share: 1, km: 900 };

describe('the difference of two catchments', () => {
  it('is nothing when all stay', () => {
    expect(compare(pair([A], [A]), pair([B], [B]))).toMatchObject({
      moved: 0,
      movedPrefixes: 0,
      moves: [],
      losers: [],
    });
  });

  it('tells from which POP to which, how many, and their distances', () => {
    const diff = compare(pair([A], [B], 300), pair([B], [A], 100), pair([A], [A], 600));
    expect(diff.moved).toBeCloseTo(0.4);
    expect(diff.movedPrefixes).toBe(2);
    expect(diff.moves).toMatchObject([
      { from: 'a', to: 'b', share: 0.3, prefixes: 1, before: { medianKm: 100 }, after: { medianKm: 900 } },
      { from: 'b', to: 'a', share: 0.1, prefixes: 1, before: { medianKm: 900 }, after: { medianKm: 100 } },
    ]);
    expect(diff.pops).toEqual([
      { pop: 'a', before: 0.9, after: 0.7 },
      { pop: 'b', before: 0.1, after: 0.3 },
    ]);
  });

  it('lists who ends up farther away, most kilometres times clients first, places summed up', () => {
    const far = { ...B, km: 5000 };
    const diff = compare(
      pair([A], [B], 100, 'Leeds'),
      pair([A], [far], 50, 'York'),
      pair([A], [B], 100, 'Leeds'),
      pair([B], [A], 900, 'Bath'),
    );
    expect(diff.losers).toMatchObject([
      { place: 'York, GB', from: 'a', to: 'b', beforeKm: 100, afterKm: 5000 },
      { place: 'Leeds, GB', weight: 200, beforeKm: 100, afterKm: 900 },
    ]);
  });

  it('moves only what must move when shares change', () => {
    const before = [
      { pop: 'a', share: 0.5 },
      { pop: 'b', share: 0.5 },
    ];
    const after = [
      { pop: 'a', share: 0.5 },
      { pop: 'b', share: 0.2 },
      { pop: 'c', share: 0.3 },
    ];
    const diff = compare(pair(before, after));
    expect(diff.moved).toBeCloseTo(0.3);
    expect(diff.moves).toMatchObject([{ from: 'b', to: 'c' }]);
  });

  it('counts clients that lose their answer', () => {
    expect(compare(pair([A], [])).moves).toMatchObject([{ from: 'a', to: 'none', share: 1 }]);
  });

  it('counts a place that only the new file knows', () => {
    const fresh = pair([A], [B]);
    fresh.before = { destinations: [A], known: false };
    expect(compare(fresh).moved).toBe(1);
  });
});
