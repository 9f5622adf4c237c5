// The query's caching vocabulary: which parameter becomes which response field.

import type { Content } from './content.ts';
import { printable, token } from './query-text.ts';

/** Query parameter to Cache-Control directive. */
const DIRECTIVES: readonly [parameter: string, directive: string, takesValue: boolean][] = [
  ['max_age', 'max-age', true],
  ['s_maxage', 's-maxage', true],
  ['swr', 'stale-while-revalidate', true],
  ['sie', 'stale-if-error', true],
  ['no_store', 'no-store', false],
  ['no_cache', 'no-cache', false],
  ['private', 'private', false],
  ['public', 'public', false],
  ['must_revalidate', 'must-revalidate', false],
  ['proxy_revalidate', 'proxy-revalidate', false],
  ['immutable', 'immutable', false],
  ['no_transform', 'no-transform', false],
  ['must_understand', 'must-understand', false],
];

/** Fields whose whole value the query gives. */
const VERBATIM: readonly [parameter: string, field: string][] = [
  ['cdn_cache_control', 'CDN-Cache-Control'],
  ['surrogate_control', 'Surrogate-Control'],
  ['surrogate_key', 'Surrogate-Key'],
  ['cache_tag', 'Cache-Tag'],
  ['pragma', 'Pragma'],
  ['expires', 'Expires'],
  ['location', 'Location'],
  ['content_location', 'Content-Location'],
  ['content_language', 'Content-Language'],
];

/** All contents date from here, so that Last-Modified depends on nothing but the version. */
const EPOCH_MS = Date.UTC(2026, 0, 1);

export function responseFields(
  query: URLSearchParams,
  content: Content,
  version: number,
): [string, string][] {
  const fields: [string, string][] = [['Content-Type', printable(query.get('type')) || content.contentType]];
  const directives = DIRECTIVES.filter(([parameter]) => query.has(parameter)).map(
    ([parameter, directive, takesValue]) =>
      takesValue ? `${directive}=${token(query.get(parameter))}` : directive,
  );
  if (query.has('cache_control')) directives.push(printable(query.get('cache_control')));
  if (directives.length > 0) fields.push(['Cache-Control', directives.join(', ')]);
  const etag = query.get('etag') ?? 'strong';
  if (etag !== 'none') fields.push(['ETag', etag === 'weak' ? `W/${content.etag}` : content.etag]);
  if (query.get('last_modified') !== 'none')
    fields.push(['Last-Modified', new Date(EPOCH_MS + version * 60_000).toUTCString()]);
  const vary = [
    query.has('vary') ? printable(query.get('vary')) : '',
    query.has('gzip') ? 'Accept-Encoding' : '',
  ]
    .filter((part) => part !== '')
    .join(', ');
  if (query.has('vary') || vary !== '') fields.push(['Vary', vary]);
  if (query.has('age')) fields.push(['Age', token(query.get('age'))]);
  for (const [parameter, field] of VERBATIM)
    if (query.has(parameter)) fields.push([field, printable(query.get(parameter))]);
  for (const cookie of query.getAll('set_cookie')) fields.push(['Set-Cookie', `session=${token(cookie)}`]);
  if (query.get('ranges') !== 'none') fields.push(['Accept-Ranges', 'bytes']);
  return fields;
}
