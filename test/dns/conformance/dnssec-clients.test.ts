// Signatures as validators see them: delv, unbound and drill check every kind of answer of a signed zone, answers by place
// included, against the zone's key and nothing else.

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installed, run } from '../support/command.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { signedZone } from '../support/signed-zone.ts';
import { HANDS_ON_NETWORKS, startUnbound, type Unbound } from '../support/unbound.ts';
import { ADDRESS_OF, worldConfig, worldFiles } from '../support/world.ts';

const zone = signedZone();
let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ config: worldConfig(zone.config), files: { ...worldFiles(), ...zone.files } });
  server.write('anchors', zone.bindAnchor);
});
afterAll(() => server.stop());

/** Name, type, what must be printed beside "fully validated". */
const POSITIVE: [string, string, RegExp][] = [
  ['static.cdn.test', 'A', /192\.0\.2\.10/],
  ['static.cdn.test', 'AAAA', /2001:db8::10/],
  ['cdn.test', 'MX', /mail\.cdn\.test/],
  ['cdn.test', 'SOA', /hostmaster/],
  ['cdn.test', 'NS', /ns2/],
  ['cdn.test', 'DNSKEY', /DNSKEY/],
  ['www.cdn.test', 'A', /203\.0\.113\./],
  ['www.cdn.test', 'AAAA', /2001:db8:b00/],
  ['alias2.cdn.test', 'A', /203\.0\.113\./],
  ['any.wild.cdn.test', 'A', /192\.0\.2\.20/],
  ['deep.er.wild.cdn.test', 'A', /192\.0\.2\.20/],
  ['x.geo.cdn.test', 'A', /203\.0\.113\./],
  ['svc.cdn.test', 'HTTPS', /h2/],
  ['big.cdn.test', 'TXT', /x{200}/],
  ['anycast.cdn.test', 'A', /192\.0\.2\.1/],
];

const NEGATIVE: [string, string][] = [
  ['nope.cdn.test', 'A'],
  ['a.b.c.nope.cdn.test', 'A'],
  ['static.cdn.test', 'CAA'],
  ['www.cdn.test', 'TXT'],
  ['ent.cdn.test', 'A'],
  ['exact.wild.cdn.test', 'A'],
  ['x.geo.cdn.test', 'MX'],
  ['cdn.test', 'SRV'],
];

describe.skipIf(!installed('delv'))('delv', () => {
  const delv = async (name: string, type: string) => {
    const where = [
      '@127.0.0.1',
      '-p',
      String(server.port),
      '-a',
      join(server.folder, 'anchors'),
      '+root=cdn.test',
    ];
    const { out, err } = await run('delv', [...where, name, type]);
    return out + err;
  };

  it.each(POSITIVE)('validates %s %s', async (name, type, printed) => {
    const text = await delv(name, type);
    expect(text).toContain('; fully validated');
    expect(text).toMatch(printed);
    expect(text).not.toMatch(/unsigned|resolution failed|broken/);
  });

  it.each(NEGATIVE)('validates that there is no %s %s', async (name, type) => {
    const text = await delv(name, type);
    expect(text).toMatch(/negative response, fully validated/);
  });
});

describe.skipIf(!installed('unbound'))('a validating unbound with a cache by client network', () => {
  let unbound: Unbound;
  const ask = async (port: number, ...args: string[]) => {
    const argv = ['@127.0.0.1', '-p', String(port), '+tries=1', '+time=5', '+dnssec', ...args];
    return (await run('dig', argv)).out;
  };
  const resolve = (...args: string[]) => ask(unbound.port, ...args);

  beforeAll(async () => {
    unbound = await startUnbound({
      folder: server.folder,
      settings: [
        'module-config: "subnetcache validator iterator"',
        ...HANDS_ON_NETWORKS,
        `trust-anchor: "${zone.ds.replace(' IN ', ' ')}"`,
        'harden-below-nxdomain: yes',
        'aggressive-nsec: yes',
      ],
      stubs: { 'cdn.test.': [`stub-addr: 127.0.0.1@${server.port}`] },
      answers: async (port) => expect(await ask(port, 'static.cdn.test')).toContain('192.0.2.10'),
    });
  });
  afterAll(() => unbound?.close());

  it.each(POSITIVE)('finds %s %s secure', async (name, type, printed) => {
    const text = await resolve(name, type);
    expect(text).toMatch(/status: NOERROR/);
    expect(text).toMatch(/flags:[^;]* ad[ ;]/);
    expect(text).toMatch(printed);
  });

  it.each(NEGATIVE)('finds it secure that there is no %s %s', async (name, type) => {
    const text = await resolve(name, type);
    expect(text).toMatch(/status: (NOERROR|NXDOMAIN)[\s\S]*ANSWER: 0/);
    expect(text).toMatch(/flags:[^;]* ad[ ;]/);
  });

  it('finds each network`s answer secure, and its own', async () => {
    const of = async (subnet: string, name: string) => {
      const text = await resolve(`+subnet=${subnet}`, name);
      expect(text, text).toMatch(/flags:[^;]* ad[ ;]/);
      return /A\s+(203\.0\.113\.\d+)/.exec(text)?.[1];
    };
    await of('1.1.1.0/24', 'www.cdn.test');
    expect(await of('193.0.0.0/24', 'www.cdn.test')).toBe(ADDRESS_OF.fra);
    expect(await of('133.11.0.0/24', 'www.cdn.test')).toBe(ADDRESS_OF.sin);
    expect(await of('8.8.8.0/24', 'y.geo.cdn.test')).toBe(ADDRESS_OF.iad);
    expect(await of('193.0.0.0/24', 'y.geo.cdn.test')).toBe(ADDRESS_OF.fra);
  });

  it('takes an unsigned delegation for what it is: proven insecure, not bogus', async () => {
    const text = await resolve('sub.cdn.test', 'DS');
    expect(text).toMatch(/status: NOERROR[\s\S]*ANSWER: 0/);
    expect(text).toMatch(/flags:[^;]* ad[ ;]/);
  });
});
