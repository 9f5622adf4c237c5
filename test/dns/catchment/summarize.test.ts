import { describe, expect, it } from 'vitest';
import { parseCountryUsers } from '../../../src/dns/catchment/country-users.ts';
import type { CatchmentGroup } from '../../../src/dns/catchment/group.ts';
import { summarizeCatchment } from '../../../src/dns/catchment/summarize.ts';
import { weighGroups } from '../../../src/dns/catchment/weigh-groups.ts';

function group(traits: Partial<CatchmentGroup>): CatchmentGroup {
  return { destinations: [], known: true, prefixes: 1, addresses: 256, networks: 1, ...traits };
}

const GROUPS = [
  group({
    destinations: [{ pop: 'fra', share: 1, km: 600 }],
    country: 'GB',
    continent: 'EU',
    addresses: 600,
  }),
  group({
    destinations: [{ pop: 'fra', share: 1, km: 100 }],
    country: 'DE',
    continent: 'EU',
    addresses: 300,
  }),
  group({
    destinations: [{ pop: 'sin', share: 1, km: 5300 }],
    country: 'JP',
    continent: 'AS',
    addresses: 100,
  }),
  group({ destinations: [{ pop: 'fra', share: 1 }], known: false, addresses: 1e9 }),
];

describe('a catchment', () => {
  it('is told by POP, with the distances of its clients and its largest countries', () => {
    const { pops, total, located } = summarizeCatchment(GROUPS, weighGroups(GROUPS, 4));
    expect(total).toBe(1000);
    expect(located).toBe(1);
    expect(pops).toEqual([
      {
        pop: 'fra',
        share: 0.9,
        weight: 900,
        distance: { medianKm: 600, p95Km: 600, maxKm: 600, meanKm: 433 },
        countries: [
          { country: 'GB', share: 600 / 900 },
          { country: 'DE', share: 300 / 900 },
        ],
      },
      {
        pop: 'sin',
        share: 0.1,
        weight: 100,
        distance: { medianKm: 5300, p95Km: 5300, maxKm: 5300, meanKm: 5300 },
        countries: [{ country: 'JP', share: 1 }],
      },
    ]);
  });

  it('does not count address space that the GeoIP file does not know', () => {
    expect(weighGroups(GROUPS, 4).weights[3]).toBe(0);
  });

  it('counts IPv6 by networks of /48', () => {
    expect(weighGroups(GROUPS, 6)).toMatchObject({ unit: 'networks', total: 3 });
  });

  it('names a POP that gets nobody', () => {
    const { pops } = summarizeCatchment(GROUPS, weighGroups(GROUPS, 4), ['fra', 'sin', 'gru']);
    expect(pops.at(-1)).toMatchObject({ pop: 'gru', share: 0 });
  });

  it('splits a group whose clients a hash spreads', () => {
    const split = [
      group({
        destinations: [
          { pop: 'a', share: 0.75, km: 10 },
          { pop: 'b', share: 0.25, km: 90 },
        ],
      }),
    ];
    const summary = summarizeCatchment(split, weighGroups(split, 4));
    expect(summary.pops.map(({ pop, share }) => [pop, share])).toEqual([
      ['a', 0.75],
      ['b', 0.25],
    ]);
    expect(summary.distance).toEqual({ medianKm: 10, p95Km: 90, maxKm: 90, meanKm: 30 });
  });

  it('says who has no answer, and whose distance is not known', () => {
    const groups = [group({}), group({ destinations: [{ pop: 'a', share: 1 }] })];
    const summary = summarizeCatchment(groups, weighGroups(groups, 4));
    expect(summary).toMatchObject({ located: 0, distance: undefined });
    expect(summary.pops.map(({ pop }) => pop)).toEqual(['a', 'none']);
  });

  it('by users: a country counts as it has users, however many addresses', () => {
    const users = parseCountryUsers('country,users\nGB,10\nJP,90\n', 'users.csv');
    const { pops, unit } = summarizeCatchment(GROUPS, weighGroups(GROUPS, 4, users));
    expect(unit).toBe('users');
    expect(pops.map(({ pop, share }) => [pop, share])).toEqual([
      ['sin', 0.9],
      ['fra', 0.1],
    ]);
  });

  it('of nothing is empty', () => {
    expect(summarizeCatchment([], weighGroups([], 4))).toMatchObject({ total: 0, located: 0, pops: [] });
  });
});

describe('users by country', () => {
  it('are read with titles, comments, quotes and empty lines', () => {
    const text = '# ITU 2024\n"country","users"\n\nde,79000000\n"FR",5e7 # about\n';
    expect([...parseCountryUsers(text, 'u.csv')]).toEqual([
      ['DE', 79_000_000],
      ['FR', 50_000_000],
    ]);
  });

  it('are refused with every wrong line', () => {
    expect(() => parseCountryUsers('DE,1\nGermany,2\nFR,-1\nDE,3\n', 'u.csv')).toThrow(
      /u\.csv:2: .*\n.*\nu\.csv:3: .*\n.*\nu\.csv:4: DE is there twice/,
    );
    expect(() => parseCountryUsers('country,users\n', 'u.csv')).toThrow('no country in it');
  });
});
