import { describe, expect, it } from 'vitest';
import { RCODES, TYPES } from '../../src/dns/wire/constants.ts';
import { ask, lines, worldState } from './support.ts';

const places: Record<string, [number, number]> = {
  '100.64.1.0/24': [51.5, -0.1], // London
  '100.64.2.0/24': [40.7, -74.0], // New York
  '100.64.3.0/24': [35.7, 139.7], // Tokyo
  '2001:db8:4001::/48': [51.5, -0.1],
};
const state = worldState({ places });
const SOA = 'cdn.test. 60 ns1.cdn.test. hostmaster.cdn.test. 2026010100 3600 900 1209600 60';

interface Row {
  name: string;
  type: string;
  rcode?: keyof typeof RCODES;
  aa?: boolean;
  answer?: string[];
  authority?: string[];
  additional?: string[];
  reason: string;
}

const TABLE: Record<string, Row> = {
  'a static name has all its records': {
    name: 'static.cdn.test',
    type: 'A',
    answer: ['static.cdn.test. 300 192.0.2.10', 'static.cdn.test. 300 192.0.2.11'],
    reason: 'static',
  },
  'names match in any letter case': {
    name: 'STATIC.cdn.TEST',
    type: 'TXT',
    answer: ['static.cdn.test. 300 "one" "two; three"'],
    reason: 'static',
  },
  'a name server query brings the addresses that are here': {
    name: 'cdn.test',
    type: 'NS',
    answer: ['cdn.test. 300 ns1.cdn.test.', 'cdn.test. 300 ns2.elsewhere.test.'],
    additional: ['ns1.cdn.test. 300 198.51.100.1', 'ns1.cdn.test. 300 2001:db8:a001::1'],
    reason: 'static',
  },
  'the apex has its SOA with its own TTL': {
    name: 'cdn.test',
    type: 'SOA',
    answer: [SOA.replace(' 60 ', ' 300 ')],
    reason: 'static',
  },
  'a service record brings its target': {
    name: '_dns._udp.cdn.test',
    type: 'SRV',
    answer: ['_dns._udp.cdn.test. 300 0 5 53 ns1.cdn.test.'],
    additional: ['ns1.cdn.test. 300 198.51.100.1', 'ns1.cdn.test. 300 2001:db8:a001::1'],
    reason: 'static',
  },
  'a type that is not there is NODATA with the SOA at its minimum': {
    name: 'static.cdn.test',
    type: 'AAAA',
    authority: [SOA],
    reason: 'nodata',
  },
  'a name that is not there is NXDOMAIN': {
    name: 'nope.cdn.test',
    type: 'A',
    rcode: 'NXDOMAIN',
    authority: [SOA],
    reason: 'nxdomain',
  },
  'an empty non-terminal exists': { name: 'b.ent.cdn.test', type: 'A', authority: [SOA], reason: 'nodata' },
  'below a name with data there is nothing': {
    name: 'x.static.cdn.test',
    type: 'A',
    rcode: 'NXDOMAIN',
    authority: [SOA],
    reason: 'nxdomain',
  },
  'a wildcard answers under the name asked': {
    name: 'any.thing.wild.cdn.test',
    type: 'A',
    answer: ['any.thing.wild.cdn.test. 300 192.0.2.20'],
    reason: 'static',
  },
  'a wildcard without the type is NODATA': {
    name: 'any.wild.cdn.test',
    type: 'AAAA',
    authority: [SOA],
    reason: 'nodata',
  },
  'a name that exists hides the wildcard': {
    name: 'exact.wild.cdn.test',
    type: 'A',
    authority: [SOA],
    reason: 'nodata',
  },
  'a name that exists hides the wildcard for what is below it too': {
    name: 'x.exact.wild.cdn.test',
    type: 'A',
    rcode: 'NXDOMAIN',
    authority: [SOA],
    reason: 'nxdomain',
  },
  'the wildcard itself can be asked for': {
    name: '*.wild.cdn.test',
    type: 'A',
    answer: ['*.wild.cdn.test. 300 192.0.2.20'],
    reason: 'static',
  },
  'aliases are followed to a steered name': {
    name: 'alias2.cdn.test',
    type: 'A',
    answer: [
      'alias2.cdn.test. 300 alias.cdn.test.',
      'alias.cdn.test. 300 www.cdn.test.',
      'www.cdn.test. 20 203.0.113.2',
    ],
    reason: 'default-healthy',
  },
  'an alias asked for as such is not followed': {
    name: 'alias.cdn.test',
    type: 'CNAME',
    answer: ['alias.cdn.test. 300 www.cdn.test.'],
    reason: 'static',
  },
  'an alias to nothing is NXDOMAIN with the alias': {
    name: 'broken.cdn.test',
    type: 'A',
    rcode: 'NXDOMAIN',
    answer: ['broken.cdn.test. 300 nowhere.cdn.test.'],
    authority: [SOA],
    reason: 'nxdomain',
  },
  'an alias that leaves our zones is all we know': {
    name: 'away.cdn.test',
    type: 'A',
    answer: ['away.cdn.test. 300 www.example.org.'],
    reason: 'cname-leaves-our-zones',
  },
  'an alias loop ends': {
    name: 'loop.cdn.test',
    type: 'A',
    answer: ['loop.cdn.test. 300 loop-back.cdn.test.', 'loop-back.cdn.test. 300 loop.cdn.test.'],
    reason: 'cname-loop',
  },
  'a delegation is referred, with glue, and is not authoritative': {
    name: 'host.sub.cdn.test',
    type: 'A',
    aa: false,
    authority: ['sub.cdn.test. 300 ns.sub.cdn.test.', 'sub.cdn.test. 300 ns.outside.test.'],
    additional: ['ns.sub.cdn.test. 300 192.0.2.53'],
    reason: 'referral',
  },
  'the name servers of a cut are a referral too': {
    name: 'sub.cdn.test',
    type: 'NS',
    aa: false,
    authority: ['sub.cdn.test. 300 ns.sub.cdn.test.', 'sub.cdn.test. 300 ns.outside.test.'],
    additional: ['ns.sub.cdn.test. 300 192.0.2.53'],
    reason: 'referral',
  },
  'the DS record of a cut is the parent`s': {
    name: 'sub.cdn.test',
    type: 'DS',
    answer: ['sub.cdn.test. 300 \\# 4 30390d02'],
    reason: 'static',
  },
  'glue is no data': {
    name: 'ns.sub.cdn.test',
    type: 'A',
    aa: false,
    authority: ['sub.cdn.test. 300 ns.sub.cdn.test.', 'sub.cdn.test. 300 ns.outside.test.'],
    additional: ['ns.sub.cdn.test. 300 192.0.2.53'],
    reason: 'referral',
  },
  'ANY gets one small record': {
    name: 'static.cdn.test',
    type: 'ANY',
    answer: ['static.cdn.test. 3600 "RFC8482" ""'],
    reason: 'any-minimal',
  },
  'a steered name has no other types': {
    name: 'www.cdn.test',
    type: 'TXT',
    authority: [SOA],
    reason: 'nodata',
  },
  'a POP without IPv6 is NODATA': {
    name: 'sin.cdn.test',
    type: 'AAAA',
    authority: [SOA],
    reason: 'nodata',
  },
  'a POP`s own name is that POP': {
    name: 'sin.cdn.test',
    type: 'A',
    answer: ['sin.cdn.test. 20 203.0.113.34'],
    reason: 'fixed-pop',
  },
  'anycast is one address for all': {
    name: 'anycast.cdn.test',
    type: 'AAAA',
    answer: ['anycast.cdn.test. 20 2001:db8:a000::1'],
    reason: 'anycast',
  },
  'other people`s names are refused': {
    name: 'www.example.org',
    type: 'A',
    rcode: 'REFUSED',
    aa: false,
    reason: 'not-our-zone',
  },
  'a name above the zone is refused': {
    name: 'test',
    type: 'SOA',
    rcode: 'REFUSED',
    aa: false,
    reason: 'not-our-zone',
  },
  'zone transfer is refused': {
    name: 'cdn.test',
    type: 'AXFR',
    rcode: 'REFUSED',
    aa: false,
    reason: 'zone-transfer',
  },
  'a meta type is not implemented': {
    name: 'cdn.test',
    type: 'TYPE253',
    rcode: 'NOTIMP',
    aa: false,
    reason: 'meta-type',
  },
  'a type nobody knows is NODATA': {
    name: 'static.cdn.test',
    type: 'TYPE65280',
    authority: [SOA],
    reason: 'nodata',
  },
};

describe('answers', () => {
  it.each(Object.entries(TABLE))('%s', (_sentence, row) => {
    const reply = ask(state, row.name, row.type);
    expect({
      rcode: reply.rcode,
      aa: reply.authoritative,
      answer: lines(reply.answer),
      authority: lines(reply.authority),
      additional: lines(reply.additional),
      reason: reply.outcome.reason,
    }).toEqual({
      rcode: RCODES[row.rcode ?? 'NOERROR'],
      aa: row.aa ?? true,
      answer: row.answer ?? [],
      authority: row.authority ?? [],
      additional: row.additional ?? [],
      reason: row.reason,
    });
    expect(reply.recursionAvailable).toBe(false);
  });

  it('follows at most eight aliases and then gives what it has', () => {
    const reply = ask(state, 'c0.cdn.test', 'A');
    expect(reply.outcome.reason).toBe('cname-chain-too-long');
    expect(reply.answer.every((record) => record.type === TYPES.CNAME)).toBe(true);
    expect(ask(state, 'c1.cdn.test', 'A').answer.at(-1)?.text).toBe('192.0.2.99');
  });
});

describe('several zones on one server', () => {
  const root =
    '. 86400 SOA a.root. admin.root. 1 1h 1h 1h 1h\n. 86400 NS a.root.\na.root. 86400 A 198.19.241.2\ntest. 86400 NS a.root.\ntest. 86400 TYPE43 \\# 4 30390d02\n';
  const test =
    '$ORIGIN test.\n@ 300 SOA a.root. admin.root. 1 1h 1h 1h 1h\n@ 300 NS a.root.\ncdn 300 NS ns1.cdn\nns1.cdn 300 A 198.51.100.1\n';
  const both = worldState({ zones: [root, test], steering: {} });

  it('answers from the zone that is closest to the name', () => {
    expect(lines(ask(both, 'test', 'SOA').answer)[0]).toMatch(/^test\. 300 a\.root\./);
    expect(lines(ask(both, 'www.cdn.test', 'A').authority)).toEqual(['cdn.test. 300 ns1.cdn.test.']);
    expect(lines(ask(both, 'www.cdn.test', 'A').additional)).toEqual(['ns1.cdn.test. 300 198.51.100.1']);
    expect(ask(both, 'org', 'A').rcode).toBe(RCODES.NXDOMAIN);
  });

  it('takes the DS record from the parent zone', () => {
    expect(lines(ask(both, 'test', 'DS').answer)).toEqual(['test. 86400 \\# 4 30390d02']);
    expect(lines(ask(both, '.', 'NS').answer)).toEqual(['. 86400 a.root.']);
    expect(ask(both, '.', 'DS').outcome.reason).toBe('nodata');
  });
});

describe('client subnet', () => {
  it.each([
    ['London, by the matched prefix', '100.64.1.0/24', '203.0.113.2', 24],
    ['New York', '100.64.2.0/24', '203.0.113.18', 24],
    ['a client narrower than the prefix', '100.64.3.7/32', '203.0.113.34', 24],
    ['a client without location, never scope 0', '9.9.9.0/24', '203.0.113.2', 2],
    ['IPv6 /56', '2001:db8:4001::/56', '203.0.113.2', 48],
  ])('%s', (_sentence, subnet, address, scope) => {
    const reply = ask(state, 'x.nearest.cdn.test', 'A', { subnet });
    expect(reply.answer[0]?.text).toBe(address);
    expect(reply.edns?.clientSubnet?.scopePrefixLength).toBe(scope);
    expect(reply.edns?.clientSubnet?.sourcePrefixLength).toBe(Number(subnet.split('/')[1]));
  });

  it.each([
    ['a static name', 'static.cdn.test', 'A'],
    ['NODATA', 'static.cdn.test', 'AAAA'],
    ['NXDOMAIN', 'nope.cdn.test', 'A'],
    ['the apex', 'cdn.test', 'SOA'],
    ['anycast', 'anycast.cdn.test', 'A'],
    ['one POP`s name', 'sin.cdn.test', 'A'],
  ])('has scope 0 for what is the same for all: %s', (_sentence, name, type) => {
    expect(ask(state, name, type, { subnet: '100.64.1.0/24' }).edns?.clientSubnet?.scopePrefixLength).toBe(0);
  });

  it('is not in the reply when it was not in the query, and the resolver`s address decides', () => {
    const reply = ask(state, 'www.cdn.test', 'A', { source: '100.64.2.53' });
    expect(reply.edns?.clientSubnet).toBeUndefined();
    expect(reply.answer[0]?.text).toBe('203.0.113.18');
  });

  it('of length 0 is an opt-out: the resolver`s address decides, the scope is 0', () => {
    const reply = ask(state, 'www.cdn.test', 'A', { subnet: '0.0.0.0/0', source: '100.64.2.53' });
    expect(reply.answer[0]?.text).toBe('203.0.113.18');
    expect(reply.edns?.clientSubnet).toMatchObject({ sourcePrefixLength: 0, scopePrefixLength: 0 });
  });

  it('is passed through an alias to a steered name', () => {
    const reply = ask(state, 'alias.cdn.test', 'A', { subnet: '100.64.2.0/24' });
    expect(reply.answer.at(-1)?.text).toBe('203.0.113.18');
    expect(reply.edns?.clientSubnet?.scopePrefixLength).toBe(24);
  });
});

describe('EDNS and sizes', () => {
  it('has no OPT record unless asked with one', () => {
    expect(ask(state, 'static.cdn.test', 'A', { edns: false }).edns).toBeUndefined();
    expect(ask(state, 'static.cdn.test', 'A').edns).toEqual({ udpPayloadBytes: 1232, version: 0 });
  });

  it('names itself when asked (NSID) and only then', () => {
    expect(ask(state, 'static.cdn.test', 'A', { edns: { nsid: true } }).edns?.nsid).toBe('pop-fra');
  });

  it('truncates what is too large for UDP, and the truncated reply keeps its OPT record', () => {
    const plain = ask(state, 'big.cdn.test', 'TXT', { edns: false });
    expect(plain).toMatchObject({ truncated: true, answer: [], authority: [], additional: [] });
    const greedy = ask(state, 'big.cdn.test', 'TXT', { edns: { udpPayloadBytes: 65000, nsid: true } });
    expect(greedy).toMatchObject({ truncated: true, answer: [], edns: { nsid: 'pop-fra' } });
    expect(greedy.bytes.length).toBeLessThanOrEqual(1232);
  });

  it('gives all of it over TCP', () => {
    const reply = ask(state, 'big.cdn.test', 'TXT', { transport: 'tcp' });
    expect(reply.truncated).toBe(false);
    expect(reply.bytes.length).toBeGreaterThan(1600);
  });

  it('leaves out optional addresses, not the answer, when there is little room', () => {
    const hosts = Array.from({ length: 12 }, (_, i) => i);
    const zone = [
      '$ORIGIN many.test.\n$TTL 60\n@ SOA n0 h 1 1 1 1 1',
      ...hosts.map((i) => `@ NS n${i}\nn${i} A 192.0.2.${i}\nn${i} AAAA 2001:db8::${i}`),
    ].join('\n');
    const reply = ask(worldState({ zones: [zone], steering: {} }), 'many.test', 'NS', { edns: false });
    expect(reply.truncated).toBe(false);
    expect(reply.answer.length).toBe(12);
    expect(reply.additional.length).toBeLessThan(24);
    expect(reply.bytes.length).toBeLessThanOrEqual(512);
  });
});
