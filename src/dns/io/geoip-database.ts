// Opens a GeoIP database (MMDB: GeoLite2-City, DB-IP, or the lab's own) and gives a lookup that also says how long the
// matched prefix is, which becomes the ECS scope. The rest of the server sees only this function.

import { UserError } from '../../base/errors.ts';
import { locate } from '../../geoip/locate.ts';
import { formatAddress } from '../../net/ip-address.ts';
import type { GeoLookup } from '../steering/policy.ts';

export type GeoLocator = (address: Uint8Array) => GeoLookup;

/** `builtAt` is what the database says of itself: how old its knowledge is. */
export async function openGeoip(file: string): Promise<{ locate: GeoLocator; builtAt: Date }> {
  // Loaded only where there is a database: a plain authoritative server does without.
  const { open } = await import('maxmind');
  try {
    const reader = await open(file, { cache: { max: 2000 } });
    return {
      locate: (address) => {
        const [record, prefixLength] = reader.getWithPrefixLength(formatAddress(address));
        return { location: locate(record), prefixLength };
      },
      builtAt: reader.metadata.buildEpoch,
    };
  } catch (error) {
    throw new UserError({
      file,
      message: `cannot read the GeoIP database: ${(error as Error).message}`,
      hint: 'it has to be an MMDB file, not compressed, such as GeoLite2-City.mmdb',
    });
  }
}

/** Without a database nobody has a location. */
export const noGeoip: GeoLocator = () => ({ location: { precision: 'none', reason: 'no-record' } });
