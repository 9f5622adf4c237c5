// Query parameters as part of the key: which there are, how many values each has, and which are nothing but a fresh name
// for the same object.

/** Names that mark where a visitor came from or defeat caches, and change no content. Globs. */
const TRACKING =
  /^(?:utm_.*|fbclid|gclid|gclsrc|dclid|msclkid|yclid|mc_(?:cid|eid)|_ga|_gl|igshid|twclid|ttclid|wbraid|gbraid|_|cb|cachebuster|nocache|rand(?:om)?|nonce|ts|timestamp)$/i;

export function isTracking(name: string): boolean {
  return TRACKING.test(name);
}

/** Names in the order of the query, each once. */
export function parameterNames(path: string): string[] {
  const at = path.indexOf('?');
  if (at < 0) return [];
  const names = new Set<string>();
  for (const pair of path.slice(at + 1).split('&')) {
    const name = pair.split('=', 1)[0];
    if (name) names.add(name);
  }
  return [...names];
}

/** The path without the parameters for which `drop` holds; the `?` goes with the last one. */
export function withoutParameters(path: string, drop: (name: string) => boolean): string {
  const at = path.indexOf('?');
  if (at < 0) return path;
  const kept = path
    .slice(at + 1)
    .split('&')
    .filter((pair) => pair !== '' && !drop(pair.split('=', 1)[0] ?? ''));
  return kept.length === 0 ? path.slice(0, at) : `${path.slice(0, at)}?${kept.join('&')}`;
}

/** The same parameters in another order are the same question. */
export function sortedQuery(path: string): string {
  const at = path.indexOf('?');
  if (at < 0) return path;
  return `${path.slice(0, at)}?${path
    .slice(at + 1)
    .split('&')
    .sort()
    .join('&')}`;
}
