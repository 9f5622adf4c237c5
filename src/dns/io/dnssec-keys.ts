// Reads the folder of key files, and makes new keys. All mistakes of all files are reported at once. Every server of an
// anycast set gets the same folder (by whatever copies secrets there) and reads it again on SIGHUP.

import { createECDH } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Problem, UserError } from '../../base/errors.ts';
import type { DnssecConfig } from '../dnssec/dnssec-config.ts';
import { formatKeyPair, keyFilePrefix, keyFileStem, PRIVATE_FILE, parseKeyPair } from '../dnssec/key-file.ts';
import { keysAt } from '../dnssec/key-schedule.ts';
import type { SigningData } from '../dnssec/signing-data.ts';
import { dsRdata, type KeyTiming, SEP_FLAG, ZONE_KEY_FLAG, type ZoneKey } from '../dnssec/zone-key.ts';
import { TYPES } from '../wire/constants.ts';
import { formatName, type Name } from '../wire/name.ts';
import { formatRdata } from '../wire/rdata.ts';

/**
 * What signs `zones`, as the configuration says; `pathOf` makes its paths absolute.
 * @throws UserError with every problem of every key file.
 */
export function loadSigning(
  config: DnssecConfig,
  pathOf: (file: string) => string,
  zones: readonly Name[],
): SigningData {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const { keys, problems } = readZoneKeys(pathOf(config.keys), zones, nowSeconds);
  if (problems.length > 0) throw new UserError(problems);
  return { ...config, keys };
}

/**
 * The keys of `zones` in `folder`, by zone, in the order of their file names. Keys of other zones are left alone. A
 * private key that others can read is refused; its group may read it, since that is how daemons are given secrets.
 */
export function readZoneKeys(
  folder: string,
  zones: readonly Name[],
  nowSeconds: number,
): { keys: Map<Name, ZoneKey[]>; problems: Problem[] } {
  const keys = new Map<Name, ZoneKey[]>(zones.map((zone) => [zone, []]));
  const problems: Problem[] = [];
  let names: string[];
  try {
    names = readdirSync(folder).sort();
  } catch (error) {
    const hint = `mkdir -m 700 ${folder}`;
    return { keys, problems: [{ file: folder, message: `cannot read: ${(error as Error).message}`, hint }] };
  }
  const byPrefix = new Map(zones.map((zone) => [keyFilePrefix(zone).toLowerCase(), zone]));
  for (const name of names) {
    const zone = byPrefix.get(PRIVATE_FILE.exec(name)?.[1]?.toLowerCase() ?? '');
    if (zone === undefined) continue;
    const key = readKey(folder, name);
    if (Array.isArray(key)) problems.push(...key);
    else if (key.zone === zone) keys.get(zone)?.push(key);
    else problems.push({ file: key.file, message: `is a key of ${formatName(key.zone)}` });
  }
  for (const [zone, found] of keys) {
    if (problems.length === 0) problems.push(...lacking(folder, zone, found, nowSeconds));
  }
  return { keys, problems };
}

export interface GeneratedKey {
  key: ZoneKey;
  privateFile: string;
  publicFile: string;
  /** `cdn.test. IN DS 12345 13 2 …`, for the parent; undefined for a ZSK. */
  ds?: string;
}

/** A new key in `folder`, published and active from now unless `timing` says otherwise. A `csk` signs everything. */
export function generateKey(
  folder: string,
  zone: Name,
  role: 'csk' | 'ksk' | 'zsk',
  nowSeconds: number,
  timing: KeyTiming = { publish: nowSeconds, activate: nowSeconds },
): GeneratedKey {
  for (;;) {
    const pair = createECDH('prime256v1');
    const publicKey = pair.generateKeys().subarray(1);
    // The scalar comes without its leading zeros.
    const privateKey = Buffer.from(pair.getPrivateKey('hex').padStart(64, '0'), 'hex');
    const flags = ZONE_KEY_FLAG | (role === 'zsk' ? 0 : SEP_FLAG);
    const stem = keyFileStem({ zone, flags, publicKey });
    const [privateFile, publicFile] = [join(folder, `${stem}.private`), join(folder, `${stem}.key`)];
    const key: ZoneKey = { zone, flags, publicKey, privateKey, timing, file: privateFile };
    const { privateText, publicText } = formatKeyPair(key, nowSeconds);
    try {
      writeFileSync(privateFile, privateText, { flag: 'wx', mode: 0o600 });
    } catch (error) {
      // Another key of this zone has the tag: make a new one.
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw error;
    }
    writeFileSync(publicFile, publicText, { mode: 0o644 });
    const ds = `${formatName(zone)} IN DS ${formatRdata(TYPES.DS, { parts: [dsRdata(key)] })}`;
    return { key, privateFile, publicFile, ...(role !== 'zsk' && { ds }) };
  }
}

function readKey(folder: string, name: string): ZoneKey | Problem[] {
  const privateFile = join(folder, name);
  const publicFile = privateFile.replace(/\.private$/, '.key');
  try {
    const { mode } = statSync(privateFile);
    if ((mode & 0o027) !== 0) {
      const message = `others can read or write this private key (mode ${(mode & 0o777).toString(8)})`;
      return [{ file: privateFile, message, hint: `chmod 600 ${privateFile}` }];
    }
    const privateText = readFileSync(privateFile, 'utf8');
    return parseKeyPair(privateText, privateFile, readFileSync(publicFile, 'utf8'), publicFile);
  } catch (error) {
    return [{ file: privateFile, message: `cannot read the key: ${(error as Error).message}` }];
  }
}

function lacking(folder: string, zone: Name, keys: readonly ZoneKey[], nowSeconds: number): Problem[] {
  const name = formatName(zone);
  if (keys.length === 0) {
    const hint = `dnssec-keygen -a ECDSAP256SHA256 -f KSK -K ${folder} ${name}`;
    return [{ file: folder, message: `no key for the zone ${name}`, hint }];
  }
  if (keysAt(keys, nowSeconds, false).zoneSigners.length > 0) return [];
  const hint = `dnssec-settime -P now -A now ${keys[0]?.file}`;
  return [{ file: folder, message: `no key of the zone ${name} is published and active now`, hint }];
}
