// Whatever a file holds, the parser ends, does not throw, and says where the mistakes are.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { typeName } from '../../../src/dns/wire/constants.ts';
import { formatName } from '../../../src/dns/wire/name.ts';
import { formatRdata } from '../../../src/dns/wire/rdata.ts';
import { loadZone } from '../../../src/dns/zone/load-zone.ts';
import { randomZone } from '../conformance/random-zone.ts';

const HEAD = '$ORIGIN a.test.\n$TTL 300\n@ SOA ns h 1 3600 900 1209600 60\n@ NS ns\nns A 192.0.2.1\n';

const words = fc.constantFrom(
  ...[
    '@',
    'www',
    '*',
    '*.w',
    'a\\.b',
    '\\000',
    '\\256',
    '\\',
    '"',
    '"a b"',
    '""',
    '(',
    ')',
    ';',
    '\n',
    '\n',
    '\n ',
    '\t',
  ],
  ...[
    '$ORIGIN',
    '$TTL',
    '$INCLUDE',
    '$GENERATE',
    '$',
    '1-3',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: $GENERATE's own syntax
    '${0,2,n}',
    '0-999999999',
    'self',
    'IN',
    'CH',
    '0',
    '60/5',
  ],
  ...[
    '1h',
    '99999999999',
    'A',
    'AAAA',
    'NS',
    'SOA',
    'MX',
    'TXT',
    'CNAME',
    'SRV',
    'DS',
    'HTTPS',
    'CAA',
    'STEER',
    'ALIAS',
  ],
  ...[
    'TYPE1',
    'TYPE999',
    'TYPE65536',
    '\\#',
    '4',
    'c0000201',
    '192.0.2.1',
    '::1',
    'ns',
    'ns.b.',
    'alpn=h2',
    'alpn="h2',
  ],
  ...['all-down=none', '..', '.', 'x'.repeat(70), '\u00e9', '\ufeff', '\0', '\r'],
);
const soup = fc.array(
  fc.oneof({ weight: 9, arbitrary: words }, fc.string({ unit: 'binary', maxLength: 8 })),
  { maxLength: 60 },
);

/** Loads, and every problem and warning must have a place (but that there is no SOA record anywhere). */
function check(text: string): ReturnType<typeof loadZone> {
  const loaded = loadZone(text, 'a.zone', (path) => (path === 'self' ? { text, file: 'self' } : undefined));
  const lines = text.split('\n').length;
  for (const problem of [...loaded.problems, ...loaded.warnings]) {
    if (problem.message === 'the zone has no SOA record') continue;
    expect(problem.line, problem.message).toBeGreaterThanOrEqual(1);
    expect(problem.line, problem.message).toBeLessThanOrEqual(lines);
  }
  return loaded;
}

describe('master files of any kind', () => {
  it('are read to their end, with a line for each mistake', () => {
    fc.assert(
      fc.property(soup, fc.constantFrom('', HEAD), (tokens, head) => void check(head + tokens.join(' '))),
      {
        numRuns: 400,
      },
    );
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => void check(text)));
  });

  it('that are good zones with a few bytes changed are read likewise', () => {
    const changes = fc.array(fc.tuple(fc.nat(400), words), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.nat(1000), changes, (seed, list) => {
        let text = HEAD + randomZone(seed);
        for (const [at, word] of list) text = text.slice(0, at) + word + text.slice(at + word.length);
        check(text);
      }),
      { numRuns: 300 },
    );
  });

  it('that can be served are the same zone when written out and read again', () => {
    fc.assert(
      fc.property(
        fc.nat(1e6),
        fc.array(fc.uint8Array({ maxLength: 9 }), { minLength: 1, maxLength: 3 }),
        (seed, texts) => {
          const strings = texts.map(
            (bytes) => `"${[...bytes].map((byte) => `\\${String(byte).padStart(3, '0')}`).join('')}"`,
          );
          const { zone } = check(`${HEAD}${randomZone(seed)}text TXT ${strings.join(' ')}\n`);
          const lines: string[] = [];
          for (const [owner, { rrsets }] of zone?.nodes ?? []) {
            for (const { type, ttlSeconds, rdata } of rrsets.values()) {
              for (const each of rdata) {
                lines.push(`${formatName(owner)} ${ttlSeconds} ${typeName(type)} ${formatRdata(type, each)}`);
              }
            }
          }
          expect({ ...loadZone(lines.join('\n'), 'a.zone').zone }).toEqual({ ...zone });
        },
      ),
      { numRuns: 50 },
    );
  });
});

it('includes of a file in itself come to an end', () => {
  const { problems } = check('$INCLUDE self\n$INCLUDE self\n$INCLUDE self\n');
  expect(problems.map(({ message }) => message)).toContain('$INCLUDE is nested more than 8 deep');
});
