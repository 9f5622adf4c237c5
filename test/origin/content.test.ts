import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createContentMaker } from '../../src/origin/content.ts';

const whole = (content: { size: number; bytes(first: number, length: number): Uint8Array }) =>
  Buffer.from(content.bytes(0, content.size)).toString();

describe('content', () => {
  it('is the same for the same seed, name and version, and another for any other', () => {
    const make = (seed: number, id: string, version: number, variant: string) =>
      createContentMaker(seed).json(id, version, variant);
    const contents = [
      make(1, 'a', 0, ''),
      make(2, 'a', 0, ''),
      make(1, 'b', 0, ''),
      make(1, 'a', 1, ''),
      make(1, 'a', 0, 'x'),
    ];
    expect(new Set(contents.map(whole)).size).toBe(5);
    expect(new Set(contents.map((content) => content.etag)).size).toBe(5);
    expect(make(1, 'a', 0, '').etag).toBe(contents[0]?.etag);
    expect(whole(make(1, 'a', 0, ''))).toBe(whole(contents[0] as never));
    expect(JSON.parse(whole(make(1, 'a', 0, '')))).toMatchObject({ id: 'a', version: 0 });
  });

  it('has a strong ETag', () => {
    expect(createContentMaker(1).sized(10, 0).etag).toMatch(/^"[0-9a-f]{16}"$/);
  });

  it('is the same bytes in whatever pieces it is read', () => {
    const size = 200_000;
    const content = createContentMaker(1).sized(size, 0);
    const all = Buffer.from(content.bytes(0, size));
    expect(all.length).toBe(size);
    fc.assert(
      fc.property(fc.nat(size), fc.nat(size), (a, b) => {
        const [first, end] = a < b ? [a, b] : [b, a];
        expect(Buffer.from(content.bytes(first, end - first)).equals(all.subarray(first, end))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});
