// Name lookups for checks and polls. The system resolver occupies one of few threads for as long as it likes, and cannot
// be cancelled; so a name that is being looked up is not looked up again, however often a check gives up on it.

import { type LookupAddress, lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';

const pending = new Map<string, Promise<LookupAddress[]>>();

/** For `lookup` of net.connect and http.get. */
export const sharedLookup: LookupFunction = (hostname, options, callback) => {
  const family =
    options.family === 4 || options.family === 'IPv4'
      ? 4
      : options.family === 6 || options.family === 'IPv6'
        ? 6
        : 0;
  addressesOf(hostname, family).then(
    (addresses) => {
      const first = addresses[0] as LookupAddress;
      if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    },
    (error: NodeJS.ErrnoException) => callback(error, ''),
  );
};

function addressesOf(hostname: string, family: 0 | 4 | 6): Promise<LookupAddress[]> {
  const key = `${family} ${hostname}`;
  const known = pending.get(key);
  if (known) return known;
  const asked = new Promise<LookupAddress[]>((resolve, reject) => {
    lookup(hostname, { family, all: true }, (error, addresses) => {
      pending.delete(key);
      if (error) reject(error);
      else if (addresses.length === 0) reject(new Error(`${hostname} has no address`));
      else resolve(addresses);
    });
  });
  pending.set(key, asked);
  return asked;
}
