import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../src/base/errors.ts';
import { typeName } from '../../../src/dns/wire/constants.ts';
import { formatName } from '../../../src/dns/wire/name.ts';
import { formatRdata } from '../../../src/dns/wire/rdata.ts';
import { loadZone } from '../../../src/dns/zone/load-zone.ts';
import { parseMasterFile } from '../../../src/dns/zone/master-file.ts';

function records(text: string, includes: Record<string, string> = {}): string[] {
  const readInclude = (path: string) =>
    includes[path] === undefined ? undefined : { text: includes[path], file: path };
  const parsed = parseMasterFile(text, 'x.zone', { readInclude });
  expect(parsed.problems).toEqual([]);
  return parsed.records.map(
    ({ owner, ttlSeconds, type, rdata }) =>
      `${formatName(owner)} ${ttlSeconds} ${typeName(type)} ${formatRdata(type, rdata)}`,
  );
}

describe('master files', () => {
  it.each<[string, string, string[]]>([
    [
      'TTL and class in either order',
      '$ORIGIN a.\nx 5 IN A 1.2.3.4\ny IN 6 A 1.2.3.4',
      ['x.a. 5 A 1.2.3.4', 'y.a. 6 A 1.2.3.4'],
    ],
    [
      'an omitted owner is the last one',
      '$ORIGIN a.\n$TTL 1h\nx A 1.2.3.4\n  A 1.2.3.5',
      ['x.a. 3600 A 1.2.3.4', 'x.a. 3600 A 1.2.3.5'],
    ],
    [
      'without $TTL the last TTL holds',
      '$ORIGIN a.\nx 7 A 1.2.3.4\ny A 1.2.3.4',
      ['x.a. 7 A 1.2.3.4', 'y.a. 7 A 1.2.3.4'],
    ],
    [
      'without any TTL the SOA`s minimum holds',
      '$ORIGIN a.\n@ SOA n h 1 2 3 4 9\nx A 1.2.3.4',
      ['a. 9 SOA n.a. h.a. 1 2 3 4 9', 'x.a. 9 A 1.2.3.4'],
    ],
    [
      'parentheses span lines, comments end them',
      '$ORIGIN a.\n@ 1 SOA n h ( 1 ; serial )\n 2 3\n\n 4 5 )',
      ['a. 1 SOA n.a. h.a. 1 2 3 4 5'],
    ],
    [
      'a quoted text keeps spaces, semicolons and quotes',
      '$ORIGIN a.\n@ 1 TXT "a; (b)" c "d\\"e" "\\001"',
      ['a. 1 TXT "a; (b)" "c" "d\\"e" "\\001"'],
    ],
    ['a relative $ORIGIN', '$ORIGIN a.\n$ORIGIN b\n@ 1 A 1.2.3.4', ['b.a. 1 A 1.2.3.4']],
    [
      'generic types and data',
      '$ORIGIN a.\n@ 1 TYPE65280 \\# 3 0102 03\n@ 1 A \\# 4 01020304',
      ['a. 1 TYPE65280 \\# 3 010203', 'a. 1 A 1.2.3.4'],
    ],
    [
      'an owner named like a type',
      '$ORIGIN a.\n$TTL 1\nmx MX 1 mx\n5 A 1.2.3.4',
      ['mx.a. 1 MX 1 mx.a.', '5.a. 1 A 1.2.3.4'],
    ],
    ['a byte order mark', '\ufeff$ORIGIN a.\nx 1 A 1.2.3.4', ['x.a. 1 A 1.2.3.4']],
    [
      'escapes in names: a dot, a space, a byte',
      '$ORIGIN a.\nx\\.y\\032z\\007 1 A 1.2.3.4',
      ['x\\.y\\032z\\007.a. 1 A 1.2.3.4'],
    ],
    [
      'quotes within a word, as service parameters have them',
      '$ORIGIN a.\n@ 1 HTTPS 1 . alpn="h2,h3" ipv4hint=1.2.3.4',
      ['a. 1 HTTPS 1 . alpn="h2,h3" ipv4hint=1.2.3.4'],
    ],
    [
      'a directive in lower case, units of all kinds',
      '$origin a.\n$ttl 1w1d1h1m1s\nx A 1.2.3.4',
      ['x.a. 694861 A 1.2.3.4'],
    ],
    ['Windows line ends', '$ORIGIN a.\r\nx 1 A 1.2.3.4\r\n', ['x.a. 1 A 1.2.3.4']],
    [
      'a reverse name',
      '$ORIGIN 64.100.in-addr.arpa.\n10.1 1 PTR london.',
      ['10.1.64.100.in-addr.arpa. 1 PTR london.'],
    ],
  ])('%s', (_sentence, text, expected) => {
    expect(records(text)).toEqual(expected);
  });

  it('includes another file, and its origin and owner end with it', () => {
    const text = '$ORIGIN a.\n$TTL 1\nx A 1.2.3.4\n$INCLUDE more b\n  A 1.2.3.6';
    expect(records(text, { more: 'y A 1.2.3.5\n' })).toEqual([
      'x.a. 1 A 1.2.3.4',
      'y.b.a. 1 A 1.2.3.5',
      'x.a. 1 A 1.2.3.6',
    ]);
  });

  it.each<[string, string, Record<string, string>, string[]]>([
    [
      'gives the included file an origin relative to its own',
      '$ORIGIN a.\n$TTL 1\n$INCLUDE more b\n',
      { more: '@ A 1.2.3.4\n$ORIGIN c\n@ A 1.2.3.5\n$INCLUDE most d\n', most: '@ A 1.2.3.6' },
      ['b.a. 1 A 1.2.3.4', 'c.b.a. 1 A 1.2.3.5', 'd.c.b.a. 1 A 1.2.3.6'],
    ],
    [
      'takes over the owner and the TTL, and keeps a $TTL',
      '$ORIGIN a.\nx 7 A 1.2.3.4\n$INCLUDE more\ny A 1.2.3.7',
      { more: '  A 1.2.3.5\n$TTL 2m\nz A 1.2.3.6' },
      ['x.a. 7 A 1.2.3.4', 'x.a. 7 A 1.2.3.5', 'z.a. 120 A 1.2.3.6', 'y.a. 120 A 1.2.3.7'],
    ],
  ])('$INCLUDE %s', (_sentence, text, includes, expected) => {
    expect(records(text, includes)).toEqual(expected);
  });

  it('reports all mistakes at once, each with its line', () => {
    const text = `$ORIGIN cdn.test.
@ 300 SOA ns1 hostmaster 1 2 3 4
www A 1.2.3
www AAAA 1.2.3.4
x MX mail
y FOO 1
$FOO 1-4 a A 1.2.3.4
a..b A 1.2.3.4
z CH A 1.2.3.4
t TXT "open
p ( A 1.2.3.4
`;
    const { problems } = loadZone(text, 'cdn.zone');
    expect(
      (problems as Parameters<typeof formatProblem>[0][]).map(formatProblem).map((p) => p.split('\n')[0]),
    ).toEqual([
      'cdn.zone:2: SOA record: too few fields: domain name, domain name, number from 0 to 4294967295, time in seconds (or such as 1h30m), time in seconds (or such as 1h30m), time in seconds (or such as 1h30m), time in seconds (or such as 1h30m) expected',
      'cdn.zone:3: A record: `1.2.3` is not an IPv4 address',
      'cdn.zone:4: AAAA record: `1.2.3.4` is not an IPv6 address',
      'cdn.zone:5: MX record: `mail` is not a number from 0 to 65535',
      'cdn.zone:6: unknown type FOO',
      'cdn.zone:7: unknown directive $FOO',
      'cdn.zone:8: `a..b` is not a domain name',
      'cdn.zone:9: class CH is not served',
      'cdn.zone:10: a quote is not closed on this line',
      'cdn.zone:11: `(` is never closed',
    ]);
  });
});

describe('zones', () => {
  const head = '$ORIGIN a.\n$TTL 9\n@ SOA n h 1 2 3 4 5\n@ NS n\nn A 1.2.3.4\n';
  it.each([
    ['no SOA record', '$ORIGIN a.\n$TTL 1\nx A 1.2.3.4', 'the zone has no SOA record'],
    ['no name server', '$ORIGIN a.\n$TTL 1\n@ SOA n h 1 2 3 4 5', ':3: the zone a. has no NS record'],
    ['two SOA records', `${head}@ SOA n h 2 2 3 4 5`, ':6: a second SOA record'],
    ['a record outside', `${head}x.b. A 1.2.3.4`, ':6: x.b. is outside the zone a.'],
    ['an alias with other data', `${head}x CNAME n\nx A 1.2.3.4`, ':6: x.a. has a CNAME beside A'],
    ['two aliases', `${head}x CNAME n\nx CNAME m`, ':7: x.a. has a second CNAME record'],
    [
      'a name server without address',
      `${head}@ NS m`,
      ':4: the name server m.a. has no address in this zone',
    ],
    ['a delegation at a wildcard', `${head}*.s NS n`, ':6: NS at a wildcard'],
    ['a relative name without origin', 'x 1 A 1.2.3.4', ':1: `x` is relative, but there is no $ORIGIN'],
    ['a DNAME record', `${head}d DNAME n`, ':6: DNAME records are not supported'],
  ])('refuses %s', (_sentence, text, expected) => {
    const { problems } = loadZone(text, 'a.zone');
    expect((problems as Parameters<typeof formatProblem>[0][]).map(formatProblem).join('\n')).toContain(
      expected,
    );
  });

  it('takes duplicates once, and the least TTL of an RRset', () => {
    const { zone } = loadZone(`${head}x 8 A 1.1.1.1\nx 7 A 1.1.1.2\nx 8 A 1.1.1.1\n`, 'a.zone');
    const rrset = zone?.nodes.get('\x01x\x01a\0')?.rrsets.get(1);
    expect(rrset?.ttlSeconds).toBe(7);
    expect(rrset?.rdata.length).toBe(2);
  });
});
