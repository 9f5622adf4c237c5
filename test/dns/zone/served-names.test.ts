import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TYPES } from '../../../src/dns/wire/constants.ts';
import { type Name, parseName } from '../../../src/dns/wire/name.ts';
import { loadZone } from '../../../src/dns/zone/load-zone.ts';
import { lookupName } from '../../../src/dns/zone/lookup.ts';
import { servedNames } from '../../../src/dns/zone/served-names.ts';
import { findZone, type Zone } from '../../../src/dns/zone/zone.ts';
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

it('are those that findZone and lookupName find under their own name', () => {
  const origins = fc.subarray(['test.', 'a.test.', 'b.a.test.', 'c.test.', 'a.b.c.test.'], { minLength: 1 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e9 }), origins, (seed, some) => {
      const zones = zonesOf(seed, some);
      const served = new Map(servedNames(zones));
      for (const owner of gridNames()) {
        const name = parseName(`${owner}${owner === '' ? '' : '.'}test.`) as Name;
        const zone = findZone(zones, name);
        const found = zone && lookupName(zone, name, TYPES.A);
        expect(served.get(name)).toBe(found?.kind === 'node' && found.source === name ? zone : undefined);
      }
    }),
    { numRuns: 15 },
  );
});

it('are empty non-terminals too, and neither a delegation nor what lies below it', () => {
  const text = `${HEAD}a.b.ent A 192.0.2.1\n*.w A 192.0.2.1\nsub NS ns.sub\nns.sub A 192.0.2.1\nwww 9 STEER p\n`;
  const { zone } = loadZone(`$ORIGIN a.test.\n${text}`, 'a.zone');
  const served = [...servedNames(new Map([[zone?.origin as Name, zone as Zone]]))];
  const expected = ['', 'ent.', 'b.ent.', 'a.b.ent.', 'w.', '*.w.', 'www.'];
  expect(served.map(([name]) => name).sort()).toEqual(
    expected.map((name) => parseName(`${name}a.test.`)).sort(),
  );
});
