import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PackedResponse, plainResponse, ResponsePacker } from '../../../src/edge/store/packed-response.ts';
import type { StoredResponse } from '../../../src/edge/stored-response.ts';
import { stored } from './stored-responses.ts';

const value = fc.oneof(
  fc.constantFrom('', 'text/html', 'Sun, 06 Nov 1994 08:49:37 GMT', 'Sun, 06 Nov 1994 24:49:37 GMT'),
  fc.string({ unit: fc.constantFrom('a', ' ', '\t', '"', 'é', '\u0001') }),
);
const fields = fc
  .array(fc.tuple(fc.constantFrom('Content-Type', 'X-A', 'x-a', 'Date'), value), { maxLength: 8 })
  .map((lines) => lines.flat());

describe('a packed response', () => {
  it('says the same as the plain one, whatever the fields are', () => {
    const packer = new ResponsePacker();
    fc.assert(
      fc.property(fields, fc.integer({ min: 0, max: 5e12 }), fc.nat(1e6), (fields, timeMs, ageMs) => {
        const response: StoredResponse = {
          ...stored(10, 'de', ['a']),
          fields,
          responseTimeMs: timeMs,
          initialAgeSeconds: ageMs / 1000,
        };
        expect(plainResponse(packer.pack(response))).toEqual(response);
      }),
    );
  });

  it('keeps properties it has never heard of', () => {
    const response = { ...stored(10), later: 5, list: ['a'], absent: undefined };
    const packed = new ResponsePacker().pack(response);
    expect(packed).toBeInstanceOf(PackedResponse);
    const { absent: _, ...expected } = response;
    expect(plainResponse(packed)).toEqual(expected);
  });

  it('keeps bodies in several pieces, and none', () => {
    const pieces = [new Uint8Array([1, 2]), new Uint8Array([3])];
    const packer = new ResponsePacker();
    const packed = packer.pack({ ...stored(0), body: pieces, size: 3 });
    expect([packed.body, packed.size]).toEqual([pieces, 3]);
    expect(packer.pack(stored(0)).body).toEqual([]);
    // A window on a greater buffer is kept as a window.
    const window = new Uint8Array(new ArrayBuffer(100), 10, 5);
    expect(packer.pack({ ...stored(0), body: [window], size: 5 }).size).toBe(5);
  });

  it('learns which values are shared, and stays right when there are too many of them', () => {
    const packer = new ResponsePacker();
    for (let i = 0; i < 6000; i++) {
      const fields = ['A', `a${i % 30}`, 'B', `b${i % 29}`, 'C', `c${i % 31}`, 'D', `d${i}`];
      expect(packer.pack({ ...stored(1), fields }).fields).toEqual(fields);
    }
  });
});
