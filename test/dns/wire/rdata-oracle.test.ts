// Every type's text, as BIND's named-rrchecker reads it: the same bytes, and a text that BIND reads as those bytes again.

import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { hexOf, textOf } from './rdata-support.ts';

const ECH =
  'AEj+DQBEAQAgACAdd+scUi0IYFsXnUIU7ko2Nd9+F8M26pAGZVpz/KrWPgAEAAEAAWQVZWNoLXNpdGVzLmV4YW1wbGUubmV0AAA=';
const KEY = 'Jqz8OXTbj0z4NRUzLTEnYUkpFrJ9MXhsOGaGNgCcnQxKBiQdl4JYVnCX6nbqDEnlq4DK/ffpTRe0vhKwGzrwkA==';

const RECORDS = [
  'A 192.0.2.1',
  'AAAA 2001:db8::1',
  'NS ns.example.test.',
  'SOA ns.test. admin.test. 1 7200 900 1209600 60',
  'HINFO "PDP-11" "UNIX"',
  'MX 10 mail.test.',
  'TXT "a b" "c\\"d\\\\" "\\200"',
  'RP admin.test. txt.test.',
  'AFSDB 1 afs.test.',
  'SRV 0 5 443 host.test.',
  'NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:info@example.test!" .',
  'KX 10 kx.test.',
  'DS 60485 13 2 d4b7d520e7bb5f0f67674a0cceb1e3e0614b93c4f9e99b8383f6a1e4469da50a',
  'CDS 0 0 0 00',
  'SSHFP 4 2 123456789abcdef67890123456789abcdef67890123456789abcdef123456789',
  `RRSIG A 13 3 86400 20030322173103 20030220173103 2642 example.test. ${KEY}`,
  `RRSIG TYPE1234 13 0 86400 1048354263 1045762263 2642 . ${KEY}`,
  'NSEC \\000.example.test. A MX RRSIG NSEC TYPE1234 CAA',
  'NSEC . NS SOA RRSIG NSEC DNSKEY',
  `DNSKEY 257 3 13 ${KEY}`,
  `DNSKEY 256 3 ECDSAP256SHA256 ${KEY}`,
  'CDNSKEY 0 3 0 AA==',
  `TLSA 3 1 1 ${'ab'.repeat(32)}`,
  `SMIMEA 3 0 0 ${'cd'.repeat(20)}`,
  `OPENPGPKEY ${KEY}`,
  'CSYNC 66 3 A NS AAAA',
  `ZONEMD 2018031500 1 1 ${'0f'.repeat(48)}`,
  'URI 10 1 "ftp://ftp1.example.com/public%20data"',
  'CAA 128 issue "ca.example.net; policy=ev"',
  'CAA 0 iodef "mailto:a@b.test"',
  // RFC 9460 appendix D.
  'SVCB 0 foo.example.com.',
  'SVCB 1 .',
  'SVCB 16 foo.example.com. port=53',
  'SVCB 1 foo.example.com. key667=hello',
  'SVCB 1 foo.example.com. key667="hello\\210qoo"',
  'SVCB 1 foo.example.com. ipv6hint="2001:db8::1,2001:db8::53:1"',
  'SVCB 1 example.com. ipv6hint="2001:db8:122:344::192.0.2.33"',
  'SVCB 16 foo.example.org. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1',
  'SVCB 16 foo.example.org. alpn="f\\\\\\\\oo\\\\,bar,h2"',
  'SVCB 16 foo.example.org. alpn=f\\\\\\092oo\\092,bar,h2',
  'HTTPS 0 pool.svc.example.',
  `HTTPS 1 . alpn="h2,h3" no-default-alpn port=8443 ipv4hint=192.0.2.1,192.0.2.2 ech=${ECH}`,
  'HTTPS 2 h3pool alpn=h3 key65280=',
  'HTTPS 1 . key3=\\001\\187',
  'HTTPS 1 . key7="/dns-query{?dns}"',
];

const REFUSED: [line: string, reason: RegExp][] = [
  // RFC 9460 appendix D.3.
  ['SVCB 1 foo.example.com. key123=abc key123=def', /key123 is there twice/],
  ['SVCB 1 foo.example.com. mandatory', /not a list of keys/],
  ['SVCB 1 foo.example.com. alpn', /not a list of protocols/],
  ['SVCB 1 foo.example.com. port', /not a number from 0 to 65535/],
  ['SVCB 1 foo.example.com. ipv4hint', /not a list of IPv4/],
  ['SVCB 1 foo.example.com. ipv6hint', /not a list of IPv6/],
  ['SVCB 1 foo.example.com. no-default-alpn=abc', /not empty/],
  ['SVCB 1 foo.example.com. mandatory=key123', /key123 is mandatory but not given/],
  ['SVCB 1 foo.example.com. mandatory=mandatory', /not a list of keys/],
  ['SVCB 1 foo.example.com. mandatory=key123,key123 key123=abc', /not a list of keys/],
  ['SVCB 1 . alpn=h2,,h3', /not a list of protocols/],
  ['SVCB 1 . port=65536', /not a number/],
  ['SVCB 1 . port=080x', /not a number/],
  ['SVCB 1 . key0667=a', /not a service parameter/],
  ['SVCB 1 . nonsense=a', /not a service parameter/],
  ['SVCB 1 . ech=#', /not base64/],
  ['SVCB 1 . key4=abc', /not a list of IPv4/],
  ['SVCB 1 . "alpn=h2"', /not a service parameter/],
  ['SVCB 65536 .', /not a number/],
  ['DS 1 13 2 abc', /not hexadecimal/],
  ['DS 1 NOPE 2 ab', /not a DNSSEC algorithm/],
  ['DNSKEY 257 3 13 a?', /not base64/],
  ['RRSIG A 13 3 86400 20030230000000 20030220173103 1 a. AAAA', /not a moment/],
  ['NSEC a. A BOGUS', /not a list of types/],
  ['URI 10 1', /too few fields/],
  ['CAA 0 is-sue "x"', /not a tag/],
  ['MX \\# 3 000a00ff', /generic form/],
  ['MX \\# 2 000a', /these bytes are not/],
];

/** BIND lets these pass; RFC 9460 (sections 2.4.2, 9 and 14.3.2, appendix A.1) does not. */
const REFUSED_HERE_ONLY: [line: string, reason: RegExp][] = [
  ['SVCB 1 . alpn="h2\\\\x"', /not a list of protocols/],
  ['SVCB 1 . key65535=a', /not a service parameter/],
  ['SVCB 1 . ech', /not base64/],
  ['HTTPS 0 pool.test. alpn=h2', /alias and has no parameters/],
];

describe('text of RDATA', () => {
  it.each(RECORDS)('is read as BIND reads it: %s', (line) => {
    expect(hexOf(line)).toBe(rrchecker(line));
    expect(rrchecker(`${line.split(' ')[0]} ${textOf(line)}`)).toBe(rrchecker(line));
    expect(hexOf(`${line.split(' ')[0]} ${textOf(line)}`)).toBe(hexOf(line));
  });

  it.each(REFUSED)('is refused with its reason: %s', (line, reason) => {
    expect(hexOf(line)).toMatch(reason);
    expect(() => rrchecker(line)).toThrow();
  });

  it('of parameters that BIND 9.18 does not know is read as RFC 9461 and RFC 9540 say', () => {
    expect(hexOf('SVCB 1 . dohpath=/dns-query{?dns} ohttp')).toBe(
      `00010000070010${Buffer.from('/dns-query{?dns}').toString('hex')}00080000`,
    );
    expect(textOf('SVCB 1 . ohttp dohpath=/q{?dns}')).toBe('1 . dohpath="/q{?dns}" ohttp');
  });

  it.each(REFUSED_HERE_ONLY)('is refused though BIND lets it pass: %s', (line, reason) => {
    expect(hexOf(line)).toMatch(reason);
  });
});

/** RDATA in hexadecimal; throws when BIND refuses the record. */
function rrchecker(line: string): string {
  const output = execFileSync('named-rrchecker', ['-o', '.', '-u'], {
    input: `IN ${line}\n`,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const hex = /\\#\s+\d+\s*([0-9A-F]*)/.exec(output)?.[1];
  if (hex === undefined) throw new Error(output);
  return hex.toLowerCase();
}
