// Records are read back from a disk that may have changed: any bytes must give a sound record or none.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeHeader, decodeRecord, encodeRecord } from '../../../src/edge/store/disk-record.ts';
import { stored } from './stored-responses.ts';

const nonce = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
const response = stored(500, 'de', ['a']);
const bytes = Buffer.concat(encodeRecord({ key: 'http://a/é', response, sequence: 7 }, nonce));

describe('a record on the disk', () => {
  it('comes back as it was', () => {
    expect(bytes.length % 64).toBe(0);
    expect(decodeRecord(bytes, nonce)).toEqual({ key: 'http://a/é', response, sequence: 7 });
  });

  it('is none in another segment', () => {
    expect(decodeRecord(bytes, new Uint8Array(8))).toBeUndefined();
  });

  it('is none when any byte has changed or its end is missing', () => {
    const used = bytes.length - 64;
    fc.assert(
      fc.property(fc.nat(used), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const harmed = Buffer.from(bytes);
        harmed[at] = (harmed[at] as number) ^ change;
        expect(decodeRecord(harmed, nonce)).toBeUndefined();
        expect(decodeRecord(bytes.subarray(0, at), nonce)).toBeUndefined();
      }),
    );
  });

  it('is none in arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        expect(decodeHeader(Buffer.from(noise), 0, nonce)).toBeUndefined();
      }),
    );
  });

  it('leaves out what others have hung on the response and is no data', () => {
    const hung = Object.assign(stored(1), { rendered: Buffer.from('HTTP/1.1'), render: () => 1 });
    const again = Buffer.concat(encodeRecord({ key: 'u', response: hung, sequence: 1 }, nonce));
    expect(decodeRecord(again, nonce)?.response).toEqual(stored(1));
  });
});
