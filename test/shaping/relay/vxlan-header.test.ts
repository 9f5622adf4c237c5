import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  firstWord,
  MAX_VNI,
  markOf,
  secondWord,
  vniOf,
  vniWord,
} from '../../../src/shaping/relay/vxlan-header.ts';

const FULL_FRAME = 1522;

describe('the VXLAN header', () => {
  it('is on the wire what RFC 7348 section 5 draws', () => {
    expect(bytes(firstWord(0), secondWord(vniWord(0x123456), 0))).toBe('0800000012345600');
  });

  it('carries on where a checksum is to be finished, as Linux writes it', () => {
    // Taken from a kernel's SYN: VNI 7, TCP checksum of an IPv4 packet (start 34, offset 16).
    const [first, second] = words('0820000000000711');
    expect(vniOf(first, second, FULL_FRAME)).toBe(7);
    const mark = markOf(first, second);
    expect(bytes(firstWord(mark), secondWord(vniWord(9), mark))).toBe('0820000000000911');
  });

  it('keeps VNI and mark for every VNI and every place of a checksum', () => {
    const place = fc.option(fc.nat(255), { nil: undefined });
    fc.assert(
      fc.property(fc.nat(MAX_VNI), fc.nat(MAX_VNI), place, (vni, next, start) => {
        const mark = start === undefined ? 0 : markOf(...words(`08200000000000${hex(start)}`));
        const first = firstWord(mark);
        const second = secondWord(vniWord(vni), mark);
        expect(vniOf(first, second, FULL_FRAME)).toBe(vni);
        expect(markOf(first, second)).toBe(mark);
        expect(vniOf(firstWord(mark), secondWord(vniWord(next), mark), FULL_FRAME)).toBe(next);
      }),
    );
  });

  it.each([
    ['without the I flag', '0000000000000700', FULL_FRAME],
    ['with a flag of group policy (draft-smith-vxlan-group-policy)', '8800000000000700', FULL_FRAME],
    ['of VXLAN-GPE', '0c00000300000700', FULL_FRAME],
    ['with reserved bits', '0800000100000700', FULL_FRAME],
    ['with a last byte that no flag explains', '0800000000000711', FULL_FRAME],
    ['with no room for an Ethernet header', '0800000000000700', 21],
    ['that is not whole', '0800000000000700', 7],
    ['of an empty datagram', '0800000000000700', 0],
  ])('is refused %s', (_what, header, length) => {
    expect(vniOf(...words(header), length)).toBe(-1);
  });

  it('of any bytes is a VNI or nothing, and a VNI only in the two forms that our devices send', () => {
    const word = fc.integer({ min: 0, max: 0xffff_ffff });
    const first = fc.oneof(word, fc.constantFrom(0x08, 0x2008));
    fc.assert(
      fc.property(first, word, fc.nat(70_000), (one, two, length) => {
        const vni = vniOf(one, two, length);
        const isHeader = (one === 0x08 && two < 0x100_0000) || one === 0x2008;
        if (length < 22 || !isHeader) expect(vni).toBe(-1);
        else expect(bytes(one, secondWord(vniWord(vni), markOf(one, two)))).toBe(bytes(one, two));
      }),
    );
  });
});

/** As the relay reads them: little-endian words of the datagram's first 8 bytes. */
function words(header: string): [number, number] {
  const buffer = Buffer.from(header, 'hex');
  return [buffer.readUInt32LE(0), buffer.readUInt32LE(4)];
}

function bytes(first: number, second: number): string {
  const buffer = Buffer.alloc(8);
  buffer.writeUInt32LE(first, 0);
  buffer.writeUInt32LE(second, 4);
  return buffer.toString('hex');
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
