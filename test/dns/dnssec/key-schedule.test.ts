// The life of keys: who is published and who signs, at each moment of a rollover.

import { describe, expect, it } from 'vitest';
import { keysAt } from '../../../src/dns/dnssec/key-schedule.ts';
import type { KeyTiming, ZoneKey } from '../../../src/dns/dnssec/zone-key.ts';

function key(file: string, flags: number, timing: KeyTiming): ZoneKey {
  return { zone: '\0', flags, publicKey: new Uint8Array(64), privateKey: new Uint8Array(32), timing, file };
}

function at(keys: readonly ZoneKey[], now: number) {
  const { published, keySigners, zoneSigners, synced, fromSeconds, untilSeconds } = keysAt(keys, now, true);
  const names = (list: readonly ZoneKey[]) => list.map(({ file }) => file).join(' ');
  return {
    published: names(published),
    keys: names(keySigners),
    zone: names(zoneSigners),
    synced: names(synced),
    from: fromSeconds,
    until: untilSeconds,
  };
}

describe('a ZSK rollover by publishing first (RFC 7583 section 3.2.1)', () => {
  const keys = [
    key('ksk', 257, { publish: 0, activate: 0 }),
    key('old', 256, { publish: 0, activate: 0, inactive: 200, delete: 300 }),
    key('new', 256, { publish: 100, activate: 200 }),
  ];
  it.each([
    [50, { published: 'ksk old', zone: 'old', from: 0, until: 100 }],
    [100, { published: 'ksk old new', zone: 'old', from: 100, until: 200 }],
    [200, { published: 'ksk old new', zone: 'new', from: 200, until: 300 }],
    [300, { published: 'ksk new', zone: 'new', from: 300, until: Number.POSITIVE_INFINITY }],
  ])('at %s', (now, expected) => {
    expect(at(keys, now)).toMatchObject({ ...expected, keys: 'ksk', synced: 'ksk' });
  });
});

it('two active keys of a kind both sign', () => {
  const keys = [
    key('one', 256, { publish: 0, activate: 0 }),
    key('two', 256, { publish: 0, activate: 0 }),
    key('ksk', 257, { publish: 0, activate: 0 }),
  ];
  expect(at(keys, 1)).toMatchObject({ zone: 'one two', keys: 'ksk' });
});

it('a CSK signs everything, and two of them during its rollover', () => {
  const keys = [
    key('old', 257, { publish: 0, activate: 0, inactive: 200, delete: 200 }),
    key('new', 257, { publish: 100, activate: 100 }),
  ];
  expect(at(keys, 50)).toMatchObject({ published: 'old', keys: 'old', zone: 'old', synced: 'old' });
  expect(at(keys, 150)).toMatchObject({ keys: 'old new', zone: 'old new', synced: 'old new' });
  expect(at(keys, 250)).toMatchObject({ published: 'new', keys: 'new', zone: 'new', synced: 'new' });
});

it('the parent is asked when the key`s file says so', () => {
  const keys = [
    key('old', 257, { publish: 0, activate: 0, syncPublish: 0, syncDelete: 100 }),
    key('new', 257, { publish: 0, activate: 0, syncPublish: 100 }),
  ];
  expect(at(keys, 50).synced).toBe('old');
  expect(at(keys, 100).synced).toBe('new');
});

it('when the last key is out of its time it goes on, so that a forgotten rollover does not take the zone away', () => {
  const ended = (file: string, flags: number, inactive: number) =>
    key(file, flags, { publish: 0, activate: 0, inactive });
  const coming = key('coming', 257, { publish: 0, activate: 900, inactive: 1000 });
  expect(at([ended('older', 257, 50), ended('last', 257, 100), coming], 500)).toMatchObject({
    keys: 'last',
    zone: 'last',
  });
  // The parent's DS points at KSKs: a ZSK alone would not be believed, while a KSK may sign everything.
  expect(at([ended('ksk', 257, 100), key('zsk', 256, { publish: 0, activate: 0 })], 500)).toMatchObject({
    keys: 'ksk',
    zone: 'zsk',
  });
  expect(at([key('ksk', 257, { publish: 0, activate: 0 }), ended('zsk', 256, 100)], 500)).toMatchObject({
    keys: 'ksk',
    zone: 'ksk',
  });
  expect(at([ended('older', 256, 50), ended('last', 256, 100)], 500)).toMatchObject({
    zone: 'last',
    keys: 'last',
  });
});

it('a key that is not published signs nothing', () => {
  expect(at([key('early', 257, { publish: 100, activate: 0 })], 50)).toMatchObject({
    published: '',
    zone: '',
  });
});
