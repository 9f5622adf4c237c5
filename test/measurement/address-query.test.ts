import { decode, encode } from 'dns-packet';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeAddressQuery, readAddressAnswer } from '../../src/measurement/address-query.ts';

test.each([
  [4, 'A'],
  [6, 'AAAA'],
] as const)('an IPv%i query asks for %s, recursion desired', (family, type) => {
  const query = decode(Buffer.from(encodeAddressQuery(4711, 'www.cdn.test', family)));
  expect(query.id).toBe(4711);
  expect(query.questions).toMatchObject([{ name: 'www.cdn.test', type, class: 'IN' }]);
  expect(query.flag_rd).toBe(true);
});

test('a name with an empty or too long label is refused', () => {
  expect(() => encodeAddressQuery(1, 'a..test', 4)).toThrow('not a host name');
  expect(() => encodeAddressQuery(1, `${'x'.repeat(64)}.test`, 4)).toThrow('not a host name');
});

test('addresses are read behind a CNAME, with compressed names', () => {
  const message = encode({
    type: 'response',
    id: 7,
    questions: [{ type: 'AAAA', name: 'www.cdn.test' }],
    answers: [
      { type: 'CNAME', name: 'www.cdn.test', data: 'fra.cdn.test' },
      { type: 'AAAA', name: 'fra.cdn.test', data: '2001:db8:b000::2' },
      { type: 'AAAA', name: 'fra.cdn.test', data: '2001:db8:b001::2' },
    ],
  });
  expect(readAddressAnswer(message, 7)).toEqual({
    rcode: 'NOERROR',
    truncated: false,
    addresses: ['2001:db8:b000::2', '2001:db8:b001::2'],
  });
});

test('RCODE and truncation are told', () => {
  const nxdomain = encode({ type: 'response', id: 7, flags: 3, questions: [{ type: 'A', name: 'no.test' }] });
  expect(readAddressAnswer(nxdomain, 7)).toMatchObject({ rcode: 'NXDOMAIN', addresses: [] });
  const truncated = encode({
    type: 'response',
    id: 7,
    flags: 0x0200,
    questions: [{ type: 'A', name: 'big.test' }],
  });
  expect(readAddressAnswer(truncated, 7)).toMatchObject({ truncated: true });
});

test('an answer of another id, a query and an answer cut short are not answers', () => {
  const message = encode({
    type: 'response',
    id: 7,
    questions: [{ type: 'A', name: 'a.test' }],
    answers: [{ type: 'A', name: 'a.test', data: '192.0.2.1' }],
  });
  expect(readAddressAnswer(message, 8)).toBeUndefined();
  expect(readAddressAnswer(message.subarray(0, message.length - 2), 7)).toBeUndefined();
  expect(readAddressAnswer(encodeAddressQuery(7, 'a.test', 4), 7)).toBeUndefined();
});

test('no bytes make the reader throw or go on for ever', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      if (bytes.length > 2) bytes[2] = (bytes[2] ?? 0) | 0x80;
      const id = bytes.length >= 2 ? ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0) : 0;
      readAddressAnswer(bytes, id);
    }),
  );
});
