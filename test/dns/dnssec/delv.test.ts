// delv (BIND's validator) from the root's key down, over every kind of answer there is.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SignedServer, startSignedServer } from './signed-server.ts';
import { delv, dig } from './validators.ts';

let server: SignedServer;

beforeAll(async () => {
  server = await startSignedServer();
});
afterAll(() => server.close());

describe('delv validates', () => {
  it.each([
    ['records', 'static.cdn.test', 'A', '192.0.2.10'],
    ['texts of several strings', 'static.cdn.test', 'TXT', '"one" "two"'],
    ['records with names', 'static.cdn.test', 'MX', '10 static.cdn.test.'],
    ['service parameters', 'static.cdn.test', 'HTTPS', 'alpn="h2,h3"'],
    ['the apex', 'cdn.test', 'SOA', 'ns.cdn.test. admin.test.'],
    ['name servers', 'cdn.test', 'NS', 'ns.cdn.test.'],
    ['keys', 'cdn.test', 'DNSKEY', '257 3 13'],
    ['keys of one kind only', 'other.test', 'DNSKEY', '257 3 13'],
    ['what the parent is asked for', 'cdn.test', 'CDS', ' 13 2 '],
    ['that as a key', 'cdn.test', 'CDNSKEY', '257 3 13'],
    ['an alias', 'alias.cdn.test', 'A', 'static.cdn.test.'],
    ['an alias into another signed zone', 'across.cdn.test', 'A', '192.0.2.60'],
    ['a wildcard', 'some.name.wild.cdn.test', 'A', '192.0.2.20'],
    ['the wildcard itself', '*.wild.cdn.test', 'A', '192.0.2.20'],
    ['a name below an empty one', 'deep.ent.cdn.test', 'A', '192.0.2.30'],
    ['a signed child', 'www.signed.cdn.test', 'A', '192.0.2.40'],
    ['a DS record', 'signed.cdn.test', 'DS', ' 13 2 '],
    ['a steered name', 'geo.cdn.test', 'A', '203.0.113.1'],
    [
      'a proof that is asked for',
      'static.cdn.test',
      'NSEC',
      '\\000.static.cdn.test. A MX TXT RRSIG NSEC HTTPS',
    ],
    ['the proof at a name that is not', 'nope.cdn.test', 'NSEC', 'RRSIG NSEC TYPE128'],
  ])('%s: %s %s', async (_, name, type, expected) => {
    const said = await delv(server, name, type);
    expect(said).toMatch(/^; fully validated/m);
    expect(said).toContain(expected);
  });

  it.each([
    ['a type that is not there', 'static.cdn.test', 'AAAA'],
    ['a name that is not there', 'nope.cdn.test', 'A'],
    ['a name far below', 'a.b.c.d.nope.cdn.test', 'A'],
    ['an empty name', 'ent.cdn.test', 'A'],
    ['a type that is not at the apex', 'cdn.test', 'TXT'],
    ['a type that a wildcard lacks', 'x.wild.cdn.test', 'AAAA'],
    ['the name of a wildcard', 'wild.cdn.test', 'A'],
    ['the absence of a DS record', 'plain.cdn.test', 'DS'],
    ['a DS record that an ordinary name lacks', 'static.cdn.test', 'DS'],
    ['an empty name above zones', 'test', 'DS'],
    ['a family that a steered name lacks', 'geo.cdn.test', 'AAAA'],
  ])('that there is no answer: %s: %s %s', async (_, name, type) => {
    expect(await delv(server, name, type)).toMatch(/^; negative response, fully validated/m);
  });

  it('an alias, and that there is nothing where it leads to', async () => {
    const said = await delv(server, 'nowhere.cdn.test', 'A');
    expect(said).toMatch(/^; fully validated\nnowhere/m);
    expect(said).toMatch(/^; nope\.other\.test\. NSEC \\+000\.nope/m);
  });

  it('each client its own answer, all of the same time', async () => {
    for (const third of [7, 8, 9]) {
      const said = await dig(server.port, '+dnssec', `+subnet=100.64.${third}.0/24`, 'geo.cdn.test');
      expect(said).toMatch(new RegExp(`geo\\.cdn\\.test\\.\\s+20\\s+IN\\s+A\\s+203\\.0\\.113\\.${third}\\b`));
      // The RRSIG says the TTL that the rule allows at most; what is served may be less.
      expect(said).toMatch(/geo\.cdn\.test\.\s+20\s+IN\s+RRSIG\s+A 13 3 60 /);
    }
  });

  it('unsigned children as such, and no more', async () => {
    expect(await delv(server, 'www.plain.cdn.test', 'A')).toMatch(/^; unsigned answer/m);
    const across = await delv(server, 'toplain.cdn.test', 'A');
    expect(across).toMatch(/^; fully validated\ntoplain/m);
    expect(across).toMatch(/^; unsigned answer\nwww\.plain/m);
  });

  it('nothing that was changed on the way', async () => {
    server.tamper = (reply) => ({
      ...reply,
      answer: reply.answer.map((rrset) =>
        rrset.type === 1 ? { ...rrset, rdata: [{ parts: [Uint8Array.of(192, 0, 2, 66)] }] } : rrset,
      ),
    });
    expect(await delv(server, 'static.cdn.test', 'A')).toMatch(/failed|RRSIG failed|broken trust chain/i);
    server.tamper = (reply) => ({ ...reply, authority: reply.authority.filter(({ type }) => type !== 47) });
    expect(await delv(server, 'nope.cdn.test', 'A')).not.toMatch(/fully validated/);
    server.tamper = (reply) => reply;
    expect(await delv(server, 'static.cdn.test', 'A')).toMatch(/^; fully validated/m);
  });

  it('nothing that has expired, or is not valid yet', async () => {
    for (const days of [-30, 30]) {
      server.clockOffsetSeconds = 86400 * days;
      // Nothing is in force before the keys are, so they were there long before.
      for (const keys of server.keys.values())
        for (const key of keys) key.timing = { publish: 0, activate: 0 };
      server.rekey();
      expect(await delv(server, 'static.cdn.test', 'A')).not.toMatch(/fully validated/);
    }
    server.clockOffsetSeconds = 0;
    expect(await delv(server, 'static.cdn.test', 'A')).toMatch(/^; fully validated/m);
  });
});
