// A purge in the store's words: which keys, tags and prefixes of keys. A key is the URL as the route keys it, then,
// after a space, what else it keys by; so a URL means one key, and where its route keys by more, all that begin with it.

import { UserError } from '../../base/errors.ts';
import { type KeySite, normaliseAuthority, requestKey, urlOfKey } from '../cache-key.ts';
import type { RouteTable } from '../policy/match.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { type PurgeTarget, splitUrl } from './purge-target.ts';

export type StorePurge = { kind: 'key' | 'tag' | 'prefix'; value: string } | { kind: 'all' };

export interface KeySpace {
  site: KeySite;
  routes: RouteTable;
}

export interface PurgeEffect {
  /** Dropped or marked at once; an object with two of the tags counts twice. */
  objects: number;
  /** True: the store finds further ones when they are asked for. */
  lazy: boolean;
}

/** @throws UserError for a URL without a host where hosts are part of the key. */
export function storePurges(target: PurgeTarget, { site, routes }: KeySpace): StorePurge[] {
  switch (target.kind) {
    case 'all':
      return [{ kind: 'all' }];
    case 'key':
      return [{ kind: 'key', value: target.key }];
    case 'tags':
      return target.tags.map((value) => ({ kind: 'tag', value }));
    case 'host':
      return hostsOf(target.host, { site, routes }).map((host) => ({
        kind: 'prefix',
        value: `http://${host}/`,
      }));
    case 'prefix': {
      const { host, pathAndQuery } = splitUrl(target.prefix);
      const hosts = hostsOf(host ?? soleHost(site), { site, routes });
      return hosts.map((each) => ({ kind: 'prefix', value: `http://${each}${pathAndQuery}` }));
    }
    case 'url': {
      const { host, pathAndQuery } = splitUrl(target.url);
      const authority = host ?? soleHost(site);
      const route = routes.match(authority, pathAndQuery);
      const url = urlOfKey(requestKey(route, { authority, pathAndQuery, fields: [] }, site).key);
      // Behind a space is what else the route keys by, codings that are stored beside the identity, and slices.
      const { headers, cookies, device } = route.key;
      const more = headers.length > 0 || cookies.length > 0 || device || route.compress || route.slice;
      return more
        ? [
            { kind: 'key', value: url },
            { kind: 'prefix', value: `${url} ` },
          ]
        : [{ kind: 'key', value: url }];
    }
  }
}

/** Carries them out in one turn of the event loop. */
export function purgeStore(store: ObjectStore, purges: readonly StorePurge[], soft: boolean): PurgeEffect {
  const effect: PurgeEffect = { objects: 0, lazy: false };
  for (const purge of purges) {
    const { objects } = onePurge(store, purge, soft);
    if (objects === undefined) effect.lazy = true;
    else effect.objects += objects;
  }
  return effect;
}

/** Whether a trip to the origin for this key may be about what is purged; of tags nobody knows before the head is there. */
export function mayConcern(purges: readonly StorePurge[], key: string): boolean {
  return purges.some((purge) => {
    if (purge.kind === 'key') return purge.value === key;
    return purge.kind === 'prefix' ? key.startsWith(purge.value) : true;
  });
}

function onePurge(store: ObjectStore, purge: StorePurge, soft: boolean) {
  switch (purge.kind) {
    case 'all':
      return store.purgeAll(soft);
    case 'key':
      return store.purgeKey(purge.value, soft);
    case 'tag':
      return store.purgeTag(purge.value, soft);
    case 'prefix':
      return store.purgePrefix(purge.value, soft);
  }
}

/** Hosts that objects of this one may be keyed by: its own name, and the origin's where some route keys by that. */
function hostsOf(host: string, { site, routes }: KeySpace): string[] {
  const byOrigin = !site.forwardHost || routes.routes.some(({ key }) => key.host === false);
  const own = normaliseAuthority(host);
  return byOrigin ? [...new Set([own, normaliseAuthority(site.originHost)])] : [own];
}

function soleHost({ originHost, forwardHost }: KeySite): string {
  if (!forwardHost) return originHost;
  throw new UserError({
    message: 'this edge serves several hosts: the URL needs its own',
    hint: '{"url": "http://www.cdn.test/index.html"}',
  });
}
