// How much a group counts: by its addresses, or by Internet users. Users are known by country at best; a country's are
// spread over its addresses evenly, which is wrong within a country and right between countries, where addresses are
// most misleading (the United States have forty times Nigeria's IPv4 addresses a user).

import type { CatchmentGroup } from './group.ts';

export type Family = 4 | 6;

export interface Weighing {
  unit: 'addresses' | 'networks' | 'users';
  /** One for each group, in the same order; 0 for groups without a GeoIP record, whose space is mostly in nobody's use. */
  weights: Float64Array;
  total: number;
}

/** By addresses of a family (of IPv6: networks of /48), or, where `users` by country is given, by users. */
export function weighGroups(
  groups: readonly CatchmentGroup[],
  family: Family,
  users?: ReadonlyMap<string, number>,
): Weighing {
  const sizeOf = (group: CatchmentGroup) =>
    group.known ? (family === 4 ? group.addresses : group.networks) : 0;
  const weights = Float64Array.from(groups, sizeOf);
  if (users) {
    const byCountry = new Map<string, number>();
    for (const [i, { country }] of groups.entries()) {
      if (country !== undefined) byCountry.set(country, (byCountry.get(country) ?? 0) + (weights[i] ?? 0));
    }
    for (const [i, { country }] of groups.entries()) {
      const inCountry = country === undefined ? 0 : (byCountry.get(country) ?? 0);
      const here = country === undefined ? 0 : (users.get(country) ?? 0);
      weights[i] = inCountry === 0 ? 0 : (here * (weights[i] ?? 0)) / inCountry;
    }
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return { unit: users ? 'users' : family === 4 ? 'addresses' : 'networks', weights, total };
}
