// From a configuration to what a catchment is computed from: one of its steered names, over its GeoIP file or another one.

import { readFileSync } from 'node:fs';
import { UserError } from '../../base/errors.ts';
import { nearestNames } from '../../base/suggest.ts';
import { type PolicyView, viewPolicy } from '../../dns/catchment/policy-view.ts';
import { formatName } from '../../dns/wire/name.ts';
import { MmdbTree } from '../../geoip/mmdb-tree.ts';
import type { Family } from '../../net/ip-address.ts';
import { assumedHealth, type LoadedPolicies, loadPolicies } from '../dns/load-policies.ts';

export interface ViewablePolicies extends LoadedPolicies {
  tree: MmdbTree;
  geoipFile: string;
  /** Steered names without the final dot, in the order of the steering's rules. */
  names: string[];
}

/** `geoip` replaces the city database of the configuration; one that `beside` has open is not opened again. @throws UserError */
export async function loadForViews(
  file: string,
  geoip?: string,
  beside?: ViewablePolicies,
): Promise<ViewablePolicies> {
  const loaded = await loadPolicies(file, geoip);
  const geoipFile = loaded.geoip.city;
  if (geoipFile === undefined) {
    const message = 'a catchment is over a GeoIP file, and there is none';
    throw new UserError({ file, path: 'geoip', message, hint: 'set geoip to a city database (MMDB)' });
  }
  const names = loaded.rules.map(({ owner }) => formatName(owner).replace(/\.$/, ''));
  const tree = beside?.geoipFile === geoipFile ? beside.tree : new MmdbTree(readFileSync(geoipFile));
  return { ...loaded, tree, geoipFile, names };
}

/** Index of the rule of a steered name; without one, of the only name. @throws UserError */
export function ruleNamed({ names, file }: ViewablePolicies, asked: string | undefined): number {
  const name = asked?.replace(/\.$/, '').toLowerCase();
  if (name === undefined && names.length === 1) return 0;
  const index = name === undefined ? -1 : names.indexOf(name);
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
  policies: ViewablePolicies,
  rule: number,
  down: readonly string[],
  family: Family,
): PolicyView {
  return viewPolicy(policies.steering, rule, assumedHealth(policies, down), policies.tree, family);
}
