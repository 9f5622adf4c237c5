// The same zones to us and to BIND's named-checkzone: what it refuses we refuse; what it warns of we say too, as a warning
// or, where noted, as a problem. The table is also the list of all that we say.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatProblem } from '../../../src/base/errors.ts';
import { loadZone } from '../../../src/dns/zone/load-zone.ts';
import { run } from '../conformance/named.ts';

const CHECKZONE = '/usr/bin/named-checkzone';
const HEAD = `$ORIGIN a.test.
$TTL 300
@ SOA ns hostmaster 1 3600 900 1209600 60
@ NS ns
ns A 192.0.2.1
`;

/** Lines from 6 on, what named says, and what we say (the first line of each problem or warning). */
type Case = [lines: string, named: 'ok' | 'warns' | 'refuses', ours: string[]];

const GOOD: Case[] = [
  ['www A 192.0.2.2\n  AAAA 2001:db8::1\n  TXT a "b c"', 'ok', []],
  ['s NS ns.s\nns.s A 192.0.2.2', 'ok', []],
  ['s NS ns.o\no NS ns.o\nns.o A 192.0.2.2', 'ok', []],
  ['s NS ns.elsewhere.example.', 'ok', []],
  ['*.w A 192.0.2.2\nx.w TXT a', 'ok', []],
  ['m HTTPS 1 . alpn="h2,h3" ipv4hint=192.0.2.2', 'ok', []],
  ['@ MX 0 .\n_x._tcp SRV 0 0 0 .', 'ok', []],
  ['m A 192.0.2.2\nm A 192.0.2.2', 'ok', []],
  ['m CNAME ns\nm CNAME ns', 'ok', []],
  ['@ SOA ns hostmaster 1 3600 900 1209600 60', 'ok', []],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: $GENERATE's own syntax
  ['$GENERATE 1-3 h$ A 192.0.2.$\n$GENERATE 0-20/10 g${0,3,x} 5 IN CNAME h${1}', 'ok', []],
  ['a\\.b\\032c TXT "\\001\\"\\\\"', 'ok', []],
  ['x TYPE65280 \\# 3 0a0b0c\ny A \\# 4 c0000202', 'ok', []],
  ['m ( A\n 192.0.2.2 ; comment\n )', 'ok', []],
];

const WARNED: Case[] = [
  ['@ MX 1 m\nm CNAME ns', 'warns', [':6: a.test. MX: the target m.a.test. is a CNAME']],
  ['@ MX 1 nope', 'warns', [':6: a.test. MX: the target nope.a.test. is not in this zone']],
  ['@ MX 1 192.0.2.1', 'warns', [':6: a.test. MX: the target 192.0.2.1.a.test. is not in this zone']],
  ['_s._tcp SRV 1 1 1 t\nt TXT a', 'warns', [':6: _s._tcp.a.test. SRV: the target t.a.test. has no address']],
  ['_s._tcp SRV 1 1 1 m\nm CNAME ns', 'warns', [':6: _s._tcp.a.test. SRV: the target m.a.test. is a CNAME']],
  [
    's NS ns.s',
    'warns',
    [':6: the name server ns.s.a.test. has no address in this zone: s.a.test. cannot be reached'],
  ],
  ['s NS nope', 'warns', [':6: the name server nope.a.test. of s.a.test. has no address in this zone']],
  ['s NS m\nm CNAME ns', 'warns', [':6: the name server m.a.test. of s.a.test. is a CNAME (RFC 2181 10.3)']],
  [
    's NS ns.o\no NS ns.elsewhere.example.',
    'warns',
    [':6: the name server ns.o.a.test. of s.a.test. lies below another delegation, without glue here'],
  ],
  [
    'm 5 A 192.0.2.2\nm 6 A 192.0.2.3',
    'warns',
    [':7: the records of m.a.test. A differ in TTL: 5 is taken for all'],
  ],
  [
    'a_b A 192.0.2.2',
    'warns',
    [':6: a_b.a.test. is not a host name: letters, digits and hyphens (RFC 1123 2.1)'],
  ],
  [
    'x.*.y TXT a',
    'warns',
    [':6: x.*.y.a.test. has a `*` that is not the first label: it stands for nothing (RFC 4592 2.1)'],
  ],
];

/** named says nothing of these. */
const OURS_ALONE: Case[] = [
  [
    'x CNAME y\ny CNAME x',
    'ok',
    [':6: x.a.test. is a CNAME that leads to itself', ':7: y.a.test. is a CNAME that leads to itself'],
  ],
  ['m 0 A 192.0.2.2', 'ok', [':6: m.a.test. A has TTL 0: no resolver may keep it']],
  [
    's NS ns.s\nns.s A 192.0.2.2\nx.s TXT a',
    'ok',
    [':8: x.s.a.test. TXT is never answered: s.a.test. is delegated'],
  ],
  ['s NS ns.b.test.\ns TXT a', 'ok', [':7: s.a.test. TXT is never answered: s.a.test. is delegated']],
  ['@ MX 0 .\n@ MX 1 ns', 'ok', [':6: a.test. has a null MX beside others (RFC 7505 3)']],
  ['m HTTPS 0 nope', 'ok', [':6: m.a.test. HTTPS: the target nope.a.test. is not in this zone']],
  [`d DS 1 13 2 ${'0'.repeat(64)}`, 'ok', [':6: d.a.test. has a DS record, but is no delegation']],
];

const REFUSED: Case[] = [
  ['@ NS m\nm CNAME ns', 'refuses', [':4: the name server m.a.test. is a CNAME']],
  ['@ NS nope', 'refuses', [':4: the name server nope.a.test. has no address in this zone']],
  ['m CNAME ns\nm A 192.0.2.2', 'refuses', [':6: m.a.test. has a CNAME beside A']],
  ['m CNAME ns\nm CNAME x.b.', 'refuses', [':7: m.a.test. has a second CNAME record']],
  ['@ SOA ns hostmaster 2 3600 900 1209600 60', 'refuses', [':6: a second SOA record']],
  ['*.s NS ns', 'refuses', [':6: NS at a wildcard has no defined meaning (RFC 4592 4.2)']],
  ['m A 192.0.2', 'refuses', [':6: A record: `192.0.2` is not an IPv4 address']],
  ['m TXT "abc', 'refuses', [':6: a quote is not closed on this line']],
  ['m A ( 192.0.2.2', 'refuses', [':6: `(` is never closed']],
  ['m A 192.0.2.2 )', 'refuses', [':6: `)` without `(`']],
  [`${'a'.repeat(64)} A 192.0.2.2`, 'refuses', [`:6: \`${'a'.repeat(64)}\` is not a domain name`]],
  ['m CH A 192.0.2.2', 'refuses', [':6: class CH is not served']],
  ['m PTR a b', 'refuses', [':6: PTR record: too many fields: domain name expected']],
  ['$FOO 1', 'refuses', [':6: unknown directive $FOO']],
  ['$INCLUDE nofile', 'refuses', [':6: $INCLUDE cannot read nofile']],
  ['$TTL x', 'refuses', [':6: $TTL needs a time']],
  ['$GENERATE 3-1 h$ A 192.0.2.$', 'refuses', [':6: $GENERATE counts upwards: 3-1 is no range']],
  ['m NOTATYPE x', 'refuses', [':6: unknown type NOTATYPE']],
];

/** Where we are stricter: named ignores the record, changes it, or has a feature that we lack. */
const STRICTER: Case[] = [
  ['x.b.test. A 192.0.2.2', 'warns', [':6: x.b.test. is outside the zone a.test.']],
  ['m 2147483648 A 192.0.2.2', 'warns', [':6: TTL 2147483648 is more than 2147483647 seconds']],
  ['d DNAME e', 'ok', [':6: DNAME records are not supported: write the names out, or use a wildcard']],
];

describe.each<[string, Case[], kind: 'warning' | 'problem']>([
  ['good zones', GOOD, 'warning'],
  ['zones with warnings', WARNED, 'warning'],
  ['zones of which only we warn', OURS_ALONE, 'warning'],
  ['zones that are refused', REFUSED, 'problem'],
  ['zones that only we refuse', STRICTER, 'problem'],
])('%s', (_title, cases, kind) => {
  it.each(cases)('%j: named %s', (lines, _named, ours) => {
    const { zone, problems, warnings } = loadZone(`${HEAD}${lines}\n`, 'a.zone');
    const said = kind === 'warning' ? warnings : problems;
    expect(said.map((problem) => formatProblem(problem).split('\n')[0])).toEqual(
      ours.map((message) => `a.zone${message}`),
    );
    expect(zone === undefined).toBe(kind === 'problem');
  });
});

const missing = !existsSync(CHECKZONE);
if (missing)
  console.warn(`SKIPPED: ${CHECKZONE} is missing; install Debian's bind9-utils to compare with it`);

describe.skipIf(missing)('named-checkzone', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'catchment-checkzone-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([...GOOD, ...WARNED, ...OURS_ALONE, ...REFUSED, ...STRICTER])(
    'thinks of %j: %s',
    (lines, named) => {
      const file = join(folder, 'a.zone');
      writeFileSync(file, `${HEAD}${lines}\n`);
      const { code, output } = run(CHECKZONE, ['-i', 'local', 'a.test', file]);
      const remarks = output.split('\n').filter((line) => line !== '' && !/loaded serial|^OK$/.test(line));
      expect({ code, remarks: remarks.length > 0 }, output).toEqual({
        code: named === 'refuses' ? 1 : 0,
        remarks: named !== 'ok',
      });
    },
  );
});
