import { describe, expect, test } from 'vitest';
import { configWarnings, type SteeredName } from '../../src/cli/dns/config-warnings.ts';
import { parseDnsConfig } from '../../src/dns/config.ts';
import { CONFIG } from './dns-folder.ts';

const POPS = CONFIG.pops.map((pop) => ({ ...pop, healthUrl: `http://${pop.ipv4}/healthz` }));
const [FRA, SIN] = POPS as [(typeof POPS)[number], (typeof POPS)[number]];
const GOOD = { ...CONFIG, pops: POPS };

async function warnings(change: object, rule: Partial<SteeredName> = {}): Promise<string[]> {
  const config = await parseDnsConfig(JSON.stringify({ ...GOOD, ...change }), 'dns.json');
  const ttl = { minSeconds: 20, maxSeconds: 20 };
  const names = config.steering.map((each, i) => ({ ...each, ttl, path: `steering[${i}]`, ...rule }));
  return configWarnings(config, names).map(({ path, message }) => `${path}: ${message}`);
}

const steer = (policy: unknown) => ({ steering: [{ name: 'www.cdn.test', policy }] });

test('there are none for what is meant', async () => {
  expect(await warnings({})).toEqual([]);
});

describe('a warning', () => {
  const cases: [string, object, string][] = [
    [
      'of POPs that nothing checks',
      { pops: CONFIG.pops },
      'pops: nothing checks pop-fra, pop-sin: clients are sent there even when it is down',
    ],
    ['of a POP that no policy uses', steer('pop:pop-fra'), 'pops[1]: no policy sends anybody to pop-sin'],
    [
      'of two POPs in one place',
      { pops: [FRA, { ...SIN, latitude: FRA.latitude, longitude: FRA.longitude }] },
      'pops[1]: pop-sin is in the same place as pop-fra: by distance the first always wins',
    ],
    [
      'of a name that lacks AAAA for a POP',
      { pops: [FRA, { ...SIN, ipv6: undefined }] },
      'steering[0]: www.cdn.test AAAA never leads to pop-sin, without an ipv6 address',
    ],
    [
      'of a name without AAAA at all',
      { pops: POPS.map((pop) => ({ ...pop, ipv6: undefined })) },
      'steering[0]: www.cdn.test has no AAAA records: none of its POPs has an ipv6 address',
    ],
    [
      'of steering by place without a database',
      { geoip: undefined },
      'steering[0]: www.cdn.test goes by place, and there is no GeoIP database: all clients are alike',
    ],
    [
      'of AS numbers without their database',
      steer({ type: 'map', rules: { 'asn:64500': 'pop-fra' } }),
      'steering[0]: www.cdn.test goes by AS number, which city databases do not have',
    ],
    [
      'of latency without measurements',
      steer('latency'),
      'steering[0]: www.cdn.test goes by latency, and no POP has an rttUrl: it is the same as nearest',
    ],
    [
      'of capacity without loads',
      steer({ type: 'capacity', policy: 'nearest' }),
      'steering[0]: www.cdn.test goes by capacity, and no POP has capacity and loadUrl: nothing is ever shed',
    ],
    [
      'of a policy that nothing uses',
      { policies: { spare: { type: 'failover', steps: ['pop-fra'] } } },
      'policies.spare: no rule uses the policy spare',
    ],
    [
      'of a check that nothing uses',
      { checks: { web: { type: 'tcp', port: 80 } } },
      'checks.web: no POP uses the check web',
    ],
    ['of POPs without names', { steering: [] }, 'steering: there are POPs, and no name is steered'],
    [
      'of an open server without rate limits',
      { listen: [{ address: '0.0.0.0', port: 53 }], rateLimit: false },
      'rateLimit: without response rate limiting the server helps in floods against others',
    ],
    [
      'of cookies that servers do not share',
      { health: { quorum: { servers: ['http://192.0.2.9/health-view'] } } },
      'cookies: several servers, each with a cookie secret of its own: a client that reaches another is taken for new',
    ],
    [
      'of a server that cannot be drained',
      { overrides: undefined },
      'overrides: without a file of overrides no POP can be drained by hand',
    ],
  ];
  for (const [what, change, warning] of cases) {
    test(what, async () => {
      expect(await warnings(change)).toContain(warning);
    });
  }

  test('of a TTL that is shorter than checks, and of one that is long', async () => {
    const short = await warnings({ health: { intervalSeconds: 30 } });
    expect(short).toEqual([expect.stringContaining('20 s, is shorter than the interval of checks, 30 s')]);
    const long = await warnings({}, { ttl: { minSeconds: 600, maxSeconds: 900 } });
    expect(long).toEqual([expect.stringContaining('stay with it for up to 600 s')]);
  });

  test('names no path where the name is steered by a zone file', async () => {
    expect(await warnings({ geoip: undefined }, { path: undefined })).toEqual([
      expect.stringMatching(/^undefined: www\.cdn\.test goes by place/),
    ]);
  });

  test('does not come for POPs and policies that another policy leads to', async () => {
    const policies = {
      outer: { type: 'failover', steps: ['inner', 'pop-sin'] },
      inner: { type: 'map', rules: { 'continent:EU': ['pop-fra'] }, otherwise: 'pop-sin' },
    };
    expect(await warnings({ policies, ...steer('outer') })).toEqual([]);
  });
});
