// `regional`: an anycast address for each region, so that BGP picks the POP but only among those of the region (regional
// anycast). `where` says in words who belongs to a region; a client without a match goes to the region of the nearest POP.
// A region is down when all its POPs are; then the region of the next nearest POP follows.

import { z } from '../../../base/schema.ts';
import { parseAddress } from '../../../net/ip-address.ts';
import { type Matcher, matchClient, planMatcher } from '../match-words.ts';
import type { PolicyKind } from '../policy-kind.ts';
import { replaceSteps } from '../ranking.ts';

export interface RegionSpec {
  ipv4?: string;
  ipv6?: string;
  pops: string[];
  /** Words such as `continent:EU`. */
  where?: string[];
}

export interface RegionalSpec {
  type: 'regional';
  regions: Record<string, RegionSpec>;
}

export interface RegionalNode {
  kind: 'regional';
  matcher: Matcher;
  /** Target indexes with the POPs of each. */
  regions: { target: number; pops: number[] }[];
  nearest: number;
}

const address = (length: 4 | 16, name: string) =>
  z.string().check(z.refine((text) => parseAddress(text)?.length === length, `not an ${name} address`));

export const regional: PolicyKind<RegionalSpec, RegionalNode> = {
  type: 'regional',
  schema: () =>
    z.strictObject({
      type: z.literal('regional'),
      regions: z
        .record(
          z.string(),
          z.strictObject({
            ipv4: z.optional(address(4, 'IPv4')),
            ipv6: z.optional(address(16, 'IPv6')),
            pops: z.array(z.string()).check(z.minLength(1)),
            where: z.optional(z.array(z.string())),
          }),
        )
        .check(z.refine((regions) => Object.keys(regions).length > 0, 'regional needs regions')),
    }),

  plan(spec, planner, path) {
    const entries = Object.entries(spec.regions);
    const regions = entries.map(([name, region]) => {
      const at = `${path}.regions.${name}`;
      if (region.ipv4 === undefined && region.ipv6 === undefined)
        planner.problem(at, `region ${name} has no address`, 'set ipv4 or ipv6');
      const pops = region.pops.map((pop, i) => planner.pop(pop, `${at}.pops[${i}]`));
      const target = planner.answer({
        kind: 'region',
        name,
        pops,
        ...(region.ipv4 !== undefined && { ipv4: parseAddress(region.ipv4) }),
        ...(region.ipv6 !== undefined && { ipv6: parseAddress(region.ipv6) }),
      });
      return { target, pops };
    });
    const words = entries.flatMap(([name, region], value) =>
      (region.where ?? []).map((word, i) => ({ word, value, path: `${path}.regions.${name}.where[${i}]` })),
    );
    const members = [...new Set(entries.flatMap(([, region]) => region.pops))];
    const known = members.filter((name) => planner.pops.some((pop) => pop.name === name));
    return {
      kind: 'regional',
      matcher: planMatcher(words, planner),
      regions,
      nearest: known.length === 0 ? 0 : planner.target({ type: 'nearest', pops: known }, path, 'regional'),
    };
  },

  dependsOnClient: () => true,

  reaches: (node) => ({
    asks: [node.nearest],
    targets: node.regions.map(({ target }) => target),
    tables: node.matcher.tables.map(({ table }) => table),
  }),

  *rank(node, world) {
    const step = { op: 'step' as const, reason: 'regional' };
    const match = yield* matchClient(node.matcher);
    const matched = match && node.regions[match.value];
    if (matched) yield { ...step, target: matched.target, detail: `the region's own client, by ${match.by}` };
    const done = new Set([matched]);
    yield* replaceSteps(world.rank(node.nearest), function* ({ target, detail }) {
      for (const region of node.regions) {
        if (done.has(region) || !region.pops.includes(target)) continue;
        done.add(region);
        yield { ...step, target: region.target, detail: `the region of the nearest POP, ${detail}` };
      }
    });
  },
};
