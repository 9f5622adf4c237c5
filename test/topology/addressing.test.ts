import { describe, expect, it } from 'vitest';
import {
  ADDRESS_LIMITS,
  clientHosts,
  clientPrefix,
  linkAddresses,
  loopback,
  peeringLanAddress,
  popPrefix,
  resolverSitePrefix,
  siteHosts,
} from '../../src/topology/addressing.ts';

describe('the address plan', () => {
  it.each([
    ['loopback 1', loopback(1), '198.18.0.1', '2001:db8:0:1::1'],
    ['loopback 300', loopback(300), '198.18.1.44', '2001:db8:0:12c::1'],
    ['first link, a', linkAddresses(1).a, '198.18.64.0/31', '2001:db8:1:1::/127'],
    ['first link, b', linkAddresses(1).b, '198.18.64.1/31', '2001:db8:1:1::1/127'],
    ['link 200, b', linkAddresses(200).b, '198.18.65.143/31', '2001:db8:1:c8::1/127'],
    ['route server of the first IXP', peeringLanAddress(0, 1), '198.18.240.1/24', '2001:db8:2:1::1/64'],
    ['tenth member of the second IXP', peeringLanAddress(1, 11), '198.18.241.11/24', '2001:db8:2:2::b/64'],
    ['client 3', clientPrefix(3), '100.64.3.0/24', '2001:db8:4003::/48'],
    ['client 300', clientPrefix(300), '100.65.44.0/24', '2001:db8:412c::/48'],
    ['host of client 3', clientHosts(clientPrefix(3)).host, '100.64.3.10', '2001:db8:4003::10'],
    ['resolver of client 3', clientHosts(clientPrefix(3)).resolver, '100.64.3.53', '2001:db8:4003::53'],
    ['POP 0', popPrefix(0), '203.0.113.0/28', '2001:db8:b000::/48'],
    ['POP 15', popPrefix(15), '203.0.113.240/28', '2001:db8:b00f::/48'],
    ['POP 16', popPrefix(16), '198.19.0.0/28', '2001:db8:b010::/48'],
    ['edge of POP 2', siteHosts(popPrefix(2)).first, '203.0.113.34', '2001:db8:b002::2'],
    ['name server of POP 2', siteHosts(popPrefix(2)).second, '203.0.113.35', '2001:db8:b002::3'],
    [
      'egress of resolver site 1',
      siteHosts(resolverSitePrefix(1)).first,
      '198.19.243.18',
      '2001:db8:c101::2',
    ],
  ])('%s', (_what, address, ipv4, ipv6) => {
    expect(address).toEqual({ ipv4, ipv6 });
  });

  it('ends before the ranges of others', () => {
    expect(popPrefix(ADDRESS_LIMITS.pops - 1).ipv4).toBe('198.19.239.240/28');
    expect(clientPrefix(ADDRESS_LIMITS.clients)).toEqual({
      ipv4: '100.127.255.0/24',
      ipv6: '2001:db8:7fff::/48',
    });
  });
});
