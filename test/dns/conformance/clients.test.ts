// The clients that people use get what the zone says: dig, kdig, drill and delv, each with its own idea of what a reply has
// to look like. What they warn about counts as much as what they print.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installed, run } from '../support/command.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { ADDRESS_OF, worldConfig, worldFiles } from '../support/world.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ config: worldConfig(), files: worldFiles() });
});
afterAll(() => server.stop());

async function ask(program: string, ...args: string[]): Promise<string> {
  const port = String(server.port);
  const limits = program === 'drill' ? [] : ['+tries=1', '+time=3', '+norecurse'];
  const where = ['@127.0.0.1', '-p', port];
  const { out, err } = await run(program, [
    ...where,
    ...(program === 'kdig' ? limits.slice(1) : limits),
    ...args,
  ]);
  return out + err;
}

/** That it asks again over TCP is no complaint. */
const COMPLAINTS =
  /warning(?!: truncated)|malformed|bad packet|mismatch|unexpected|extra bytes|FORMERR|not match/i;

/** Sentence, arguments of dig and kdig, what must be printed. */
const TABLE: [string, string[], RegExp][] = [
  ['A', ['static.cdn.test', 'A'], /static\.cdn\.test\.\s+300\s+IN\s+A\s+192\.0\.2\.10/],
  ['AAAA', ['static.cdn.test', 'AAAA'], /AAAA\s+2001:db8::10/],
  [
    'MX with its address',
    ['cdn.test', 'MX'],
    /MX\s+10 mail\.cdn\.test\.[\s\S]*mail\.cdn\.test\.\s+300\s+IN\s+A\s+198\.51\.100\.25/,
  ],
  ['TXT', ['static.cdn.test', 'TXT'], /"one" "two; three"/],
  ['SRV', ['_dns._udp.cdn.test', 'SRV'], /SRV\s+0 5 53 ns1\.cdn\.test\./],
  [
    'HTTPS',
    ['svc.cdn.test', 'TYPE65'],
    /(HTTPS|TYPE65)\s+(1 \. alpn="?h2"?|\\# 10 ?0001 ?00 ?0001 ?0003 ?026832)/,
  ],
  [
    'an alias to a steered name',
    ['alias2.cdn.test', 'A'],
    /alias2\S+\s+300\s+IN\s+CNAME\s+alias\.cdn\.test\.[\s\S]*alias\.cdn\.test\.\s+300\s+IN\s+CNAME\s+www\.cdn\.test\.[\s\S]*www\.cdn\.test\.\s+20\s+IN\s+A\s+203\.0\.113\./,
  ],
  ['an alias that leaves the zone', ['away.cdn.test', 'A'], /NOERROR[\s\S]*CNAME\s+www\.example\.org\./],
  ['a broken alias', ['broken.cdn.test', 'A'], /NXDOMAIN[\s\S]*CNAME\s+nowhere\.cdn\.test\./],
  [
    'a wildcard',
    ['any.thing.wild.cdn.test', 'A'],
    /any\.thing\.wild\.cdn\.test\.\s+300\s+IN\s+A\s+192\.0\.2\.20/,
  ],
  ['beside a wildcard', ['exact.wild.cdn.test', 'A'], /NOERROR[\s\S]*SOA/],
  ['an empty non-terminal', ['ent.cdn.test', 'A'], /NOERROR[\s\S]*SOA\s+ns1\.cdn\.test\./],
  ['NXDOMAIN with the SOA', ['nope.cdn.test', 'A'], /NXDOMAIN[\s\S]*SOA\s+ns1\.cdn\.test\./],
  [
    'a delegation with glue',
    ['www.sub.cdn.test', 'A'],
    /NOERROR[\s\S]*sub\.cdn\.test\.\s+300\s+IN\s+NS\s+ns\.sub\.cdn\.test\.[\s\S]*ns\.sub\.cdn\.test\.\s+300\s+IN\s+A\s+192\.0\.2\.53/,
  ],
  ['a truncated answer again over TCP', ['big.cdn.test', 'TXT'], /x{200}/],
  ['ANY', ['cdn.test', 'ANY'], /RFC8482/],
  ['who answers', ['+nsid', 'cdn.test', 'SOA'], /NSID.*(pop-fra|70 ?6f ?70 ?2d ?66 ?72 ?61)/i],
  [
    'a client network',
    ['+subnet=133.11.0.0/24', 'www.cdn.test', 'A'],
    /133\.11\.0\.0\/24\/\d+[\s\S]*203\.0\.113\.34/,
  ],
  [
    'a client network of IPv6',
    ['+subnet=2001:db8:4001::/56', 'www.cdn.test', 'AAAA'],
    /2001:db8:4001::\/56\/\d+[\s\S]*2001:db8:b000::2/,
  ],
];

describe.each(['dig', 'kdig'])('%s', (program) => {
  it.skipIf(!installed(program)).each(TABLE)('%s', async (_sentence, args, printed) => {
    const text = await ask(program, ...args);
    expect(text).toMatch(printed);
    expect(text).not.toMatch(COMPLAINTS);
  });

  it.skipIf(!installed(program))('CHAOS: the name of the server, not its version', async () => {
    const chaos = program === 'dig' ? ['-c', 'CH'] : ['CH'];
    expect(await ask(program, ...chaos, '-t', 'TXT', 'id.server')).toContain('"pop-fra"');
    expect(await ask(program, ...chaos, '-t', 'TXT', 'version.bind')).toContain('REFUSED');
  });
});

describe.skipIf(!installed('drill'))('drill (of ldnsutils)', () => {
  it('reads answers, aliases, delegations and truncated replies', async () => {
    expect(await ask('drill', 'static.cdn.test')).toMatch(/NOERROR[\s\S]*192\.0\.2\.10/);
    expect(await ask('drill', 'alias.cdn.test')).toMatch(/CNAME[\s\S]*203\.0\.113\./);
    expect(await ask('drill', '-a', 'big.cdn.test', 'TXT')).toMatch(/x{200}/);
    expect(await ask('drill', 'nope.cdn.test')).toContain('NXDOMAIN');
  });
});

describe.skipIf(!installed('delv'))('delv', () => {
  it('reads answers without validating them', async () => {
    const { out, err } = await run('delv', [
      '@127.0.0.1',
      '-p',
      String(server.port),
      '-i',
      'static.cdn.test',
      'A',
    ]);
    expect(out + err).toContain('192.0.2.10');
    expect(out + err).not.toMatch(/resolution failed/);
  });
});

it('a client in each part of the world has its POP by dig`s Client Subnet', async () => {
  const answer = (subnet: string) => ask('dig', '+short', `+subnet=${subnet}`, 'www.cdn.test');
  expect((await answer('193.0.0.0/24')).trim()).toBe(ADDRESS_OF.fra);
  expect((await answer('133.11.0.0/24')).trim()).toBe(ADDRESS_OF.sin);
  expect((await answer('8.8.8.0/24')).trim()).toBe(ADDRESS_OF.iad);
});
