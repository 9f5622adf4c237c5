import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatName, isAtOrBelow, parentOf, parseName, ROOT, readName } from '../../../src/dns/wire/name.ts';

const ORIGIN = parseName('cdn.test.') as string;

describe('names', () => {
  it.each([
    ['relative to the origin', 'www', '\x03www\x03cdn\x04test\0'],
    ['absolute', 'www.test.', '\x03www\x04test\0'],
    ['the origin itself', '@', '\x03cdn\x04test\0'],
    ['the root', '.', '\0'],
    ['in lower case', 'WWW.', '\x03www\0'],
    ['an escaped dot is part of the label', 'a\\.b.', '\x03a.b\0'],
    ['a decimal escape is one byte', '\\255.', '\x01\xff\0'],
    ['only ASCII letters are lowered', '\\192A.', '\x02\xc0a\0'],
  ])('%s', (_sentence, text, wire) => {
    expect(parseName(text, ORIGIN)).toBe(wire);
  });

  it.each([
    ['an empty label', 'a..b.'],
    ['nothing', ''],
    ['a leading dot', '.a.'],
    ['a label of 64 bytes', `${'a'.repeat(64)}.`],
    ['a name over 255 bytes', `${`${'a'.repeat(60)}.`.repeat(5)}`],
    ['an escape over 255', '\\256.'],
    ['an escape of nothing', 'a\\'],
    ['a space', 'a b.'],
    ['letters beyond ASCII', 'é.'],
  ])('refuses %s', (_sentence, text) => {
    expect(parseName(text, ORIGIN)).toBeUndefined();
  });

  it('has a parent, up to the root', () => {
    expect(parentOf(ORIGIN)).toBe('\x04test\0');
    expect(parentOf(ROOT)).toBe(ROOT);
    expect(isAtOrBelow(ORIGIN, ROOT)).toBe(true);
    // Bytes that look like the end of a name inside a label are no parent.
    expect(isAtOrBelow('\x05\x04test\0', '\x04test\0')).toBe(false);
  });

  it('any bytes survive text and wire', () => {
    const label = fc.uint8Array({ minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(label, { maxLength: 8 }), (labels) => {
        const wire = Buffer.concat([...labels.map((l) => Buffer.from([l.length, ...l])), Buffer.from([0])]);
        const read = readName(wire, 0);
        expect(read?.end).toBe(wire.length);
        expect(parseName(formatName(read?.name ?? ''))).toBe(read?.name);
      }),
      { seed: 3 },
    );
  });

  it('follows compression pointers backwards only', () => {
    const packet = Buffer.from('\x04test\0\x03cdn\xc0\0\x01a\xc0\x06', 'latin1');
    expect(readName(packet, 12)).toEqual({ name: '\x01a\x03cdn\x04test\0', end: 16 });
    expect(readName(Buffer.from([0xc0, 0]), 0)).toBeUndefined();
    expect(readName(Buffer.from([0xc0, 2, 0xc0, 0]), 2)).toBeUndefined();
    expect(readName(Buffer.from([0xc0]), 0)).toBeUndefined();
  });
});
