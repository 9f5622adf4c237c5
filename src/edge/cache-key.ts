// The primary cache key (RFC 9111 section 2): exactly what goes upstream and chooses the response there. Unless the
// client's Host is forwarded, all names of a site share their objects, and a forged Host can poison nothing because
// neither the key nor the origin sees it.

/**
 * Key of a GET (HEAD looks up the same). `authority` is what the origin is asked for: its own name, or the client's
 * Host where that is forwarded. The path and query are compared byte for byte.
 */
export function cacheKey(authority: string, pathAndQuery: string): string {
  return `http://${normaliseAuthority(authority)}${pathAndQuery}`;
}

/** Lower case, without the default port (RFC 3986 section 6.2). */
export function normaliseAuthority(authority: string): string {
  return authority.toLowerCase().replace(/:(?:80)?$/, '');
}
