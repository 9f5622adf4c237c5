import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../src/base/errors.ts';
import { formatName, parseName } from '../../../src/dns/wire/name.ts';
import { loadZone } from '../../../src/dns/zone/load-zone.ts';

const HEAD = `$ORIGIN a.test.
$TTL 300
@ SOA ns hostmaster 1 3600 900 1209600 60
@ NS ns
ns A 192.0.2.1
`;

const load = (lines: string) => loadZone(`${HEAD}${lines}\n`, 'a.zone');
const place = { file: 'a.zone', line: 6 };

describe('STEER records', () => {
  it.each([
    ['www 60/5 STEER prod', { policy: 'prod', ttl: { minSeconds: 5, maxSeconds: 60 } }],
    ['www STEER 20', { policy: '20', ttl: { minSeconds: 300, maxSeconds: 300 } }],
    ['www IN 1m STEER pop:pop-fra', { policy: 'pop:pop-fra', ttl: { minSeconds: 60, maxSeconds: 60 } }],
    [
      'www 1m/5s IN steer nearest all-down=NONE ; comment',
      { policy: 'nearest', ttl: { minSeconds: 5, maxSeconds: 60 }, whenAllDown: 'none' },
    ],
  ])('%s', (line, expected) => {
    const { zone, problems, warnings } = load(line);
    expect([problems, warnings]).toEqual([[], []]);
    expect(zone?.steering.get(parseName('www.a.test') as string)).toEqual({ ...expected, ...place });
    expect(zone?.nodes.get(parseName('www.a.test') as string)?.rrsets.size).toBe(0);
  });

  it('stand at wildcards, at the apex, and beside data that is no address', () => {
    const { zone, problems } = load('*.geo 60 STEER p\n@ 60 STEER p\n@ MX 10 www\nwww 60 STEER p\nwww TXT x');
    expect(problems).toEqual([]);
    expect([...(zone?.steering.keys() ?? [])].map(formatName)).toEqual([
      '*.geo.a.test.',
      'a.test.',
      'www.a.test.',
    ]);
    expect(zone?.nodes.has(parseName('geo.a.test') as string)).toBe(true);
  });

  it('count as addresses for name servers and mail, as names steered by the configuration do', () => {
    expect(load('@ NS www\n@ MX 1 www\nwww 9 STEER p').problems).toEqual([]);
    const steered = new Set(['www.a.test', '*.w.a.test'].map((name) => parseName(name) as string));
    expect(loadZone(`${HEAD}@ NS www\n@ MX 1 any.w\n`, 'a.zone', undefined, steered)).toMatchObject({
      problems: [],
      warnings: [],
    });
  });

  it('with a long TTL and no minimum are warned of', () => {
    expect(load('www 1h STEER p').warnings.map(formatProblem)).toEqual([
      'a.zone:6: www.a.test. is steered with a TTL of 3600 s: clients keep a dead POP that long\n' +
        '  hint:     write the TTL as MAX/MIN, such as `300/30`',
    ]);
    expect(load('www 1h/30 STEER p').warnings).toEqual([]);
  });
});

describe('ALIAS records', () => {
  it.each([
    ['@ 60 ALIAS lb.b.test.', 'a.test', 'lb.b.test', 60],
    ['* ALIAS ns', '*.a.test', 'ns.a.test', 300],
  ])('%s', (line, owner, target, ttlSeconds) => {
    const { zone, problems } = load(line);
    expect(problems).toEqual([]);
    expect(zone?.aliases.get(parseName(owner) as string)).toEqual({
      target: parseName(target),
      ttlSeconds,
      ...place,
    });
  });
});

describe('what is wrong with them', () => {
  it.each([
    ['www STEER', ':6: STEER needs the name of a policy'],
    ['www STEER all-down=all', ':6: STEER needs the name of a policy'],
    ['www STEER p fallback', ':6: STEER does not know `fallback`'],
    ['www STEER p all-down=some', ':6: STEER does not know `all-down=some`'],
    ['www STEER p all-down=all all-down=none', ':6: STEER has all-down twice'],
    ['www 5/60 STEER p', ':6: TTL 5/60 is MAX/MIN, but 5 is less than 60'],
    ['www 60/5 A 192.0.2.2', ':6: a TTL as MAX/MIN belongs to STEER records only'],
    ['www 60/5 ALIAS ns', ':6: a TTL as MAX/MIN belongs to STEER records only'],
    ['www 99999999999/5 STEER p', ':6: TTL 99999999999/5 is more than 2147483647 seconds'],
    ['www STEER p\nwww STEER q', ':7: www.a.test. has a second STEER record'],
    ['www STEER p\nwww A 192.0.2.2', ':6: www.a.test. has STEER beside A'],
    ['www AAAA ::1\nwww A 192.0.2.2\nwww STEER p', ':8: www.a.test. has STEER beside A, AAAA'],
    ['www STEER p\nwww CNAME ns', ':6: www.a.test. has STEER beside CNAME'],
    ['www STEER p\nwww ALIAS ns', ':6: www.a.test. has STEER beside ALIAS'],
    ['s NS ns.b.\ns STEER p', ':7: s.a.test. has STEER at the delegation of s.a.test.'],
    ['s NS ns.b.\nx.y.s STEER p', ':7: x.y.s.a.test. has STEER below the delegation of s.a.test.'],
    ['s NS ns.b.\n*.s STEER p', ':7: *.s.a.test. has STEER below the delegation of s.a.test.'],
    ['www.b.test. STEER p', ':6: www.b.test. is outside the zone a.test.'],
    ['www ALIAS', ':6: ALIAS needs one domain name'],
    ['www ALIAS a b', ':6: ALIAS needs one domain name'],
    ['www ALIAS "ns"', ':6: ALIAS needs one domain name'],
    ['www ALIAS www', ':6: ALIAS of www.a.test. to itself'],
    ['www ALIAS ns\nwww ALIAS x.b.', ':7: www.a.test. has a second ALIAS record'],
    ['www ALIAS ns\nwww A 192.0.2.2', ':6: www.a.test. has ALIAS beside A'],
    ['s NS ns.b.\ns ALIAS ns', ':7: s.a.test. has ALIAS at the delegation of s.a.test.'],
  ])('%j', (lines, expected) => {
    const { zone, problems } = load(lines);
    expect(zone).toBeUndefined();
    expect(problems.map((problem) => formatProblem(problem).split('\n')[0])).toEqual([`a.zone${expected}`]);
  });

  it('is a missing TTL too', () => {
    const { problems } = loadZone('$ORIGIN a.test.\nwww STEER p\n', 'a.zone');
    expect(problems[0]).toMatchObject({ line: 2, message: 'the record has no TTL' });
  });
});
