import { describe, expect, it } from 'vitest';
import { z } from '../../../src/base/schema.ts';
import { policiesSchema, policyProblems, policyRefSchema } from '../../../src/dns/steering/policy-config.ts';
import type { PolicyRef, PolicySpec } from '../../../src/dns/steering/policy-spec.ts';
import { POPS } from './support.ts';

function problems(policies: Record<string, PolicySpec>, policy: PolicyRef = 'nearest'): string[] {
  const rules = [{ path: 'steering[0].policy', policy }];
  const anycast = { ipv4: Uint8Array.of(192, 0, 2, 1) };
  return policyProblems({ pops: POPS, anycast, policies, rules }).map(
    ({ path, message, hint }) => `${path}: ${message}${hint === undefined ? '' : ` (${hint})`}`,
  );
}

describe("a rule's policy", () => {
  it.each(['nearest', 'latency', 'anycast', 'pop:fra'])('may be the word %s', (word) => {
    expect(z.safeParse(policyRefSchema, word).success).toBe(true);
    expect(problems({}, word)).toEqual([]);
  });

  it('may be the name of a policy, or a policy in place', () => {
    expect(problems({ eu: { type: 'failover', steps: ['fra'] } }, 'eu')).toEqual([]);
    expect(problems({}, { type: 'multivalue', count: 2 })).toEqual([]);
  });

  it('is answered with near words when there is no such one', () => {
    expect(problems({}, 'neares')).toEqual(['steering[0].policy: no policy neares (did you mean nearest?)']);
    expect(problems({}, 'pop:frq')).toEqual([
      'steering[0].policy: no policy pop:frq (did you mean pop:fra or pop:iad or pop:sin?)',
    ]);
    expect(problems({ eu: { type: 'failover', steps: ['fra'] } }, 'eus')[0]).toContain('did you mean eu');
  });

  it('needs what its word stands for', () => {
    const rules = ['nearest', 'latency', 'anycast'].map((policy, i) => ({
      path: `steering[${i}].policy`,
      policy,
    }));
    const found = policyProblems({ pops: [], anycast: {}, policies: {}, rules }).map(
      ({ message }) => message,
    );
    expect(found).toEqual(
      expect.arrayContaining(['policy nearest needs POPs', 'policy anycast needs an address']),
    );
  });
});

describe('policies', () => {
  it('are reported with all that is wrong with them', () => {
    const found = problems({
      a: { type: 'failover', steps: ['b', 'frq'] },
      b: { type: 'capacity', policy: 'a' },
      m: {
        type: 'map',
        rules: {
          'country:USA': 'fra',
          'continent:XX': 'fra',
          'prefix:10.0.0.1/8': 'fra',
          'asn:AS64500': 'fra',
          'asn:64500': 'iad',
          'planet:mars': 'fra',
          'region:US-CA': [],
        },
      },
      w: { type: 'weighted' },
      fra: { type: 'nearest', pops: ['nowhere'] },
      nearest: { type: 'nearest' },
      r: { type: 'regional', regions: { x: { pops: ['sin'] } } },
    });
    expect(found).toEqual([
      'policies.a: policies lead round in a circle: a -> b -> a (end one of them with POPs)',
      'policies.a.steps[1]: no POP or policy frq (did you mean fra or r?)',
      'policies.fra.pops[0]: no POP nowhere',
      'policies.m.rules.region:US-CA: an empty list leads nowhere (name POPs or a policy)',
      'policies.m.rules.country:USA: USA is no country (as in ISO 3166-1: US)',
      'policies.m.rules.continent:XX: XX is no continent (one of AF, AN, AS, EU, NA, OC, SA)',
      'policies.m.rules.prefix:10.0.0.1/8: 10.0.0.1/8 is not a prefix (bits beyond its length must be 0)',
      'policies.m.rules.asn:64500: asn:64500 is given twice',
      `policies.m.rules.planet:mars: planet:mars matches no client (expected prefix:192.0.2.0/24, asn:64500, region:US-CA, country:US or continent:NA)`,
      'policies.w: policy weighted needs weights (such as weights: {fra: 3, iad: 1})',
      'policies.fra: fra is the name of a POP as well (use another name)',
      'policies.nearest: nearest is the word of a policy already (use another name)',
      'policies.r.regions.x: region x has no address (set ipv4 or ipv6)',
    ]);
  });

  it('are parsed in every form, nested as well', () => {
    const good = {
      prod: { type: 'failover', steps: ['eu', ['fra', 'iad'], { type: 'nearest', limit: 2 }] },
      eu: {
        type: 'map',
        rules: { 'continent:EU': { type: 'weighted', weights: { fra: 1 } } },
        otherwise: 'nearest',
      },
      busy: { type: 'capacity', policy: 'nearest' },
      spread: { type: 'weighted', policy: 'nearest', within: 2 },
      many: { type: 'multivalue', count: 3 },
      any: { type: 'anycast', ipv4: '192.0.2.7' },
      one: { type: 'pop', pop: 'fra' },
      area: {
        type: 'regional',
        regions: { west: { ipv4: '192.0.2.8', pops: ['fra'], where: ['continent:EU'] } },
      },
      fast: { type: 'latency', otherwise: 'fra' },
    };
    const parsed = z.safeParse(policiesSchema, good);
    expect(parsed.error?.issues).toBeUndefined();
    expect(problems(parsed.data as Record<string, PolicySpec>, 'prod')).toEqual([]);
  });

  it.each([
    [{ a: { type: 'nearset' } }, 'type'],
    [{ a: { type: 'failover', steps: [] } }, 'steps'],
    [{ a: { type: 'map', rules: {} } }, 'rules'],
    [{ a: { type: 'multivalue', count: 0 } }, 'count'],
    [{ a: { type: 'nearest', biasKm: { fra: 'far' } } }, 'fra'],
    [{ a: { type: 'nearest', unknown: 1 } }, 'a'],
  ])('are refused by shape: %j', (policies, at) => {
    const { error } = z.safeParse(policiesSchema, policies);
    expect(error?.issues[0]?.path.at(-1)).toBe(at);
  });
});
