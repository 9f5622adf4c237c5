// A validating resolver in front: what it hands to its clients, with AD where it has checked the chain from the root's key.
// Compact denial must not make it deny what exists (its aggressive use of NSEC is on).

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HANDS_ON_NETWORKS, startUnbound, type Unbound } from '../support/unbound.ts';
import { type SignedServer, startSignedServer } from './signed-server.ts';
import { dig } from './validators.ts';

let server: SignedServer;
let unbound: Unbound;

beforeAll(async () => {
  server = await startSignedServer();
  const here = `stub-addr: 127.0.0.1@${server.port}`;
  unbound = await startUnbound({
    folder: server.folder,
    settings: [
      'module-config: "subnetcache validator iterator"',
      ...HANDS_ON_NETWORKS,
      `trust-anchor-file: "${server.unboundAnchors}"`,
      'aggressive-nsec: yes',
      'qname-minimisation: yes',
      'root-hints: ""',
    ],
    stubs: {
      '.': [here, 'stub-prime: no'],
      'cdn.test': [here],
      'signed.cdn.test': [here],
      'plain.cdn.test': [here],
      'other.test': [here],
    },
    answers: async (port) =>
      expect(await dig(port, '+recurse', '+dnssec', 'static.cdn.test', 'A')).toContain('192.0.2.10'),
  });
});

afterAll(async () => {
  unbound.close();
  await server.close();
});

describe('unbound', () => {
  it.each([
    ['static.cdn.test', 'A', '192.0.2.10'],
    ['static.cdn.test', 'HTTPS', 'alpn="h2,h3"'],
    ['alias.cdn.test', 'A', '192.0.2.9'],
    ['across.cdn.test', 'A', '192.0.2.60'],
    ['x.y.wild.cdn.test', 'A', '192.0.2.20'],
    ['deep.ent.cdn.test', 'A', '192.0.2.30'],
    ['www.signed.cdn.test', 'A', '192.0.2.40'],
    ['cdn.test', 'DNSKEY', '257 3 13'],
  ])('trusts %s %s', async (name, type, expected) => {
    const said = await ask(name, type);
    expect(said).toMatch(/flags:.* ad[ ;]/);
    expect(said).toContain(expected);
  });

  it.each([
    ['nope.cdn.test', 'A'],
    ['a.b.nope.cdn.test', 'A'],
    ['static.cdn.test', 'AAAA'],
    ['ent.cdn.test', 'TXT'],
    ['x.wild.cdn.test', 'AAAA'],
    ['plain.cdn.test', 'DS'],
    ['nowhere.cdn.test', 'A'],
  ])('trusts that there is no %s %s', async (name, type) => {
    const said = await ask(name, type);
    expect(said).toMatch(/flags:.* ad[ ;]/);
    expect(said).toMatch(/status: (NOERROR|NXDOMAIN)/);
    expect(said).not.toMatch(/\d\s+IN\s+(A|AAAA|TXT|DS)\s/);
  });

  it('finds unsigned children, without AD', async () => {
    const said = await ask('www.plain.cdn.test', 'A');
    expect(said).toContain('192.0.2.50');
    expect(said).not.toMatch(/flags:.* ad[ ;]/);
  });

  it('trusts another address for each network', async () => {
    for (const third of [3, 4, 3]) {
      const said = await ask('geo.cdn.test', 'A', `+subnet=100.64.${third}.0/24`);
      expect(said).toContain(`203.0.113.${third}`);
      expect(said).toMatch(/flags:.* ad[ ;]/);
    }
  });

  it('still finds what exists after denials all around it', async () => {
    for (const [name, type] of [
      ['deep.ent.cdn.test', 'AAAA'],
      ['ent.cdn.test', 'A'],
      ['geo.cdn.test', 'AAAA'],
      ['a.deep.ent.cdn.test', 'A'],
      ['cdn.test', 'TXT'],
    ] as const) {
      await ask(name, type);
    }
    expect(await ask('deep.ent.cdn.test', 'A')).toContain('192.0.2.30');
    expect(await ask('geo.cdn.test', 'A', '+subnet=100.64.9.0/24')).toContain('203.0.113.9');
  });

  it('refuses what was changed on the way', async () => {
    server.tamper = (reply) => ({
      ...reply,
      answer: reply.answer.map((rrset) =>
        rrset.type === 1 ? { ...rrset, rdata: [{ parts: [Uint8Array.of(192, 0, 2, 66)] }] } : rrset,
      ),
    });
    expect(await ask('forged.wild.cdn.test', 'A')).toContain('status: SERVFAIL');
    server.tamper = (reply) => reply;
  });
});

function ask(...question: string[]): Promise<string> {
  return dig(unbound.port, '+recurse', '+dnssec', ...question);
}
