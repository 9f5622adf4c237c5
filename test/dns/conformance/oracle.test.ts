// The same zone files in our server and in BIND's named, the same questions to both: rcode, AA, answer and authority must
// agree, for every name that a grid of labels makes and for each kind of name that the RFCs tell apart.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RCODES, TYPES, typeName } from '../../../src/dns/wire/constants.ts';
import type { Response } from '../../../src/dns/wire/query.ts';
import { ask, type TestServer, worldState } from '../support.ts';
import { type Named, namedIsMissing, startNamed } from './named.ts';
import { gridNames, randomZone } from './random-zone.ts';

const HEAD = '$TTL 300\n@ SOA ns hostmaster 7 3600 900 1209600 60\n@ NS ns\nns A 192.0.2.1\n';

const FILES: Record<string, string> = {
  'parent.test': `$ORIGIN parent.test.\n${HEAD}
@ NS ns.elsewhere.test.
@ MX 10 mail
@ TXT "apex"
mail A 192.0.2.2
    AAAA 2001:db8::2
a.b.ent A 192.0.2.3
*.wild A 192.0.2.4
*.wild TXT "wild"
exact.wild TXT "here"
deep.ent.wild A 192.0.2.5
*.cw CNAME mail
*.cloop CNAME x.cloop
sub NS ns.sub
sub NS ns.other.test.
sub DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000
ns.sub A 192.0.2.6
hidden.sub TXT "occluded"
child NS ns.child
ns.child A 192.0.2.7
child DS 2 13 2 0000000000000000000000000000000000000000000000000000000000000000
c0 CNAME c1
c1 CNAME c2
c2 CNAME mail
dangling CNAME nowhere
todeleg CNAME www.sub
tochild CNAME www.child
away CNAME www.example.org.
toent CNAME b.ent
towild CNAME any.wild
l1 CNAME l2
l2 CNAME l1
self CNAME self
_x._tcp SRV 0 0 53 mail
caa CAA 0 issue "ca.test"
`,
  // Below the other, so that a name has two zones to be in.
  'child.parent.test': `$ORIGIN child.parent.test.\n${HEAD}
www A 192.0.2.8
back CNAME c0.parent.test.
`,
  // Its apex alone; a negative TTL that the SOA's own TTL bounds.
  'bare.test': `$ORIGIN bare.test.\n@ 30 SOA ns.parent.test. h.parent.test. 1 2 1 4 3600\n@ 9 NS ns.parent.test.\n`,
};

const SEEDS = [1, 2, 3, 4];
for (const seed of SEEDS) FILES[`r${seed}.test`] = `$ORIGIN r${seed}.test.\n${HEAD}${randomZone(seed)}`;

const QUERY_TYPES = [TYPES.A, TYPES.TXT, TYPES.NS, TYPES.SOA, TYPES.CNAME, TYPES.DS];

describe.skipIf(namedIsMissing())('answers are those of named', () => {
  let named: Named;
  let server: TestServer;
  beforeAll(async () => {
    server = worldState({ zones: Object.values(FILES), steering: {} });
    const texts = Object.entries(FILES).map(([origin, text]) => [origin, { text }]);
    named = await startNamed(Object.fromEntries(texts));
    expect(named.output()).not.toMatch(/not loaded/);
  });
  afterAll(() => named?.close());

  it.each([
    ...['', 'ns', 'mail', 'nope', 'a.b.ent', 'b.ent', 'ent', 'c.ent', 'x.b.ent', 'a.a.b.ent'],
    ...['wild', 'any.wild', 'two.any.wild', 'exact.wild', 'x.exact.wild', '*.wild', 'x.*.wild', 'ent.wild'],
    ...['x.ent.wild', 'deep.ent.wild', 'any.cw', 'cw', 'sub', 'ns.sub', 'hidden.sub', 'x.sub'],
    ...['child', 'www.child', 'ns.child', 'nope.child', 'c0', 'c1', 'dangling', 'todeleg'],
    ...['away', 'toent', 'towild', '_x._tcp', '_tcp', 'caa'],
  ])('for `%s` of a zone with all kinds of names', async (owner) => {
    const name = owner === '' ? 'parent.test' : `${owner}.parent.test`;
    for (const type of [...QUERY_TYPES, TYPES.AAAA, TYPES.MX, TYPES.SRV, TYPES.CAA, 65280]) {
      await compare(name, type);
    }
  });

  it('for a zone that is its apex alone, and for names that are no zone of ours', async () => {
    for (const type of QUERY_TYPES) {
      await compare('bare.test', type);
      await compare('x.bare.test', type);
      await compare('not.ours.example', type);
      await compare('test', type);
    }
  });

  it.each(SEEDS)('for every name of a grid over random zone %i', async (seed) => {
    const names = gridNames();
    for (let i = 0; i < names.length; i += 8) {
      const some = names.slice(i, i + 8);
      await Promise.all(
        some.flatMap((name) =>
          QUERY_TYPES.map((type) => compare(name === '' ? `r${seed}.test` : `${name}.r${seed}.test`, type)),
        ),
      );
    }
  });

  it.each(['l1', 'self', 'any.cloop'])(
    'but the alias loop at `%s`: named says SERVFAIL, we say the links and NOERROR',
    async (owner) => {
      const name = `${owner}.parent.test`;
      expect((await named.ask(name, TYPES.A)).rcode).toBe(RCODES.SERVFAIL);
      const ours = askHere(server, name, TYPES.A);
      expect([ours.rcode, server.last?.reason]).toEqual([RCODES.NOERROR, 'cname-loop']);
    },
  );

  it.each(['tochild', 'back.child'])(
    'but the alias `%s` from one of our zones to another: named stops there, we go on',
    async (owner) => {
      const theirs = await named.ask(`${owner}.parent.test`, TYPES.A);
      const ours = askHere(server, `${owner}.parent.test`, TYPES.A);
      expect(ours.rcode).toBe(theirs.rcode);
      expect(recordsOf(ours.answer).slice(0, 1)).toEqual(recordsOf(theirs.answer));
      expect(ours.answer.at(-1)?.type).toBe(TYPES.A);
    },
  );

  async function compare(name: string, type: number): Promise<void> {
    const theirs = await named.ask(name, type);
    const ours = askHere(server, name, type);
    const question = `${name} ${typeName(type)}`;
    // Loops are the one thing that we see otherwise, on purpose.
    if (server.last?.reason === 'cname-loop') {
      expect([question, theirs.rcode]).toEqual([question, RCODES.SERVFAIL]);
      return;
    }
    const isReferral = theirs.authority.some((record) => record.type === TYPES.NS);
    expect({ question, ...shown(ours, isReferral) }, server.last?.reason).toEqual({
      question,
      ...shown(theirs, isReferral),
    });
  }
});

/** The one place that knows how our server is asked; over a stream, so that nothing is cut short. */
function askHere(server: TestServer, name: string, type: number): Response {
  return ask(server, name, typeName(type), { transport: 'tcp' });
}

function shown({ rcode, authoritative, answer, authority, additional }: Response, isReferral: boolean) {
  return {
    rcode,
    authoritative,
    answer: recordsOf(answer),
    authority: recordsOf(authority).sort(),
    // Beside an answer, additional records are a matter of taste; without glue a referral leads nowhere.
    ...(isReferral && { glue: recordsOf(additional).sort() }),
  };
}

/** `www.a.test. 300 A 192.0.2.1`; records of one RRset in any order. */
function recordsOf(records: Response['answer']): string[] {
  const rrsets = Object.groupBy(records, (record) => `${record.name} ${record.type}`);
  return Object.values(rrsets).flatMap((each) =>
    (each ?? [])
      .map(({ name, ttlSeconds, type, text }) => `${name} ${ttlSeconds} ${typeName(type)} ${text}`)
      .sort(),
  );
}
