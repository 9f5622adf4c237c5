// A key for a zone of a test, as files that a server reads, and what a validating resolver is told to trust.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dnskeyRdata } from '../../../src/dns/dnssec/zone-key.ts';
import { generateKey } from '../../../src/dns/io/dnssec-keys.ts';
import { type Name, parseName } from '../../../src/dns/wire/name.ts';

export interface SignedZone {
  /** For `startServer` and `testPipeline`. */
  files: Record<string, string>;
  /** Fields of the configuration: `zones` and `dnssec`. */
  config: { zones: object[]; dnssec: object };
  /** `cdn.test. IN DS 12345 13 2 …`. */
  ds: string;
  /** For delv's trust-anchors. */
  bindAnchor: string;
}

export function signedZone(zone = 'cdn.test', file = 'cdn.zone'): SignedZone {
  const folder = mkdtempSync(join(tmpdir(), 'catchment-dns-keys-'));
  const { key, ds = '' } = generateKey(
    folder,
    parseName(zone) as Name,
    'csk',
    Math.floor(Date.now() / 1000) - 60,
  );
  const files = Object.fromEntries(
    readdirSync(folder).map((name) => [`keys/${name}`, readFileSync(join(folder, name), 'utf8')]),
  );
  rmSync(folder, { recursive: true });
  const rdata = dnskeyRdata(key);
  const [flags, base64] = [rdata.readUInt16BE(0), rdata.subarray(4).toString('base64')];
  return {
    files,
    config: { zones: [{ file, dnssec: true }], dnssec: { keys: 'keys' } },
    ds,
    bindAnchor: `trust-anchors { "${zone}." static-key ${flags} 3 13 "${base64}"; };`,
  };
}
