// Random policies, databases, RTTs and health for property tests: small enough that prefixes meet and policies nest.

import fc from 'fast-check';
import type { PolicyRef, PolicySpec, Target } from '../../../src/dns/steering/policy-spec.ts';
import type { PopState } from '../../../src/dns/steering/snapshot.ts';
import { formatAddress } from '../../../src/net/ip-address.ts';
import { formatPrefix, maskBytes } from '../../../src/net/prefix.ts';
import { LONDON, OTTAWA, type Place, POPS, TOKYO, type World } from './support.ts';

const names = POPS.map(({ name }) => name);
const popName = fc.constantFrom(...names);
const byte = fc.nat(255);

/** IPv4 in 0.0.0.0/5, IPv6 in 2001:db8::/32 and 2002::/16 and ::/96: aliases of IPv4 among them. */
export const address: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.tuple(byte, byte, byte, byte).map(([a, b, c, d]) => Uint8Array.of(a % 8, b % 4, c % 4, d)),
  fc
    .tuple(
      fc.constantFrom([0x20, 0x01, 0x0d, 0xb8], [0x20, 0x02], [0, 0]),
      fc.array(byte, { minLength: 14, maxLength: 14 }),
    )
    .map(([head, tail]) => Uint8Array.from([...head, ...tail.map((value) => value % 4)].slice(0, 16))),
);

export const prefix: fc.Arbitrary<string> = fc.oneof(
  fc
    .tuple(byte, byte, byte, fc.integer({ min: 3, max: 28 }))
    .map(([a, b, c, length]) =>
      formatPrefix({ bytes: maskBytes(Uint8Array.of(a % 8, b % 4, c % 4, 0), length), length }),
    ),
  fc.tuple(byte, byte, fc.integer({ min: 30, max: 60 })).map(([a, b, length]) => {
    const bytes = Uint8Array.from([0x20, 0x01, 0x0d, 0xb8, a % 4, b % 4, ...Array(10).fill(0)]);
    return formatPrefix({ bytes: maskBytes(bytes, length), length });
  }),
);

const place: fc.Arbitrary<Place> = fc.oneof(
  fc.constantFrom(LONDON, TOKYO, OTTAWA),
  fc.record(
    {
      at: fc.tuple(fc.integer({ min: -90, max: 90 }), fc.integer({ min: -180, max: 180 })),
      country: fc.constantFrom('GB', 'US', 'CA', 'JP'),
      continent: fc.constantFrom('EU', 'NA', 'AS', 'AF'),
      region: fc.constantFrom('ON', 'CA'),
      asn: fc.constantFrom(64500, 64501, 64502),
    },
    { requiredKeys: [] },
  ),
);

const word = fc.oneof(
  fc.constantFrom(
    'continent:EU',
    'continent:NA',
    'country:CA',
    'country:US',
    'region:CA-ON',
    'asn:64500',
    'asn:64501',
  ),
  prefix.map((text) => `prefix:${text}`),
);

const { target } = fc.letrec<{ target: Target; policy: PolicyRef; spec: PolicySpec }>((tie) => {
  const sometimes = (inner: fc.Arbitrary<unknown>) => fc.option(inner, { nil: undefined });
  const anyTarget = tie('target') as fc.Arbitrary<Target>;
  return {
    spec: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.record({ type: fc.constant('nearest' as const) }),
      fc.record({
        type: fc.constant('nearest' as const),
        limit: fc.integer({ min: 1, max: 3 }),
        biasKm: fc.dictionary(popName, fc.integer({ min: -3000, max: 3000 })),
      }),
      fc.record({
        type: fc.constant('weighted' as const),
        weights: fc.dictionary(popName, fc.integer({ min: 1, max: 5 }), { minKeys: 1 }),
      }),
      fc.record({
        type: fc.constant('regional' as const),
        regions: fc.record({
          west: fc.record({
            ipv4: fc.constant('198.51.100.1'),
            pops: fc.constant(['fra', 'iad']),
            where: fc.uniqueArray(fc.constantFrom('country:JP', 'continent:EU'), { maxLength: 2 }),
          }),
          east: fc.record({ ipv4: fc.constant('198.51.100.2'), pops: fc.constant(['sin']) }),
        }),
      }),
      fc.record({ type: fc.constant('latency' as const) }),
      fc.record({
        type: fc.constant('map' as const),
        rules: fc.dictionary(word, anyTarget, { minKeys: 1, maxKeys: 5 }),
        otherwise: anyTarget,
      }),
      fc.record({
        type: fc.constant('failover' as const),
        steps: fc.array(anyTarget, { minLength: 1, maxLength: 3 }),
      }),
      fc.record({ type: fc.constant('capacity' as const), policy: anyTarget }),
      fc.record({
        type: fc.constant('multivalue' as const),
        count: fc.integer({ min: 1, max: 3 }),
        policy: anyTarget,
      }),
      fc.record({
        type: fc.constant('weighted' as const),
        policy: anyTarget,
        within: fc.integer({ min: 1, max: 3 }),
      }),
      fc.record({
        type: fc.constant('latency' as const),
        otherwise: anyTarget,
        pops: sometimes(fc.constant(['fra', 'sin'])),
      }) as fc.Arbitrary<PolicySpec>,
    ) as fc.Arbitrary<PolicySpec>,
    policy: fc.oneof(
      fc.constantFrom<PolicyRef>('nearest', 'latency', 'anycast', 'pop:sin'),
      tie('spec') as fc.Arbitrary<PolicySpec>,
    ),
    target: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      popName,
      fc.uniqueArray(popName, { minLength: 1 }),
      tie('policy') as fc.Arbitrary<PolicyRef>,
    ),
  };
});

const state: fc.Arbitrary<Partial<PopState>> = fc.record({
  usable: fc.boolean(),
  shedFraction: fc.constantFrom(0, 0, 0.3, 0.8, 1),
  secondsToChange: fc.constantFrom(3, 10, 30, Number.POSITIVE_INFINITY),
});

export const world: fc.Arbitrary<World> = fc.record({
  policy: target.map(
    (text): PolicyRef =>
      typeof text === 'object' && !Array.isArray(text)
        ? (text as PolicySpec)
        : { type: 'failover', steps: [text] },
  ),
  places: fc.dictionary(prefix, place, { maxKeys: 12 }),
  rtts: fc.dictionary(prefix, fc.dictionary(popName, fc.nat(3)), { maxKeys: 6 }),
  rttAgeSeconds: fc.constantFrom(5, 5, 900),
  states: fc.record({ fra: state, iad: state, sin: state }),
  whenAllDown: fc.constantFrom('all', 'nearest', 'none'),
});

/** Another address that shares the first `length` bits. */
export function sharing(one: Uint8Array, length: number, bits: Uint8Array): Uint8Array {
  const mask = maskBytes(new Uint8Array(one.length).fill(255), length);
  return one.map(
    (value, i) => (value & (mask[i] as number)) | ((bits[i] as number) & ~(mask[i] as number) & 0xff),
  );
}

export function show(one: Uint8Array): string {
  return formatAddress(one);
}
