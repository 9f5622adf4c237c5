// The server as it is run: signed zones from a configuration, steered answers, a rollover by files and SIGHUP, and a key
// folder that has gone bad.

import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { formatKeyPair } from '../../../src/dns/dnssec/key-file.ts';
import { dnskeyRdata, keyTag, type ZoneKey } from '../../../src/dns/dnssec/zone-key.ts';
import { type GeneratedKey, generateKey } from '../../../src/dns/io/dnssec-keys.ts';
import { TYPES } from '../../../src/dns/wire/constants.ts';
import { parseName } from '../../../src/dns/wire/name.ts';
import { formatRdata } from '../../../src/dns/wire/rdata.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { delvOf, dig } from './validators.ts';

const NOW = Math.floor(Date.now() / 1000);
const CDN = parseName('cdn.test.') as string;

const ZONE = `$ORIGIN cdn.test.
$TTL 300
@ SOA ns1 hostmaster 1 3600 900 1209600 60
@ NS ns1
ns1 A 127.0.0.1
@ ALIAS static
static A 192.0.2.10
alias CNAME www
`;

let keys: string;
let old: GeneratedKey;
let server: RunningServer;
beforeAll(async () => {
  keys = mkdtempSync(join(tmpdir(), 'catchment-keys-'));
  old = generateKey(keys, CDN, 'csk', NOW, { publish: NOW - 100, activate: NOW - 100 });
  trust(old.key);
  server = await startServer({
    config: {
      listen: [{ address: '127.0.0.1', port: 0 }],
      zones: [{ file: 'cdn.zone', dnssec: true }],
      dnssec: { keys },
      pops: [
        {
          name: 'pop-fra',
          code: 'fra',
          latitude: 50,
          longitude: 8,
          ipv4: '203.0.113.2',
          ipv6: '2001:db8::2',
        },
        { name: 'pop-iad', code: 'iad', latitude: 39, longitude: -77, ipv4: '203.0.113.18' },
      ],
      steering: [
        { name: 'www.cdn.test', policy: 'pop:pop-fra', ttlSeconds: 20 },
        { name: 'iad.cdn.test', policy: 'pop:pop-iad' },
      ],
    },
    files: { 'cdn.zone': ZONE },
  });
});
afterAll(async () => {
  await server?.stop();
  rmSync(keys, { recursive: true });
});

it.each([
  ['www.cdn.test', 'A'],
  ['www.cdn.test', 'AAAA'],
  ['alias.cdn.test', 'A'],
  ['cdn.test', 'A'],
  ['cdn.test', 'DNSKEY'],
  ['cdn.test', 'CDS'],
  ['static.cdn.test', 'NSEC'],
])('what it answers is validated: %s %s', async (name, type) => {
  expect(await delv(name, type)).toMatch(/^; fully validated/m);
});

it.each([
  ['iad.cdn.test', 'AAAA'],
  ['www.cdn.test', 'TXT'],
  ['nope.cdn.test', 'A'],
  ['cdn.test', 'AAAA'],
])('what it denies is validated: %s %s', async (name, type) => {
  expect(await delv(name, type)).toMatch(/^; negative response, fully validated/m);
});

it('NXNAME itself cannot be asked for', async () => {
  const said = await dig(server.port, '+dnssec', 'cdn.test', 'TYPE128');
  expect(said).toContain('status: FORMERR');
  expect(said).toContain('EDE: 30');
});

it('a rollover is two files and SIGHUP, twice', async () => {
  const made = generateKey(keys, CDN, 'csk', NOW, { publish: NOW - 100, activate: NOW - 100 });
  trust(old.key, made.key);
  await reload(/^reloaded/);
  expect(await signers('static.cdn.test')).toEqual(tags(old.key, made.key));
  expect(await delv('static.cdn.test', 'A')).toMatch(/^; fully validated/m);
  rewrite(old, { publish: NOW - 100, activate: NOW - 100, inactive: NOW - 1, delete: NOW - 1 });
  trust(made.key);
  await reload(/^reloaded/);
  expect(await signers('static.cdn.test')).toEqual(tags(made.key));
  expect(await delv('cdn.test', 'DNSKEY')).toMatch(/^; fully validated/m);
  expect(await delv('nope.cdn.test', 'A')).toMatch(/^; negative response, fully validated/m);
});

it('a bad key folder is refused with its reason, and what was loaded stays', async () => {
  const before = await signers('static.cdn.test');
  chmodSync(old.privateFile, 0o644);
  const { error } = await reload(/refused/);
  expect(String(error)).toContain(`chmod 600 ${old.privateFile}`);
  expect(await signers('static.cdn.test')).toEqual(before);
  chmodSync(old.privateFile, 0o600);
});

function trust(...trusted: ZoneKey[]): void {
  const lines = trusted.map((key) => {
    const text = formatRdata(TYPES.DNSKEY, { parts: [dnskeyRdata(key)] });
    return `cdn.test. static-key ${text.replace(/(\S+)$/, '"$1"')};`;
  });
  writeFileSync(join(keys, 'anchors'), `trust-anchors { ${lines.join(' ')} };\n`);
}

function rewrite({ privateFile, key }: GeneratedKey, timing: ZoneKey['timing']): void {
  expect(readFileSync(privateFile, 'utf8')).toContain('PrivateKey');
  writeFileSync(privateFile, formatKeyPair({ ...key, timing }, NOW).privateText);
}

async function reload(outcome: RegExp): Promise<Record<string, unknown>> {
  const from = server.log.length;
  server.signal('SIGHUP');
  return server.logged(outcome, from);
}

function delv(name: string, type: string): Promise<string> {
  return delvOf(server.port, join(keys, 'anchors'), 'cdn.test', name, type);
}

/** Key tags of the signatures of an A record. */
async function signers(name: string): Promise<number[]> {
  const said = await dig(server.port, '+dnssec', '+short', name, 'A');
  return [...said.matchAll(/^A 13 \d+ \d+ \d+ \d+ (\d+) /gm)].map((match) => Number(match[1])).sort();
}

function tags(...keysOf: ZoneKey[]): number[] {
  return keysOf.map(keyTag).sort();
}
