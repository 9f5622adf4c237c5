// Key pairs in BIND's format, as dnssec-keygen and dnssec-settime write it: `Kcdn.test.+013+12345.key` holds the DNSKEY
// record, `.private` the secret scalar and the moments of the key's life. So keys are made, moved and rolled with tools
// that operators have, and a rollover is a matter of files.

import { createECDH } from 'node:crypto';
import type { Problem } from '../../base/errors.ts';
import { TYPES } from '../wire/constants.ts';
import { formatName, type Name, parseName } from '../wire/name.ts';
import { decodeBase64 } from '../wire/rdata/base64.ts';
import { formatMoment, parseMoment } from '../wire/rdata/time.ts';
import { flatten, parseRdata } from '../wire/rdata.ts';
import { tokenize } from '../zone/tokenizer.ts';
import { ECDSA_P256_SHA256, type KeyTiming, keyTag, ZONE_KEY_FLAG, type ZoneKey } from './zone-key.ts';

const REVOKE_FLAG = 0x0080; // RFC 5011

const TIMING_FIELDS: readonly [field: string, name: keyof KeyTiming][] = [
  ['Publish', 'publish'],
  ['Activate', 'activate'],
  ['Inactive', 'inactive'],
  ['Delete', 'delete'],
  ['SyncPublish', 'syncPublish'],
  ['SyncDelete', 'syncDelete'],
];

/** Files whose names say that they are a key's; the groups are the zone's prefix, algorithm and tag. */
export const PRIVATE_FILE = /^(K.*\.)\+(\d{3})\+(\d{5})\.private$/;

/** `Kcdn.test.`: how the names of a zone's key files begin. A slash cannot be in a file's name. */
export function keyFilePrefix(zone: Name): string {
  return `K${formatName(zone).replaceAll('/', '\\047')}`;
}

/** `Kcdn.test.+013+12345`, without `.key` or `.private`. */
export function keyFileStem(key: Pick<ZoneKey, 'zone' | 'flags' | 'publicKey'>): string {
  const algorithm = String(ECDSA_P256_SHA256).padStart(3, '0');
  return `${keyFilePrefix(key.zone)}+${algorithm}+${String(keyTag(key)).padStart(5, '0')}`;
}

/** The DNSKEY record of a `.key` file. */
export function parsePublicFile(
  text: string,
  file: string,
): { zone: Name; flags: number; publicKey: Uint8Array } | Problem {
  const tokens = tokenize(text).entries[0]?.tokens ?? [];
  const at = tokens.findIndex((token) => token.text.toUpperCase() === 'DNSKEY');
  const zone = parseName(tokens[0]?.text ?? '', '');
  if (at < 1 || !zone?.endsWith('\0')) return { file, message: 'holds no DNSKEY record' };
  const rdata = parseRdata(TYPES.DNSKEY, tokens.slice(at + 1), '');
  if (typeof rdata === 'string') return { file, message: `DNSKEY record: ${rdata}` };
  const bytes = flatten(rdata);
  const flags = bytes.readUInt16BE(0);
  if (bytes[3] !== ECDSA_P256_SHA256) {
    return {
      file,
      message: `algorithm ${bytes[3]} is not supported`,
      expected: '13 (ECDSAP256SHA256)',
      hint: `dnssec-keygen -a ECDSAP256SHA256 -f KSK ${formatName(zone)}`,
    };
  }
  if (bytes.length !== 68) return { file, message: 'the public key is not 64 bytes long' };
  if ((flags & ZONE_KEY_FLAG) === 0) return { file, message: `flags ${flags} are not those of a zone key` };
  if ((flags & REVOKE_FLAG) !== 0) return { file, message: 'the key is revoked', hint: 'remove its files' };
  // A copy of its own: a view of a shared buffer would take all of that to every thread.
  return { zone, flags, publicKey: Uint8Array.from(bytes.subarray(4)) };
}

/** The key of a `.private` file and of the `.key` file beside it. */
export function parseKeyPair(
  privateText: string,
  privateFile: string,
  publicText: string,
  publicFile: string,
): ZoneKey | Problem[] {
  const shown = parsePublicFile(publicText, publicFile);
  const problems: Problem[] = 'message' in shown ? [shown] : [];
  const fields = new Map<string, { value: string; line: number }>();
  for (const [i, line] of privateText.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith(';')) continue;
    const match = /^([\w-]+):\s*(.*?)\s*$/.exec(line);
    if (match) fields.set(match[1] as string, { value: match[2] as string, line: i + 1 });
    else problems.push({ file: privateFile, line: i + 1, message: 'not `Field: value`' });
  }
  const format = /^v1\.(\d+)$/.exec(fields.get('Private-key-format')?.value ?? '');
  if (!format) {
    const found = fields.get('Private-key-format')?.value ?? 'no such field';
    problems.push({ file: privateFile, message: 'Private-key-format is not v1.2 or v1.3', found });
  }
  const algorithm = fields.get('Algorithm');
  if (Number.parseInt(algorithm?.value ?? '', 10) !== ECDSA_P256_SHA256) {
    const message = 'Algorithm is not 13 (ECDSAP256SHA256)';
    problems.push({ file: privateFile, line: algorithm?.line, message, found: algorithm?.value ?? 'none' });
  }
  const privateKey = parseScalar(fields.get('PrivateKey')?.value ?? '');
  if (!privateKey) {
    const line = fields.get('PrivateKey')?.line;
    // What was found is not said: it may be most of a secret.
    problems.push({
      file: privateFile,
      line,
      message: 'PrivateKey is not the base64 of 32 bytes of a P-256 key',
    });
  }
  const timing = parseTiming(fields, privateFile, problems);
  if ('message' in shown || !privateKey || problems.length > 0) return problems;
  if (!privateKey.publicKey.equals(shown.publicKey)) {
    return [{ file: privateFile, message: `does not belong to the public key in ${publicFile}` }];
  }
  const named = PRIVATE_FILE.exec(privateFile.slice(privateFile.lastIndexOf('/') + 1));
  if (named && Number(named[3]) !== keyTag(shown)) {
    const message = `the name says key tag ${Number(named[3])}, the key has ${keyTag(shown)}`;
    return [{ file: privateFile, message }];
  }
  // Before format 1.3 keys had no moments: being there was being in use.
  const always = Number(format?.[1]) < 3 ? { publish: 0, activate: 0 } : {};
  return {
    ...shown,
    privateKey: Uint8Array.from(privateKey.scalar),
    timing: { ...always, ...timing },
    file: privateFile,
  };
}

/** Both files' texts. `createdSeconds` is told, never read. */
export function formatKeyPair(
  key: ZoneKey,
  createdSeconds: number,
): { privateText: string; publicText: string } {
  const moments = TIMING_FIELDS.flatMap(([field, name]) => {
    const seconds = key.timing[name];
    return seconds === undefined ? [] : [`${field}: ${formatMoment(seconds)}`];
  });
  const all = [`Created: ${formatMoment(createdSeconds)}`, ...moments];
  const zone = formatName(key.zone);
  const secret = Buffer.from(key.privateKey).toString('base64');
  const shown = Buffer.from(key.publicKey).toString('base64');
  return {
    privateText: `${['Private-key-format: v1.3', `Algorithm: ${ECDSA_P256_SHA256} (ECDSAP256SHA256)`, `PrivateKey: ${secret}`, ...all].join('\n')}\n`,
    publicText: `${[...all.map((line) => `; ${line}`), `${zone} IN DNSKEY ${key.flags} 3 ${ECDSA_P256_SHA256} ${shown}`].join('\n')}\n`,
  };
}

function parseTiming(
  fields: ReadonlyMap<string, { value: string; line: number }>,
  file: string,
  problems: Problem[],
): KeyTiming {
  const timing: KeyTiming = {};
  for (const [field, name] of TIMING_FIELDS) {
    const entry = fields.get(field);
    if (!entry) continue;
    // dnssec-keygen writes 14 digits, sometimes with the same in words behind.
    const digits = entry.value.split(' ')[0] ?? '';
    const seconds = digits.length === 14 ? parseMoment(digits) : undefined;
    if (seconds === undefined) {
      problems.push({
        file,
        line: entry.line,
        message: `${field} is not a moment such as 20260131235959`,
        found: entry.value,
      });
    } else timing[name] = seconds;
  }
  const revoke = fields.get('Revoke');
  if (revoke) {
    problems.push({
      file,
      line: revoke.line,
      message: 'Revoke (RFC 5011) is not supported',
      hint: 'use Inactive and Delete',
    });
  }
  for (const [first, second] of [
    ['publish', 'delete'],
    ['activate', 'inactive'],
    ['inactive', 'delete'],
  ] as const) {
    if ((timing[first] ?? 0) > (timing[second] ?? Number.POSITIVE_INFINITY)) {
      problems.push({
        file,
        message: `${second} comes before ${first}`,
        hint: 'see `dnssec-settime -p all`',
      });
    }
  }
  return timing;
}

/** The scalar and the public key it belongs to. */
function parseScalar(text: string): { scalar: Buffer; publicKey: Buffer } | undefined {
  const scalar = decodeBase64(text);
  if (scalar?.length !== 32) return undefined;
  try {
    const pair = createECDH('prime256v1');
    pair.setPrivateKey(scalar);
    return { scalar, publicKey: pair.getPublicKey().subarray(1) };
  } catch {
    // Zero, or not below the order of the group.
    return undefined;
  }
}
