// Reads what can be computed of a configuration without a server: its zones, and its policies compiled over its GeoIP files
// or others. Secrets and keys are left alone: who plans a change may not have them.

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UserError } from '../../base/errors.ts';
import { nearestNames } from '../../base/suggest.ts';
import { type DnsConfig, parseDnsConfig, steeringPartsOf } from '../../dns/config.ts';
import { compileAnywhere } from '../../dns/io/compile-steering.ts';
import { type LoadedZones, loadZones } from '../../dns/io/load-zones.ts';
import type { CompiledSteering } from '../../dns/steering/compile.ts';
import type { PopState, SteeringSnapshot } from '../../dns/steering/snapshot.ts';

export interface LoadedPolicies extends Pick<LoadedZones, 'zones' | 'rules'> {
  file: string;
  config: DnsConfig;
  steering: CompiledSteering;
  /** Absolute paths of the GeoIP databases. */
  geoip: { city?: string; asn?: string };
}

/** `city` replaces the city database of the configuration. @throws UserError */
export async function loadPolicies(file: string, city?: string): Promise<LoadedPolicies> {
  const config = await parseDnsConfig(readText(file), file);
  const folder = dirname(file);
  const { zones, rules } = loadZones(config, file, folder);
  const configured = typeof config.geoip === 'string' ? { city: config.geoip } : config.geoip;
  const asn = configured && 'asn' in configured ? configured.asn : undefined;
  const geoip = {
    ...(city !== undefined ? { city } : configured && { city: resolve(folder, configured.city) }),
    ...(asn !== undefined && { asn: resolve(folder, asn) }),
  };
  const input = { ...steeringPartsOf(config), rules: rules.map(({ rule }) => rule) };
  const { steering } = await compileAnywhere({ input, ...geoip }, undefined);
  return { file, config, zones, rules, steering, geoip };
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

/** `fra, iad` as its words. */
export function listOf(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean);
}

/** @throws UserError */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new UserError({ file, message: `cannot read it: ${(cause as Error).message}` }, 1, { cause });
  }
}
