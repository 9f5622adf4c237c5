// The small Internet of the tests that run the server as a process: a zone with every kind of answer, three POPs, and a
// GeoIP database that knows four networks and not the rest.

import { buildGeoDatabase, type GeoCity } from '../../../src/geoip/build-database.ts';

const LONDON = city('London', 'GB', 'EU', 51.5, -0.1);
const TOKYO = city('Tokyo', 'JP', 'AS', 35.7, 139.7);
const ASHBURN = city('Ashburn', 'US', 'NA', 39.04, -77.49);

/** The POP that `www.cdn.test` has for each client. */
export const ADDRESS_OF = { fra: '203.0.113.2', iad: '203.0.113.18', sin: '203.0.113.34' } as const;

export const POPS = [
  pop('fra', 50.11, 8.68, 'DE', 'EU', ADDRESS_OF.fra, '2001:db8:b000::2'),
  pop('iad', 39.04, -77.49, 'US', 'NA', ADDRESS_OF.iad, '2001:db8:b001::2'),
  pop('sin', 1.35, 103.99, 'SG', 'AS', ADDRESS_OF.sin, '2001:db8:b002::2'),
];

export const ZONE = `$ORIGIN cdn.test.
$TTL 300
@       SOA ns1 hostmaster ( 2026010100 1h 15m 2w 60 )
@       NS ns1
@       NS ns2
@       MX 10 mail
ns1     A 198.51.100.1
ns2     A 198.51.100.2
        AAAA 2001:db8:a001::2
mail    A 198.51.100.25
static  A 192.0.2.10
        A 192.0.2.11
        AAAA 2001:db8::10
        TXT "one" "two; three"
        MX 10 mail
_dns._udp SRV 0 5 53 ns1
alias   CNAME www
alias2  CNAME alias
plain   CNAME static
broken  CNAME nowhere
away    CNAME www.example.org.
svc     HTTPS 1 . alpn=h2
*.wild  A 192.0.2.20
exact.wild TXT "here"
a.b.ent A 192.0.2.30
sub     NS ns.sub
ns.sub  A 192.0.2.53
big     TXT ${Array.from({ length: 8 }, () => `"${'x'.repeat(200)}"`).join(' ')}
medium  TXT ${Array.from({ length: 4 }, () => `"${'y'.repeat(150)}"`).join(' ')}
`;

export function geoipBytes(swapped = false): Uint8Array {
  const [near, far] = swapped ? [TOKYO, LONDON] : [LONDON, TOKYO];
  return buildGeoDatabase([
    { prefix: '193.0.0.0/19', city: near },
    { prefix: '133.11.0.0/16', city: far },
    { prefix: '8.8.0.0/16', city: ASHBURN },
    { prefix: '2001:db8:4001::/48', city: near },
    { prefix: '2001:db8:4002::/48', city: far },
  ]).bytes;
}

/** For `startServer`; `changes` replace whole fields of the config. */
export function worldConfig(changes: object = {}): object {
  return {
    listen: [{ address: '127.0.0.1', port: 0 }],
    nsid: 'pop-fra',
    zones: ['cdn.zone'],
    geoip: 'geoip.mmdb',
    pops: POPS,
    anycast: { ipv4: '192.0.2.1', ipv6: '2001:db8:a000::1' },
    steering: [
      { name: 'www.cdn.test', policy: 'nearest', ttlSeconds: 20 },
      { name: '*.geo.cdn.test', policy: 'nearest', ttlSeconds: 20 },
      { name: 'anycast.cdn.test', policy: 'anycast', ttlSeconds: 20 },
      { name: 'sin.cdn.test', policy: 'pop:pop-sin', ttlSeconds: 20 },
    ],
    // All the tests' clients are one address.
    rateLimit: false,
    // A worker thread is half a second of a test's start; the tests of packets ask for one.
    workers: 0,
    ...changes,
  };
}

export function worldFiles(): Record<string, string | Uint8Array> {
  return { 'cdn.zone': ZONE, 'geoip.mmdb': geoipBytes() };
}

function pop(
  code: string,
  latitude: number,
  longitude: number,
  country: string,
  continent: string,
  ipv4: string,
  ipv6: string,
) {
  return { name: `pop-${code}`, code, latitude, longitude, country, continent, ipv4, ipv6 };
}

function city(
  name: string,
  country: string,
  continent: string,
  latitude: number,
  longitude: number,
): GeoCity {
  return { name, country, continent, latitude, longitude };
}
