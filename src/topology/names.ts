// Names of nodes, made from the names in the file in one place: validation must know them to tell duplicates, and
// references from other parts of the file use them.

import type { City } from './resolved.ts';

/** First AS number given to access networks that state none (private use, RFC 6996). */
const FIRST_ACCESS_ASN = 4200000001;

export const routerName = (transit: string, city: string): string => `${transit}-${city}`;
export const popNodeName = (code: string): string => `pop-${code}`;
export const accessNodeName = (client: string): string => `isp-${client}`;
export const resolverNodeName = (code: string): string => `resolver-${code}`;

/** AS number of the i-th client location's access network, from 0. */
export function accessAsn(i: number, stated?: number): number {
  return stated ?? FIRST_ACCESS_ASN + i;
}

/** `new-york` for New York. */
export function citySlug(city: City): string {
  return city.name.toLowerCase().replaceAll(' ', '-');
}

/** The stated city, else the one whose name the client location has; undefined when there is none. */
export function clientCityCode(
  name: string,
  stated: string | undefined,
  cities: Map<string, City>,
): string | undefined {
  if (stated !== undefined) return stated;
  return [...cities.values()].find((city) => citySlug(city) === name)?.code;
}
