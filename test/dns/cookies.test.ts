// DNS cookies against the test vectors of RFC 9018 appendix A, and SipHash-2-4 against its reference.

import { describe, expect, it } from 'vitest';
import { COOKIE_BYTES, Cookies } from '../../src/dns/cookies.ts';
import { sipHash } from '../../src/dns/siphash.ts';
import { parseAddress } from '../../src/net/ip-address.ts';

const hex = (text: string) => Buffer.from(text, 'hex');
const address = (text: string) => parseAddress(text) as Uint8Array;

it('SipHash-2-4 of the reference key and messages', () => {
  const key = Buffer.from(Array.from({ length: 16 }, (_, i) => i));
  const out = Buffer.alloc(8);
  const hashOf = (length: number) => {
    sipHash(key, Buffer.from(Array.from({ length }, (_, i) => i)), out, 0);
    return out.toString('hex');
  };
  // Of the reference implementation's vectors_sip64.
  expect(hashOf(0)).toBe('310e0edd47db6f72');
  expect(hashOf(1)).toBe('fd67dc93c539f874');
  expect(hashOf(15)).toBe('e545be4961ca29a1');
});

describe('RFC 9018 appendix A', () => {
  const secret = hex('e5e973e5a6b2a43f48e7dc849e37bfcf');

  it('learns a new server cookie (A.1)', () => {
    const cookies = new Cookies([secret]);
    expect(cookies.check(hex('2464c4abcf10c957'), 8, address('198.51.100.100'), 1559731985)).toBe(
      'client-only',
    );
    expect(Buffer.from(cookies.reply).toString('hex')).toBe(
      '2464c4abcf10c957010000005cf79f111f8130c3eee29480',
    );
  });

  it('renews an old one of the same client (A.2)', () => {
    const cookies = new Cookies([secret]);
    const old = hex('2464c4abcf10c957010000005cf79f111f8130c3eee29480');
    expect(cookies.check(old, old.length, address('198.51.100.100'), 1559734385)).toBe('good');
    expect(Buffer.from(cookies.reply).toString('hex')).toBe(
      '2464c4abcf10c957010000005cf7a871d4a564a1442aca77',
    );
  });

  it('takes one of another server and hands it back while it is young (A.3)', () => {
    const cookies = new Cookies([secret]);
    const young = hex('fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5');
    expect(cookies.check(young, young.length, address('203.0.113.203'), 1559727985)).toBe('good');
  });

  it('of two secrets makes with the first and takes both, over IPv6 (A.4)', () => {
    const cookies = new Cookies([
      hex('445536bcd2513298075a5d379663c962'),
      hex('dd3bdf9344b678b185a6f5cb60fca715'),
    ]);
    const source = address('2001:db8:220:1:59de:d0f4:8769:82b8');
    const old = hex('22681ab97d52c298010000005cf7c57926556bd0934c72f8');
    expect(cookies.check(old, old.length, source, 1559741961)).toBe('good');
    expect(Buffer.from(cookies.reply).toString('hex')).toBe(
      '22681ab97d52c298010000005cf7c609a6bb79d16625507a',
    );
  });
});

it('refuses what is old, from the future, of another address, or of another secret', () => {
  const secret = hex('00112233445566778899aabbccddeeff');
  const cookies = new Cookies([secret]);
  const source = address('192.0.2.7');
  const now = 1_800_000_000;
  cookies.check(hex('0102030405060708'), 8, source, now);
  const given = Buffer.from(cookies.reply);
  const verdict = (at: number, from = source, by = cookies) => by.check(given, COOKIE_BYTES, from, at);
  expect(verdict(now + 10)).toBe('good');
  expect(verdict(now + 3599)).toBe('good');
  expect(verdict(now + 3601)).toBe('bad');
  expect(verdict(now - 299)).toBe('good');
  expect(verdict(now - 301)).toBe('bad');
  expect(verdict(now, address('192.0.2.8'))).toBe('bad');
  expect(verdict(now, source, new Cookies([hex('ffeeddccbbaa99887766554433221100')]))).toBe('bad');
  expect(cookies.check(given, 16, source, now)).toBe('bad');
});
