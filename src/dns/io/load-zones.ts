// Reads the zone files that the configuration names and gathers the rules of steering, from the configuration and from STEER
// records. All problems of all files at once.

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Problem, UserError } from '../../base/errors.ts';
import type { Prefix } from '../../net/prefix.ts';
import { type DnsConfig, steeringPartsOf, ttlOf } from '../config.ts';
import { policyProblems } from '../steering/policy-config.ts';
import type { SteeringRule } from '../steering/steering-input.ts';
import { TYPES, typeName } from '../wire/constants.ts';
import { formatName, type Name, parseName } from '../wire/name.ts';
import { loadZone } from '../zone/load-zone.ts';
import { lookupName } from '../zone/lookup.ts';
import { addNode, findZone, type Zone } from '../zone/zone.ts';
import { type NotifyTarget, resolveZoneEntry } from '../zone/zone-config.ts';

export interface LoadedZones {
  zones: Map<Name, Zone>;
  /** In the order of the compiled steering's rules; `owner` is the name as the zones know it. */
  rules: { owner: Name; rule: SteeringRule }[];
  transferPeers: Map<Name, readonly Prefix[]>;
  /** Origins of the zones to be signed. */
  signed: Name[];
  /** Where a new serial is told. */
  notify: Map<Name, readonly NotifyTarget[]>;
  /** Zones that go only to the holders of a TSIG key. */
  tsigKeyOf: Map<Name, Name>;
  warnings: Problem[];
}

/** Paths are relative to `folder`, the configuration's. Throws UserError with every problem. */
export function loadZones(config: DnsConfig, configFile: string, folder: string): LoadedZones {
  const loaded: LoadedZones = {
    zones: new Map(),
    rules: [],
    transferPeers: new Map(),
    signed: [],
    notify: new Map(),
    tsigKeyOf: new Map(),
    warnings: [],
  };
  const problems: Problem[] = [];
  const steered = new Set(config.steering.map((rule) => parseName(rule.name) as Name));
  for (const entry of config.zones) {
    const settings = resolveZoneEntry(entry);
    const zone = readZone(settings.file, configFile, folder, steered, loaded, problems);
    if (!zone) continue;
    if (settings.allowTransfer.length > 0) loaded.transferPeers.set(zone.origin, settings.allowTransfer);
    if (settings.notify.length > 0) loaded.notify.set(zone.origin, settings.notify);
    if (settings.tsigKey !== undefined) loaded.tsigKeyOf.set(zone.origin, settings.tsigKey);
    if (settings.dnssec) loaded.signed.push(zone.origin);
  }
  // A rule cannot be judged while a zone that may hold its name is missing.
  if (problems.length === 0) {
    addConfiguredRules(config, configFile, loaded, problems);
    addZoneRules(config, loaded, problems);
  }
  if (problems.length > 0) throw new UserError(problems);
  return loaded;
}

function readZone(
  path: string,
  configFile: string,
  folder: string,
  steered: ReadonlySet<Name>,
  loaded: LoadedZones,
  problems: Problem[],
): Zone | undefined {
  const text = readText(resolve(folder, path));
  if (text instanceof Error) {
    problems.push({ file: configFile, path: 'zones', message: `cannot read ${path}: ${text.message}` });
    return undefined;
  }
  const readInclude = (included: string, from: string) => {
    const file = resolve(dirname(from), included);
    const includedText = readText(resolve(folder, dirname(from), included));
    return includedText instanceof Error ? undefined : { text: includedText, file };
  };
  const { zone, problems: found, warnings } = loadZone(text, path, readInclude, steered);
  problems.push(...found);
  loaded.warnings.push(...warnings);
  if (!zone) return undefined;
  const present = loaded.zones.get(zone.origin);
  if (present) {
    problems.push({
      file: path,
      message: `the zone ${formatName(present.origin)} is in ${present.file} already`,
    });
    return undefined;
  }
  loaded.zones.set(zone.origin, zone);
  return zone;
}

function addConfiguredRules(
  config: DnsConfig,
  configFile: string,
  { zones, rules }: LoadedZones,
  problems: Problem[],
): void {
  for (const [i, rule] of config.steering.entries()) {
    const owner = parseName(rule.name) as Name; // checked by the schema
    const zone = findZone(zones, owner);
    const at = { file: configFile, path: `steering[${i}].name` };
    if (!zone) {
      const known = [...zones.keys()].map(formatName).join(', ');
      problems.push({
        ...at,
        message: `${rule.name} is in none of the zones`,
        expected: `a name under ${known}`,
      });
      continue;
    }
    if (lookupName(zone, owner, TYPES.A).kind === 'delegation') {
      problems.push({
        ...at,
        message: `${rule.name} is delegated away in ${zone.file}`,
        hint: 'steer it where it is served',
      });
      continue;
    }
    const node = addNode(zone.nodes, zone.origin, owner);
    const clash = [TYPES.A, TYPES.AAAA, TYPES.CNAME].find((type) => node.rrsets.has(type));
    const record =
      clash !== undefined
        ? typeName(clash)
        : zone.steering.has(owner)
          ? 'STEER'
          : zone.aliases.has(owner)
            ? 'ALIAS'
            : undefined;
    if (record) {
      const message = `${rule.name} is steered, but ${zone.file} has ${record} records for it`;
      problems.push({ ...at, message, hint: 'remove one of the two' });
    }
    rules.push({
      owner,
      rule: {
        name: formatName(owner),
        policy: rule.policy,
        ttl: ttlOf(rule),
        ...(rule.whenAllDown && { whenAllDown: rule.whenAllDown }),
      },
    });
  }
}

function addZoneRules(config: DnsConfig, { zones, rules }: LoadedZones, problems: Problem[]): void {
  const parts = steeringPartsOf(config);
  for (const zone of zones.values()) {
    for (const [owner, { policy, ttl, whenAllDown, file, line }] of zone.steering) {
      const path = formatName(owner);
      const found = policyProblems({ ...parts, rules: [{ path, policy }] });
      problems.push(
        ...found.filter((problem) => problem.path === path).map((problem) => ({ file, line, ...problem })),
      );
      rules.push({ owner, rule: { name: path, policy, ttl, ...(whenAllDown && { whenAllDown }) } });
    }
  }
}

function readText(file: string): string | Error {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    return error as Error;
  }
}
