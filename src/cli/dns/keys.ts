// `./lab dns keygen` and `./lab dns ds`: DNSSEC keys as files, and what the parent zone has to know of them.

import { mkdirSync } from 'node:fs';
import { UserError } from '../../base/errors.ts';
import { dsRdata, isKeySigningKey, keyTag } from '../../dns/dnssec/zone-key.ts';
import { generateKey, readZoneKeys } from '../../dns/io/dnssec-keys.ts';
import { TYPES } from '../../dns/wire/constants.ts';
import { formatName, type Name, parseName } from '../../dns/wire/name.ts';
import { formatRdata } from '../../dns/wire/rdata.ts';
import type { Output } from '../output.ts';

export async function runKeygen(output: Output, zoneText: string, folder: string): Promise<void> {
  const zone = zoneOf(zoneText);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const nowSeconds = Math.floor(Date.now() / 1000);
  const { key, privateFile, publicFile, ds } = generateKey(folder, zone, 'csk', nowSeconds);
  const files = [privateFile, publicFile];
  if (output.json) return output.data({ zone: formatName(zone), keyTag: keyTag(key), files, ds });
  output.print(`${privateFile}\n${publicFile}`);
  output.note(
    `Copy both files to every server of the zone, and once all of them sign, give its parent:\n${ds}`,
  );
}

export async function runDs(output: Output, zoneText: string, folder: string): Promise<void> {
  const zone = zoneOf(zoneText);
  const { keys, problems } = readZoneKeys(folder, [zone], Math.floor(Date.now() / 1000));
  if (problems.length > 0) throw new UserError(problems);
  const ds = (keys.get(zone) ?? [])
    .filter(isKeySigningKey)
    .map((key) => `${formatName(zone)} IN DS ${formatRdata(TYPES.DS, { parts: [dsRdata(key)] })}`);
  if (output.json) output.data({ zone: formatName(zone), ds });
  else output.print(ds.join('\n'));
}

function zoneOf(text: string): Name {
  const zone = parseName(text);
  if (zone !== undefined) return zone;
  throw new UserError(
    { message: `\`${text}\` is not a domain name`, expected: 'a zone such as cdn.test' },
    2,
  );
}
