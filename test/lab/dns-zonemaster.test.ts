// A zone of ours, delegated from a root and a `test.` of ours, judged as a registry would judge it: by zonemaster, which
// resolves from the root down, and by dnsviz, which asks the name servers everything there is to ask. Nothing leaves the
// namespace; the addresses look public, or zonemaster would find fault with those.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installed, run } from '../dns/support/command.ts';
import { type Namespace, openNamespace } from '../dns/support/namespace.ts';
import { type RunningServer, startServer } from '../dns/support/server.ts';
import { signedZone } from '../dns/support/signed-zone.ts';
import { geoipBytes, POPS } from '../dns/support/world.ts';

const ROOT_SERVERS = ['198.41.0.4', '199.7.91.13'];
const NAME_SERVERS = ['45.76.10.1', '46.17.20.1'];

const SOA = 'hostmaster.cdn.test. 2026010100 14400 3600 1209600 3600';
const ROOT_ZONE = `$ORIGIN .
$TTL 86400
@ SOA a.root-servers.net. ${SOA}
@ NS a.root-servers.net.
@ NS b.root-servers.net.
a.root-servers.net. A ${ROOT_SERVERS[0]}
b.root-servers.net. A ${ROOT_SERVERS[1]}
test. NS a.nic.test.
test. NS b.nic.test.
a.nic.test. A ${ROOT_SERVERS[0]}
b.nic.test. A ${ROOT_SERVERS[1]}
`;
const TEST_ZONE = `$ORIGIN test.
$TTL 86400
@ SOA a.nic ${SOA}
@ NS a.nic
@ NS b.nic
a.nic A ${ROOT_SERVERS[0]}
b.nic A ${ROOT_SERVERS[1]}
cdn NS ns1.cdn
cdn NS ns2.cdn
ns1.cdn A ${NAME_SERVERS[0]}
ns2.cdn A ${NAME_SERVERS[1]}
`;
/** Name servers whose addresses have no names are a warning. */
const REVERSE_ZONE = `$ORIGIN in-addr.arpa.
$TTL 86400
@ SOA a.root-servers.net. ${SOA}
@ NS a.root-servers.net.
@ NS b.root-servers.net.
1.10.76.45 PTR ns1.cdn.test.
1.20.17.46 PTR ns2.cdn.test.
`;
const CDN_ZONE = `$ORIGIN cdn.test.
$TTL 3600
@ SOA ns1 ${SOA}
@ NS ns1
@ NS ns2
@ MX 10 mail
@ A 192.0.2.10
@ TXT "v=spf1 mx -all"
ns1 A ${NAME_SERVERS[0]}
ns2 A ${NAME_SERVERS[1]}
mail A 46.17.20.1
static A 192.0.2.10
alias CNAME www
*.wild A 192.0.2.20
a.b.ent A 192.0.2.30
`;

const STEERING = [
  { name: 'www.cdn.test', policy: 'nearest', ttlSeconds: 20 },
  { name: '*.geo.cdn.test', policy: 'nearest', ttlSeconds: 20 },
];

/** What an unsigned zone, or a namespace without IPv6, has to be told. */
const NO_IPV6 = ['NO_IPV6_NS_CHILD', 'NO_IPV6_NS_DEL'];
const LOOKED_AT = [
  'EDNS0_SUPPORT',
  'QNAME_CASE_SENSITIVE',
  'NO_RECURSOR',
  'NAMESERVER_IP_PTR_MATCH',
  'ONE_SOA',
];
const LOOKED_AT_SIGNED = ['ALGORITHM_OK', 'RRSIG_EXPIRATION', 'DS10_HAS_NSEC'];
const NOT_SIGNED = ['NEITHER_DNSKEY_NOR_DS', 'NOT_SIGNED'];

describe.each([
  ['an unsigned zone', false, [...NO_IPV6, ...NOT_SIGNED]],
  ['a signed zone under an unsigned parent that has its DS', true, NO_IPV6],
])('%s', (_sentence, isSigned, expectedNotices) => {
  const key = signedZone();
  let namespace: Namespace;
  let root: RunningServer;
  let server: RunningServer;
  beforeAll(async () => {
    namespace = await openNamespace([...ROOT_SERVERS, ...NAME_SERVERS]);
    const listen = (addresses: string[]) => addresses.map((address) => ({ address, port: 53 }));
    const delegation = isSigned ? `${TEST_ZONE}${key.ds}\n` : TEST_ZONE;
    root = await startServer({
      prefix: namespace.prefix,
      config: { listen: listen(ROOT_SERVERS), zones: ['root.zone', 'test.zone', 'reverse.zone'] },
      files: { 'root.zone': ROOT_ZONE, 'test.zone': delegation, 'reverse.zone': REVERSE_ZONE },
    });
    const place = { geoip: 'geoip.mmdb', pops: POPS, steering: STEERING };
    server = await startServer({
      prefix: namespace.prefix,
      config: { listen: listen(NAME_SERVERS), zones: ['cdn.zone'], ...place, ...(isSigned && key.config) },
      files: { 'cdn.zone': CDN_ZONE, 'geoip.mmdb': geoipBytes(), ...(isSigned && key.files) },
    });
  });
  afterAll(async () => {
    await server?.stop();
    await root?.stop();
    namespace?.close();
  });

  const inside = (program: string, ...args: string[]) => {
    const [nsenter = '', ...rest] = namespace.prefix;
    return run(nsenter, [...rest, program, ...args], { timeoutMs: 120_000 });
  };

  it.skipIf(!installed('zonemaster-cli'))(
    'has no fault, by zonemaster, that a zone could avoid',
    async () => {
      const hints = join(server.folder, 'hints');
      writeFileSync(hints, `. NS a.root-servers.net.\na.root-servers.net. A ${ROOT_SERVERS[0]}\n`);
      const { out, err } = await inside(
        'zonemaster-cli',
        ...[
          '--no-ipv6',
          '--hints',
          hints,
          '--no-progress',
          '--json',
          '--level',
          'INFO',
          '--locale',
          'C',
          'cdn.test',
        ],
      );
      const found = findings(out + err);
      expect(found.filter(({ level }) => level !== 'INFO' && level !== 'NOTICE')).toEqual([]);
      const tags = found.map(({ tag }) => tag);
      const notices = found.filter(({ level }) => level === 'NOTICE').map(({ tag }) => tag);
      expect(notices.filter((tag) => !expectedNotices.includes(tag))).toEqual([]);
      // It got to the end of what it asks.
      for (const tag of [...LOOKED_AT, ...(isSigned ? LOOKED_AT_SIGNED : [])]) expect(tags).toContain(tag);
    },
  );

  it.skipIf(!installed('dnsviz'))('has no warning and no error by dnsviz', async () => {
    const probe = join(server.folder, 'probe.json');
    const where = NAME_SERVERS.map((address, i) => `ns${i + 1}.cdn.test=${address}`).join(',');
    const names = ['www', 'static', 'alias', 'x.wild', 'y.geo', 'nope', 'ent'].map(
      (name) => `${name}.cdn.test`,
    );
    const probed = await inside(
      'dnsviz',
      'probe',
      '-4',
      '-A',
      '-x',
      `cdn.test+:${where}`,
      '-o',
      probe,
      'cdn.test',
      ...names,
    );
    expect(probed.code, probed.err).toBe(0);
    const graded = await inside('dnsviz', 'grok', '-l', 'warning', '-r', probe);
    expect(graded.code, graded.err).toBe(0);
    // What has no fault of that level is left out; the servers were asked all the same.
    expect(graded.out === '' ? [] : faults(JSON.parse(graded.out))).toEqual([]);
    const all = await inside('dnsviz', 'grok', '-l', 'debug', '-r', probe);
    for (const name of names) expect(all.out).toContain(`"${name}./IN`);
    expect(all.out).not.toMatch(/"status": "(INVALID|BOGUS|EXPIRED|PREMATURE)/);
    if (isSigned) expect(all.out.match(/"status": "VALID"/g)?.length).toBeGreaterThan(20);
  });
});

interface Finding {
  level: string;
  tag: string;
}

function findings(text: string): Finding[] {
  const start = text.search(/[[{]/);
  const parsed = JSON.parse(text.slice(start)) as { results?: Finding[] } | Finding[];
  return Array.isArray(parsed) ? parsed : (parsed.results ?? []);
}

/** Every `errors` and `warnings` in dnsviz's tree, with the path to it. */
function faults(node: unknown, path = ''): string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) =>
    key === 'errors' || key === 'warnings'
      ? [`${path} ${key}: ${JSON.stringify(value)}`]
      : faults(value, `${path}/${key}`),
  );
}
