// Key files and what is made of them, against BIND's tools: dnssec-keygen's keys sign here, keys made here are keys there.

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatProblem } from '../../../src/base/errors.ts';
import { parseKeyPair } from '../../../src/dns/dnssec/key-file.ts';
import { dsRdata, keyTag } from '../../../src/dns/dnssec/zone-key.ts';
import { generateKey, loadSigning, readZoneKeys } from '../../../src/dns/io/dnssec-keys.ts';
import { TYPES } from '../../../src/dns/wire/constants.ts';
import { parseName } from '../../../src/dns/wire/name.ts';
import { formatRdata } from '../../../src/dns/wire/rdata.ts';
import { SETTINGS } from './signed-server.ts';

const ZONE = parseName('cdn.test.') as string;
const NOW = Math.floor(Date.now() / 1000);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'catchment-keys-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function tool(name: string, ...args: string[]): string {
  return execFileSync(name, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}

function problems(): string[] {
  return readZoneKeys(folder, [ZONE], NOW).problems.map(formatProblem);
}

describe('keys', () => {
  it('of dnssec-keygen are read, with the moments that dnssec-settime wrote', () => {
    const ksk = tool('dnssec-keygen', '-q', '-K', folder, '-a', 'ECDSAP256SHA256', '-f', 'KSK', 'cdn.test');
    const args = ['-q', '-K', folder, '-a', 'ECDSAP256SHA256', '-P', 'now', '-A', '+1d', 'cdn.test'];
    const zsk = tool('dnssec-keygen', ...args);
    tool('dnssec-settime', '-K', folder, '-I', '20400101000000', '-D', '20400201000000', ksk);
    const { keys, problems } = readZoneKeys(folder, [ZONE], NOW);
    expect(problems).toEqual([]);
    const found = keys.get(ZONE) ?? [];
    expect(found.map((key) => key.flags).sort()).toEqual([256, 257]);
    const signing = found.find((key) => key.flags === 257);
    expect(signing?.timing).toMatchObject({ inactive: 2208988800, delete: 2211667200 });
    const later = found.find((key) => key.flags === 256)?.timing;
    expect((later?.activate ?? 0) - (later?.publish ?? 0)).toBe(86400);
    const ds = tool('dnssec-dsfromkey', '-2', join(folder, `${ksk}.key`));
    expect(ds).toBe(`cdn.test. IN DS ${formatRdata(TYPES.DS, { parts: [dsRdata(signing as never)] })}`);
    expect(zsk).toContain(
      `+013+${String(keyTag(found.find((key) => key.flags === 256) as never)).padStart(5, '0')}`,
    );
  });

  it('made here are keys to BIND, and have the DS record that it computes', () => {
    for (const role of ['csk', 'zsk'] as const) {
      const made = generateKey(folder, ZONE, role, NOW);
      const said = tool('dnssec-settime', '-p', 'all', made.privateFile);
      expect(said).toMatch(/Publish: (?!UNSET)/);
      expect(said).toMatch(/Activate: (?!UNSET)/);
      const ds = tool('dnssec-dsfromkey', '-2', '-A', made.publicFile);
      if (role === 'csk') expect(made.ds).toBe(ds);
      else expect(made.ds).toBeUndefined();
    }
    expect(problems()).toEqual([]);
  });

  it('of other zones, and files that are no keys, are left alone', () => {
    generateKey(folder, ZONE, 'csk', NOW);
    tool('dnssec-keygen', '-q', '-K', folder, '-a', 'RSASHA256', '-b', '2048', 'other.test');
    writeFileSync(join(folder, 'README'), 'hello');
    expect(problems()).toEqual([]);
  });

  it('that others can read are refused with the command that helps', () => {
    const { privateFile } = generateKey(folder, ZONE, 'csk', NOW);
    chmodSync(privateFile, 0o644);
    expect(problems()).toEqual([
      `${privateFile}: others can read or write this private key (mode 644)\n  hint:     chmod 600 ${privateFile}`,
    ]);
    chmodSync(privateFile, 0o640);
    expect(problems()).toEqual([]);
  });

  it('that are missing are missed with the command that makes one', () => {
    expect(problems()).toEqual([
      `${folder}: no key for the zone cdn.test.\n  hint:     dnssec-keygen -a ECDSAP256SHA256 -f KSK -K ${folder} cdn.test.`,
    ]);
    generateKey(folder, ZONE, 'csk', NOW, { publish: NOW + 60, activate: NOW + 60 });
    expect(problems()[0]).toMatch(
      /no key of the zone cdn\.test\. is published and active now\n {2}hint: +dnssec-settime -P now/,
    );
    expect(() => loadSigning({ ...SETTINGS, keys: 'nowhere' }, (file) => join(folder, file), [ZONE])).toThrow(
      /cannot read/,
    );
  });

  it('of another algorithm are refused', () => {
    tool('dnssec-keygen', '-q', '-K', folder, '-a', 'ED25519', 'cdn.test');
    expect(problems().join('\n')).toMatch(/\.key: algorithm 15 is not supported\n {2}expected: 13/);
  });

  it('whose two files do not belong together are refused', () => {
    const [one, two] = [generateKey(folder, ZONE, 'csk', NOW), generateKey(folder, ZONE, 'csk', NOW)];
    copyFileSync(two.publicFile, one.publicFile);
    expect(problems()).toEqual([
      `${one.privateFile}: does not belong to the public key in ${one.publicFile}`,
    ]);
  });

  it.each([
    ['PrivateKey: ', 'PrivateKey: AAAA\nX-', /:3: PrivateKey is not the base64/],
    ['PrivateKey: ', `PrivateKey: ${Buffer.alloc(32, 0xff).toString('base64')}\nX-`, /:3: PrivateKey is not/],
    ['Publish: ', 'Publish: tomorrow ', /:5: Publish is not a moment/],
    ['Algorithm: 13', 'Algorithm: 8', /:2: Algorithm is not 13/],
    ['v1.3', 'v2.0', /Private-key-format is not v1\.2 or v1\.3\n {2}found: +v2\.0/],
    ['Activate: ', 'Revoke: 20300101000000\nActivate: ', /:6: Revoke .* is not supported/],
    ['Activate: ', 'Delete: 20200101000000\nActivate: ', /delete comes before publish/],
    ['Created', 'what is this\nCreated', /:4: not `Field: value`/],
  ])('with `%s` broken are refused with file, line and reason', (from, to, reason) => {
    const { privateFile } = generateKey(folder, ZONE, 'csk', NOW);
    writeFileSync(privateFile, readFileSync(privateFile, 'utf8').replace(from, to));
    const said = problems().join('\n');
    expect(said).toMatch(reason);
    expect(said).toContain(privateFile);
  });

  it('never leak into messages, and no bytes at all break the reader', () => {
    const made = generateKey(folder, ZONE, 'csk', NOW);
    const secret = /PrivateKey: (.*)/.exec(readFileSync(made.privateFile, 'utf8'))?.[1] as string;
    const [text, shown] = [readFileSync(made.privateFile, 'utf8'), readFileSync(made.publicFile, 'utf8')];
    fc.assert(
      fc.property(
        fc.nat(text.length - 1),
        fc.string({ maxLength: 3 }),
        fc.nat(shown.length - 1),
        (at, put, cut) => {
          const changed = text.slice(0, at) + put + text.slice(at + 1);
          const result = parseKeyPair(changed, 'K.private', shown.slice(0, cut), 'K.key');
          if (Array.isArray(result))
            expect(result.map(formatProblem).join('')).not.toContain(secret.slice(4, 24));
        },
      ),
      { seed: 13, numRuns: 500 },
    );
  });

  it('come with two files each, the private one for its owner only', () => {
    generateKey(folder, ZONE, 'ksk', NOW);
    expect(readdirSync(folder).map((name) => name.replace(/\d{5}/, 'TAG'))).toEqual([
      'Kcdn.test.+013+TAG.key',
      'Kcdn.test.+013+TAG.private',
    ]);
  });
});
