import { describe, expect, it } from 'vitest';
import { loadZone } from '../../../src/dns/zone/load-zone.ts';
import { reloadWarnings } from '../../../src/dns/zone/reload-warnings.ts';
import { isNewerSerial } from '../../../src/dns/zone/serial.ts';
import type { Zone } from '../../../src/dns/zone/zone.ts';

function zones(serial: number, lines: string) {
  const text = `$ORIGIN a.test.\n$TTL 9\n@ SOA ns h ${serial} 4 3 9 9\n@ NS ns\nns A 192.0.2.1\n${lines}\n`;
  const { zone } = loadZone(text, 'a.zone');
  return new Map([[zone?.origin as string, zone as Zone]]);
}

const TEXT = 'a A 192.0.2.2\na A 192.0.2.3\ns 9 STEER p\nl ALIAS a';

describe('a reload', () => {
  it.each([
    [
      'of the same zone, its records in another order',
      5,
      'l ALIAS a\ns 9 STEER p\na A 192.0.2.3\na A 192.0.2.2',
    ],
    ['of a changed zone with a newer serial', 6, 'b A 192.0.2.2'],
    ['with a serial that has wrapped around', 0x7fff_ffff, ''],
  ])('%s is fine', (_sentence, serial, lines) => {
    expect(reloadWarnings(zones(5, TEXT), zones(serial, lines))).toEqual([]);
    expect(reloadWarnings(new Map(), zones(serial, lines))).toEqual([]);
  });

  it.each([
    ['record', `${TEXT}\nb A 192.0.2.2`],
    ['address', TEXT.replace('192.0.2.2', '192.0.2.9')],
    ['type', TEXT.replace('a A 192.0.2.3\n', 'a TXT x\n')],
    ['TTL', TEXT.replace('a A 192.0.2.2', 'a 8 A 192.0.2.2')],
    ['policy', TEXT.replace('STEER p', 'STEER q')],
    ['steered TTL', TEXT.replace('9 STEER', '9/3 STEER')],
    ['alias', TEXT.replace('ALIAS a', 'ALIAS ns')],
  ])('that changes a %s and not the serial is warned of', (_what, lines) => {
    expect(reloadWarnings(zones(5, TEXT), zones(5, lines))).toEqual([
      {
        file: 'a.zone',
        message: 'the zone a.test. has changed, but its serial is 5 still: secondaries do not notice',
        hint: 'set the serial of its SOA to 6 or more',
      },
    ]);
  });

  it.each([4, 0x8000_0005, 0xffff_ffff])('that goes back from serial 5 to %i is warned of', (serial) => {
    const [warning] = reloadWarnings(zones(5, TEXT), zones(serial, TEXT));
    expect(warning?.message).toContain(`gone back from serial 5 to ${serial}`);
  });
});

it('serials are compared on a circle (RFC 1982)', () => {
  expect(isNewerSerial(1, 0)).toBe(true);
  expect(isNewerSerial(0, 0xffff_ffff)).toBe(true);
  expect(isNewerSerial(0xffff_ffff, 0)).toBe(false);
  expect(isNewerSerial(7, 7)).toBe(false);
});
