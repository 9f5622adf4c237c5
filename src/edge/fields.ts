// HTTP fields as a flat list of name, value, name, value: the form that node:http and undici hand over and take back,
// so order, case and repetition survive (RFC 9110 section 5). Also what a proxy must not pass on (section 7.6.1).

export type Fields = readonly string[];

/** All values of a field joined with a comma (RFC 9110 section 5.3); undefined when it is absent. `name` in lower case. */
export function fieldValue(fields: Fields, name: string): string | undefined {
  let joined: string | undefined;
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const candidate = fields[i] as string;
    if (candidate.length !== name.length || candidate.toLowerCase() !== name) continue;
    const value = fields[i + 1] as string;
    joined = joined === undefined ? value : `${joined}, ${value}`;
  }
  return joined;
}

export function hasField(fields: Fields, name: string): boolean {
  return fieldValue(fields, name) !== undefined;
}

/** How many lines a field has: a second Host is an attack, a second Accept is not. */
export function countField(fields: Fields, name: string): number {
  let count = 0;
  for (let i = 0; i < fields.length; i += 2) if (fields[i]?.toLowerCase() === name) count++;
  return count;
}

/** A copy without the named fields (lower case). */
export function withoutFields(fields: Fields, names: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] as string;
    if (!names.has(name.toLowerCase())) kept.push(name, fields[i + 1] as string);
  }
  return kept;
}

/** A copy with the named fields only (lower case). */
export function onlyFields(fields: Fields, names: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] as string;
    if (names.has(name.toLowerCase())) kept.push(name, fields[i + 1] as string);
  }
  return kept;
}

const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** A copy without hop-by-hop fields, including those that Connection names. */
export function endToEndFields(fields: Fields): string[] {
  const connection = fieldValue(fields, 'connection');
  const names = new Set(HOP_BY_HOP);
  for (const option of (connection ?? '').toLowerCase().split(',')) {
    const name = option.trim();
    // A client that lists Host or Cache-Control here must not make the edge drop what it decides by.
    if (name !== '' && !KEPT_EVEN_IF_NAMED.has(name)) names.add(name);
  }
  return withoutFields(fields, names);
}

const KEPT_EVEN_IF_NAMED = new Set([
  'cdn-loop',
  'age',
  'authorization',
  'cache-control',
  'content-length',
  'content-range',
  'date',
  'etag',
  'expires',
  'host',
  'last-modified',
  'set-cookie',
  'vary',
  'via',
]);
