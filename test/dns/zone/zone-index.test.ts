import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TYPES } from '../../../src/dns/wire/constants.ts';
import { type Name, parseName } from '../../../src/dns/wire/name.ts';
import { loadZone } from '../../../src/dns/zone/load-zone.ts';
import { lookupName } from '../../../src/dns/zone/lookup.ts';
import { findZone, type Zone } from '../../../src/dns/zone/zone.ts';
import { buildZoneIndex, lookupIndexed } from '../../../src/dns/zone/zone-index.ts';
import { gridNames, randomZone } from '../conformance/random-zone.ts';

const HEAD = '$TTL 300\n@ SOA ns h 1 3600 900 1209600 60\n@ NS ns.elsewhere.example.\n';

/** Zones of which some lie below others, on delegations or not. */
function zonesOf(seed: number, origins: readonly string[]): Map<Name, Zone> {
  const zones = new Map<Name, Zone>();
  for (const [i, origin] of origins.entries()) {
    const { zone, problems } = loadZone(`$ORIGIN ${origin}\n${HEAD}${randomZone(seed + i)}`, origin);
    expect(problems).toEqual([]);
    if (zone) zones.set(zone.origin, zone);
  }
  return zones;
}

it('finds what findZone and lookupName find, for every name and type', () => {
  const origins = fc.subarray(['test.', 'a.test.', 'b.a.test.', 'c.test.', 'a.b.c.test.'], { minLength: 1 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e9 }), origins, (seed, some) => {
      const zones = zonesOf(seed, some);
      const index = buildZoneIndex(zones);
      for (const owner of gridNames()) {
        const name = parseName(`${owner}${owner === '' ? '' : '.'}test.`) as Name;
        for (const type of [TYPES.A, TYPES.NS, TYPES.DS]) {
          const zone = findZone(zones, name, type);
          const found = zone && { zone, found: lookupName(zone, name, type) };
          expect(lookupIndexed(index, name, type)).toEqual(found);
        }
      }
    }),
    { numRuns: 15 },
  );
});

it('lists each name that exists and is ours to answer, and no other', () => {
  const text = `${HEAD}a.b.ent A 192.0.2.1\n*.w A 192.0.2.1\nsub NS ns.sub\nns.sub A 192.0.2.1\nwww 9 STEER p\n`;
  const { zone } = loadZone(`$ORIGIN a.test.\n${text}`, 'a.zone');
  const { names, cuts } = buildZoneIndex(new Map([[zone?.origin as Name, zone as Zone]]));
  const expected = ['', 'ent.', 'b.ent.', 'a.b.ent.', 'w.', '*.w.', 'www.'];
  expect([...names.keys()].sort()).toEqual(expected.map((name) => parseName(`${name}a.test.`)).sort());
  expect([...cuts.keys()]).toEqual([parseName('sub.a.test')]);
});

it('does not know names outside all zones, nor the root', () => {
  const index = buildZoneIndex(zonesOf(1, ['a.test.']));
  expect(lookupIndexed(index, parseName('b.test') as Name, TYPES.A)).toBeUndefined();
  expect(lookupIndexed(index, parseName('.') as Name, TYPES.A)).toBeUndefined();
  expect(lookupIndexed(index, parseName('.') as Name, TYPES.DS)).toBeUndefined();
});
