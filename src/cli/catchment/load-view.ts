// Reads what a catchment is computed from: a configuration's zones, POPs and policies, and its GeoIP file or another one.
// Secrets and keys are left alone: who plans a change may not have them.

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UserError } from '../../base/errors.ts';
import { nearestNames } from '../../base/suggest.ts';
import { type PolicyView, viewPolicy } from '../../dns/catchment/policy-view.ts';
import { parseDnsConfig, steeringPartsOf } from '../../dns/config.ts';
import { compileAnywhere } from '../../dns/io/compile-steering.ts';
import { loadZones } from '../../dns/io/load-zones.ts';
import type { CompiledSteering } from '../../dns/steering/compile.ts';
import type { PopState, SteeringSnapshot } from '../../dns/steering/snapshot.ts';
import { formatName } from '../../dns/wire/name.ts';
import { MmdbTree } from '../../geoip/mmdb-tree.ts';
import type { Family } from '../../net/ip-address.ts';

export interface LoadedPolicies {
  file: string;
  steering: CompiledSteering;
  tree: MmdbTree;
  geoipFile: string;
  /** Steered names without the final dot, in the order of the steering's rules. */
  names: string[];
}

/** `geoip` replaces the city database of the configuration. @throws UserError */
export async function loadPolicies(file: string, geoip?: string): Promise<LoadedPolicies> {
  const config = await parseDnsConfig(readText(file), file);
  const folder = dirname(file);
  const { rules } = loadZones(config, file, folder);
  const asn = typeof config.geoip === 'object' ? config.geoip.asn : undefined;
  const configured = typeof config.geoip === 'string' ? config.geoip : config.geoip?.city;
  const city = geoip ?? (configured && resolve(folder, configured));
  if (city === undefined) {
    throw new UserError({
      file,
      path: 'geoip',
      message: 'a catchment is over a GeoIP file, and there is none',
    });
  }
  const steering = await compileAnywhere(
    {
      input: { ...steeringPartsOf(config), rules: rules.map(({ rule }) => rule) },
      city,
      ...(asn && { asn: resolve(folder, asn) }),
    },
    undefined,
  );
  const names = rules.map(({ owner }) => formatName(owner).replace(/\.$/, ''));
  return { file, steering, tree: new MmdbTree(readFileSync(city)), geoipFile: city, names };
}

/** Health as told: everything up but `down`. @throws UserError for a POP that there is not. */
export function assumedHealth({ steering, file }: LoadedPolicies, down: readonly string[]): SteeringSnapshot {
  const names = steering.pops.map(({ name }) => name);
  for (const name of down) {
    if (!names.includes(name)) {
      const near = nearestNames(name, names);
      const expected = (near.length > 0 ? near : names).join(', ');
      throw new UserError({ file, message: `there is no POP "${name}"`, expected }, 2);
    }
  }
  const state = (pop: string): PopState => ({
    pop,
    health: down.includes(pop) ? 'down' : 'up',
    usable: !down.includes(pop),
    sinceMs: 0,
    reason: down.includes(pop) ? 'taken for down' : 'taken for up',
    secondsToChange: Number.POSITIVE_INFINITY,
    shedFraction: 0,
  });
  return { serial: 1, pops: names.map(state) };
}

/** Index of the rule of a steered name; without one, of the only name. @throws UserError */
export function ruleNamed({ names, file }: LoadedPolicies, asked: string | undefined): number {
  const name = asked?.replace(/\.$/, '').toLowerCase();
  if (name === undefined && names.length === 1) return 0;
  const index = names.findIndex((each) => each === name);
  if (index >= 0) return index;
  const near = name === undefined ? [] : nearestNames(name, names);
  throw new UserError(
    {
      file,
      message: name === undefined ? 'which of its steered names?' : `no steered name ${name}`,
      expected:
        (near.length > 0 ? near : names).slice(0, 12).join(', ') || 'a configuration with steered names',
      ...(name === undefined && names[0] && { hint: `--name ${names[0]}` }),
    },
    2,
  );
}

export function viewOf(
  policies: LoadedPolicies,
  rule: number,
  down: readonly string[],
  family: Family,
): PolicyView {
  return viewPolicy(policies.steering, rule, assumedHealth(policies, down), policies.tree, family);
}

export function listOf(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean);
}

export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new UserError({ file, message: `cannot read it: ${(cause as Error).message}` }, 1, { cause });
  }
}
