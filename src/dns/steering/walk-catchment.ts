// The world of a GeoIP database under a rule: every prefix of the database with its place, the choice of its clients and how
// far they have to go. Prefixes are split where the rule's own tables (prefix rules, RTTs) divide them, and where a hash
// divides clients each /24 is asked for itself; of IPv6 prefixes, which hold too many /56, an even sample is.

import { type GeoLocation, locate } from '../../geoip/locate.ts';
import type { MmdbTree } from '../../geoip/mmdb-tree.ts';
import { greatCircleKm } from '../../net/great-circle.ts';
import type { Family } from '../../net/ip-address.ts';
import { mmdbTrie, PrefixCursor, tableTrie } from './prefix-cursor.ts';
import type { Choice, Steering } from './steering.ts';
import { tablesOf } from './world.ts';

export interface CatchmentPart {
  /** The same array each time; copy it to keep it. */
  bytes: Uint8Array;
  length: number;
  /** IPv4: addresses; IPv6: /64 networks. */
  addresses: number;
  /** The same object for every prefix of a record of the database; `precision: 'none'` in its holes. */
  location: GeoLocation;
  choice: Choice;
  /** To the first POP of the choice; undefined without coordinates, and where BGP picks the POP. */
  distanceKm?: number;
}

/** How many /56 of an IPv6 prefix are asked for when a hash divides its clients. */
const SAMPLED_NETWORKS = 16;

/** Calls `visit` for each part, in address order, with the same object each time: millions of parts make no garbage. */
export function walkCatchment(
  steering: Steering,
  city: MmdbTree,
  ruleIndex: number,
  family: Family,
  clients: Family,
  visit: (part: CatchmentPart) => void,
): void {
  const tables = [...tablesOf(steering.compiled, ruleIndex)].flatMap(
    (index) => steering.tableOf(index) ?? [],
  );
  const cursor = new PrefixCursor(
    [mmdbTrie(city, clients), ...tables.map((table) => tableTrie(table, clients))],
    clients,
    { skipAliases: true },
  );
  const places = new Places(city, steering);
  const networkLength = clients === 4 ? 24 : 56;
  const part: CatchmentPart = {
    bytes: cursor.bytes,
    length: 0,
    addresses: 0,
    location: NOWHERE,
    choice: { policy: '', pops: [], addresses: [], ttlSeconds: 0, reason: '', detail: '' },
  };
  while (cursor.next()) {
    if (cursor.isAlias) continue;
    const place = places.of(cursor.leaf(0));
    const show = (choice: Choice, addresses: number): void => {
      part.length = cursor.length;
      part.addresses = addresses;
      part.location = place.location;
      part.choice = choice;
      part.distanceKm = places.distanceKm(place, choice);
      visit(part);
    };
    const addresses = 2 ** ((clients === 4 ? 32 : 64) - cursor.length);
    const choice = steering.choose(ruleIndex, family, cursor.bytes);
    if (!steering.byHash || cursor.length >= networkLength) {
      show(choice, addresses);
      continue;
    }
    const networks = 2 ** (networkLength - cursor.length);
    const asked = clients === 4 ? networks : Math.min(networks, SAMPLED_NETWORKS);
    const address = Uint8Array.from(cursor.bytes);
    for (let i = 0; i < asked; i++) {
      setNetwork(address, cursor.bytes, networkLength, Math.floor((i * networks) / asked));
      show(steering.choose(ruleIndex, family, address), addresses / asked);
    }
  }
}

const NOWHERE = locate(undefined);

interface Place {
  location: GeoLocation;
  /** By POP name. */
  distances: Map<string, number>;
}

class Places {
  #city: MmdbTree;
  #pops: Map<string, { latitude: number; longitude: number }>;
  #byReference = new Map<number, Place>();

  constructor(city: MmdbTree, steering: Steering) {
    this.#city = city;
    this.#pops = new Map(steering.compiled.pops.map((pop) => [pop.name, pop]));
  }

  of(reference: number): Place {
    let place = this.#byReference.get(reference);
    if (!place) {
      const location = reference > this.#city.nodeCount ? locate(this.#city.record(reference)) : NOWHERE;
      place = { location, distances: new Map() };
      this.#byReference.set(reference, place);
    }
    return place;
  }

  distanceKm({ location, distances }: Place, choice: Choice): number | undefined {
    const name = choice.pops[0];
    if (name === undefined || !location.coordinates) return undefined;
    let km = distances.get(name);
    if (km === undefined) {
      const pop = this.#pops.get(name);
      if (!pop) return undefined;
      km = greatCircleKm(location.coordinates, pop);
      distances.set(name, km);
    }
    return km;
  }
}

/** Sets `address` to the network number `index` of those of `length` bits that start at `base`. */
function setNetwork(address: Uint8Array, base: Uint8Array, length: 24 | 56, index: number): void {
  let rest = index;
  for (let i = length / 8 - 1; i >= 0; i--) {
    address[i] = (base[i] as number) + (rest % 256);
    rest = Math.floor(rest / 256);
  }
}
