// What a purge names: one URL with all its variants, one cache key, surrogate keys (tags), a URL prefix, a host, or all.
// In the operator's words, which every edge translates for its own store (store-purges.ts): two edges may key differently.

export type PurgeTarget =
  /** `http://host/path?query`; the host may be missing (`/path`) where an edge has one site only. */
  | { kind: 'url'; url: string }
  /** The cache key as Cache-Status and traces show it, byte for byte. */
  | { kind: 'key'; key: string }
  /** Objects that carry any of these surrogate keys. */
  | { kind: 'tags'; tags: readonly string[] }
  /** All URLs that begin so; like a URL it may lack its host. */
  | { kind: 'prefix'; prefix: string }
  | { kind: 'host'; host: string }
  | { kind: 'all' };

/** Undefined host for a URL that begins with a slash. A fragment is no part of what is asked for. */
export function splitUrl(url: string): { host: string | undefined; pathAndQuery: string } {
  const [whole = ''] = url.split('#', 1);
  const match = /^https?:\/\/([^/?]*)(.*)$/i.exec(whole);
  if (!match) return { host: undefined, pathAndQuery: whole };
  const [, authority = '', rest = ''] = match;
  return { host: authority, pathAndQuery: rest.startsWith('/') ? rest : `/${rest}` };
}

/** One line for logs: `url http://www.cdn.test/a`. */
export function targetText(target: PurgeTarget): string {
  switch (target.kind) {
    case 'all':
      return 'all';
    case 'tags':
      return `tags ${target.tags.join(' ')}`;
    case 'url':
      return `url ${target.url}`;
    case 'key':
      return `key ${target.key}`;
    case 'prefix':
      return `prefix ${target.prefix}`;
    case 'host':
      return `host ${target.host}`;
  }
}
