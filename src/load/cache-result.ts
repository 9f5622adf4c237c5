// What a response's Cache-Status (RFC 9211) says of the cache nearest to the client: its last member.

export const CACHE_RESULTS = ['hit', 'stale', 'collapsed', 'revalidated', 'miss', 'bypass', 'none'] as const;
/** none: no Cache-Status, or one that says neither hit nor fwd. */
export type CacheResult = (typeof CACHE_RESULTS)[number];

export function cacheResultOf(cacheStatus: string | undefined): CacheResult {
  if (cacheStatus === undefined) return 'none';
  const member = lastMember(cacheStatus);
  const parameter = (name: string) => new RegExp(`;\\s*${name}(?:=([^;]*))?(?:;|$)`).exec(member);
  const ttl = Number(parameter('ttl')?.[1] ?? 1);
  if (parameter('hit')) return ttl > 0 ? 'hit' : 'stale';
  const forward = parameter('fwd')?.[1]?.trim();
  if (forward === undefined) return 'none';
  if (/stale-if-error/.test(parameter('detail')?.[1] ?? '')) return 'stale';
  if (forward === 'bypass' || forward === 'method') return 'bypass';
  if (parameter('collapsed')) return 'collapsed';
  return parameter('fwd-status')?.[1]?.trim() === '304' ? 'revalidated' : 'miss';
}

/** Commas inside quotes separate nothing. Most have one member, and no quotes. */
function lastMember(text: string): string {
  if (!text.includes(',')) return text;
  let start = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    if (quoted && text[i] === '\\') i++;
    else if (text[i] === '"') quoted = !quoted;
    else if (text[i] === ',' && !quoted) start = i + 1;
  }
  return text.slice(start);
}
