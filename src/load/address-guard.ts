// Where load may be sent without being asked twice: this machine, and the addresses that the lab uses, which are nobody's
// on the Internet. Load on anything else is an attack unless its owner says otherwise.

import { parseAddress } from '../net/ip-address.ts';
import { parsePrefix, prefixContains } from '../net/prefix.ts';

/** Loopback; documentation (RFC 5737, RFC 3849) and benchmarking (RFC 2544) networks, of which the lab's Internet is made. */
const HARMLESS = [
  '127.0.0.0/8',
  '::1/128',
  '192.0.2.0/24',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '198.18.0.0/15',
  '2001:db8::/32',
].map((text) => parsePrefix(text));

/** IPv4-mapped addresses are judged as what they map. */
export function mayLoad(address: string): boolean {
  const bytes = parseAddress(address.replace(/^::ffff:(?=\d+\.)/i, ''));
  if (!bytes) return false;
  return HARMLESS.some((prefix) => prefix !== undefined && prefixContains(prefix, bytes));
}
