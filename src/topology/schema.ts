// The shape of a topology file (YAML). Field names, defaults and their documentation live here, once; the JSON Schema
// for editors (netem/topology.schema.json) is generated from it. What no schema can say is in validate.ts.

import { z } from 'zod';
import { CITY_OR_PAIR, CITY_PAIR, NETWORK_REFERENCE } from './references.ts';

const city = z
  .string()
  .regex(/^[a-z]{3}$/, 'a city code is three lower-case letters')
  .meta({ description: 'City code of geoip/cities.csv: `fra`.', examples: ['fra'] });
const asn = z
  .int()
  .min(1)
  .max(4294967294)
  .meta({
    description: 'AS number (RFC 6793). Lab ones: 64496-64511 and 4200000000 upwards.',
    examples: [64496],
  });
const networkReference = z
  .string()
  .regex(new RegExp(NETWORK_REFERENCE), 'a network is written NAME, NAME@CITY or NAME@CITY 12ms')
  .meta({
    description:
      'A network, optionally where and at what one-way delay: `t1`, `t1@dal`, `t1@dal 12ms`. Default: its nearest router.',
    examples: ['t1', 't1@dal', 't1@dal 12ms'],
  });
const networkReferences = z.array(networkReference);
const cityPair = z
  .string()
  .regex(new RegExp(CITY_PAIR), 'a backbone link is written CITY-CITY or CITY-CITY 6.5ms')
  .meta({
    description:
      'Two cities and, if not the cited or computed one, the one-way delay: `fra-lon`, `fra-lon 6.5ms`.',
    examples: ['fra-lon', 'fra-lon 6.5ms'],
  });
const cityOrPair = z
  .string()
  .regex(new RegExp(CITY_OR_PAIR), 'a place is written CITY, CITY-CITY or CITY-CITY 6.5ms')
  .meta({
    description:
      "City where both have a router, or the city of each, in the order of `peers`, or the provider's first: `fra`, `fra-ams`, `fra-ams 5ms`.",
    examples: ['fra', 'fra-ams 5ms'],
  });
const name = (limit: number) =>
  z
    .string()
    .regex(
      /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/,
      'a name is lower-case letters, digits and single hyphens, and begins with a letter',
    )
    .max(limit, `a name here has at most ${limit} characters, since node names made from it have at most 16`);
const dualStackPrefix = z
  .strictObject({ ipv4: z.string().optional(), ipv6: z.string().optional() })
  .describe(
    "Prefixes (`192.0.2.0/24`) to use instead of the lab's own; the lab is closed, so real ones never leave it.",
  );

const transit = z.strictObject({
  asn,
  description: z.string().optional(),
  routers: z
    .array(city)
    .min(1)
    .meta({ description: 'Cities with a router; node names are NAME-CITY.', examples: [['fra', 'lon']] }),
  links: z.array(cityPair).default([]).describe('Backbone links; all routers must be connected by them.'),
});

const places = z.array(cityOrPair).min(1);
const interconnect = z.union(
  [
    z.strictObject({ peers: z.tuple([name(16), name(16)]), at: places }),
    z.strictObject({ provider: name(16), customer: name(16), at: places }),
  ],
  { error: 'an interconnect has `peers: [A, B]`, or `provider: A` and `customer: B`; and `at: [CITY, ...]`' },
);

const ixp = z.strictObject({
  city,
  asn,
  members: networkReferences
    .min(1)
    .describe('Networks on the LAN, peering through the route server: `pop-fra`, `isp-warsaw`, `t4`.'),
});

const attachment = {
  providers: networkReferences.default([]).describe('Transit networks that it buys from.'),
  peers: networkReferences.default([]).describe('Networks that it peers with directly.'),
};

const pop = z.strictObject({
  city: city.optional().describe("Default: the POP's own code."),
  ...attachment,
  prefix: dualStackPrefix.optional(),
});

const client = z.strictObject({
  city: city.optional().describe("Default: the city with the location's name."),
  users: z
    .number()
    .positive()
    .meta({ description: 'Weight: Internet users, in millions.', examples: [100] }),
  access: z
    .enum(['fibre', 'cable', 'dsl', 'lte', 'satellite', 'lab'])
    .optional()
    .describe('Last mile (netem/access-profiles.csv).'),
  asn: asn.optional().describe('Of its access network. Default: 4200000000 + its position.'),
  upstreams: networkReferences.min(1).meta({
    description: 'Transit networks that its access network buys from.',
    examples: [['t1', 't2@lon']],
  }),
  resolver: z
    .enum(['isp', 'public'])
    .default('isp')
    .describe("`isp`: its access network's own; `public`: the anycast one."),
  prefix: dualStackPrefix.optional(),
});

const publicResolver = z.strictObject({
  asn,
  sites: z.record(name(7), z.strictObject({ city: city.optional(), ...attachment })),
  clientSubnet: z.boolean().default(false).describe('Sends EDNS Client Subnet (RFC 7871) to the CDN.'),
});

const site = z
  .strictObject({ city, asn, ...attachment, prefix: dualStackPrefix.optional() })
  .meta({ examples: [{ city: 'fra', asn: 64502, providers: ['t1'] }] });

const positiveSeconds = z.number().positive();
const steering = z.strictObject({
  policy: z.enum(['nearest', 'latency', 'anycast']).default('latency').describe('Policy of www.cdn.test.'),
  ttlSeconds: z.int().min(0).max(86400).default(20),
  health: z
    .strictObject({
      intervalSeconds: positiveSeconds.default(1),
      timeoutSeconds: positiveSeconds.default(1),
      rise: z.int().min(1).default(2),
      fall: z.int().min(1).default(3),
    })
    .prefault({}),
  nameServers: z.enum(['mixed', 'anycast', 'unicast']).default('mixed').describe('Name servers of cdn.test.'),
  unicastNameServers: z
    .array(name(7))
    .max(2)
    .optional()
    .describe('POPs that are ns2 and ns3. Default: the first two.'),
  geoipErrorShare: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('Share of client prefixes that the GeoIP database puts in a wrong city.'),
});

const cdn = z
  .strictObject({
    asn,
    anycast: z.strictObject({ http: dualStackPrefix.optional(), dns: dualStackPrefix.optional() }).optional(),
    cache: z
      .strictObject({
        memoryMegabytes: z.number().min(1).max(4096).default(16).describe('Of each edge (10⁶ bytes).'),
        diskMegabytes: z
          .number()
          .min(1)
          .max(100_000)
          .optional()
          .describe(
            'Of each edge, behind its memory, in its run folder (with network namespaces: in RAM). It outlives a restart of the edge. Default: none.',
          ),
        shields: z
          .array(name(7))
          .min(1)
          .optional()
          .meta({
            description: 'POPs whose edges the others ask before the origin, chosen by consistent hashing.',
            examples: [['fra']],
          }),
      })
      .prefault({}),
  })
  .meta({ description: 'The CDN.', examples: [{ asn: 64500 }] });

/** What validation can look at one by one when a file is wrong elsewhere. */
export const sectionSchemas = {
  transit,
  interconnect,
  ixp,
  cdn,
  pop,
  client,
  publicResolver,
  site,
  steering,
};

export const topologySchema = z
  .strictObject({
    name: name(32).meta({ examples: ['my-internet'] }),
    description: z.string().default(''),
    seed: z.int().min(0).max(4294967295).default(1).describe('Of all random choices.'),
    timers: z.enum(['fast', 'default', 'internet']).default('fast').describe('BGP timer profile.'),
    bfd: z.boolean().default(true).describe('BFD (RFC 5880) on the sessions of POPs.'),
    access: z
      .enum(['fibre', 'cable', 'dsl', 'lte', 'satellite', 'lab'])
      .default('lab')
      .describe('Last mile of clients that name none.'),
    resolvers: z
      .strictObject({ clientSubnet: z.boolean().default(false), serveExpired: z.boolean().default(false) })
      .prefault({})
      .describe(
        "The access networks' resolvers: whether they send EDNS Client Subnet, and serve expired answers (RFC 8767).",
      ),
    transits: z.record(name(12), transit),
    interconnects: z.array(interconnect).default([]),
    ixps: z.record(name(16), ixp).default({}),
    cdn,
    pops: z.record(name(7), pop).describe('By code, also the label under cdn.test; node names are pop-CODE.'),
    clients: z.record(name(12), client).describe('By name; their access networks are isp-NAME.'),
    publicResolver: publicResolver.optional().describe('An anycast resolver that clients can choose.'),
    origin: site,
    root: site.describe('Serves the root, `test.` and the reverse zones.'),
    steering: steering.prefault({}),
  })
  .describe('An emulated Internet with a CDN on it.');

export type TopologyInput = z.output<typeof topologySchema>;
/** As written in a file, before defaults. */
export type TopologySource = z.input<typeof topologySchema>;
export type InterconnectInput = TopologyInput['interconnects'][number];
