// Reads the zone files that the config names and puts the steering rules into them. All problems of all files at once.

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Problem, UserError } from '../../base/errors.ts';
import type { DnsConfig } from '../config.ts';
import type { SteeringRule } from '../server-state.ts';
import { policyNamed } from '../steering/policies.ts';
import { TYPES, typeName } from '../wire/constants.ts';
import { formatName, type Name, parseName } from '../wire/name.ts';
import { loadZone } from '../zone/load-zone.ts';
import { addNode, findZone, type Zone } from '../zone/zone.ts';

export interface LoadedZones {
  zones: Map<Name, Zone>;
  steering: Map<Name, SteeringRule>;
}

/** Paths are relative to `folder`, the config file's. */
export function loadZones(config: DnsConfig, configFile: string, folder: string): LoadedZones {
  const zones = new Map<Name, Zone>();
  const problems: Problem[] = [];
  for (const path of config.zones) {
    const text = readText(resolve(folder, path));
    if (text instanceof Error) {
      problems.push({ file: configFile, path: 'zones', message: `cannot read ${path}: ${text.message}` });
      continue;
    }
    const loaded = loadZone(text, path, (included, from) => {
      const file = resolve(folder, dirname(from), included);
      const includedText = readText(file);
      return includedText instanceof Error
        ? undefined
        : { text: includedText, file: resolve(dirname(from), included) };
    });
    problems.push(...loaded.problems);
    if (!loaded.zone) continue;
    const present = zones.get(loaded.zone.origin);
    if (present) {
      problems.push({
        file: path,
        message: `the zone ${formatName(present.origin)} is in ${present.file} already`,
      });
    } else zones.set(loaded.zone.origin, loaded.zone);
  }
  // A rule cannot be judged while a zone that may hold its name is missing.
  const steering = problems.length > 0 ? new Map() : addSteering(config, configFile, zones, problems);
  if (problems.length > 0) throw new UserError(problems);
  return { zones, steering };
}

function addSteering(
  config: DnsConfig,
  configFile: string,
  zones: ReadonlyMap<Name, Zone>,
  problems: Problem[],
): Map<Name, SteeringRule> {
  const steering = new Map<Name, SteeringRule>();
  const popNames = config.pops.map((pop) => pop.name);
  for (const [i, rule] of config.steering.entries()) {
    const owner = parseName(rule.name) as Name; // checked by the config's schema
    const zone = findZone(zones, owner);
    const policy = policyNamed(rule.policy, popNames);
    const path = `steering[${i}].name`;
    if (!zone || !policy) {
      const known = [...zones.keys()].map(formatName).join(', ');
      problems.push({
        file: configFile,
        path,
        message: `${rule.name} is in none of the zones`,
        expected: `a name under ${known}`,
      });
      continue;
    }
    const node = addNode(zone.nodes, zone.origin, owner);
    const clash = [TYPES.A, TYPES.AAAA, TYPES.CNAME].find((type) => node.rrsets.has(type));
    if (clash !== undefined) {
      const message = `${rule.name} is steered, but ${zone.file} has ${typeName(clash)} records for it`;
      problems.push({ file: configFile, path, message, hint: 'remove one of the two' });
    }
    steering.set(owner, { owner, policy, policyName: rule.policy, ttlSeconds: rule.ttlSeconds });
  }
  return steering;
}

function readText(file: string): string | Error {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    return error as Error;
  }
}
