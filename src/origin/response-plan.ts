// What the origin answers to a request, as data: the path names the content, the query the caching fields. Pure, so the
// whole vocabulary of the query stands in one table and is tested without sockets.

import type { Content, ContentMaker } from './content.ts';
import { type Fault, parseFault } from './faults.ts';

export interface OriginRequest {
  method: string;
  /** Path and query. */
  url: string;
  /** A header's value by lower-case name. */
  header(name: string): string | undefined;
}

export interface ResponsePlan {
  status: number;
  fields: [string, string][];
  content?: Content;
  delayMs: number;
  /** Spread the body evenly over this time. */
  streamSeconds?: number;
  fault?: Fault;
}

/** All contents date from here, so that Last-Modified depends on nothing but the version. */
const EPOCH_MS = Date.UTC(2026, 0, 1);
/** A gigabyte: enough for any download test, and a number that cannot be mistyped into an endless one. */
const MAX_BYTES = 1_073_741_824;
const MAX_DELAY_MS = 600_000;

/** `version` of a path grows with every PUT, POST or DELETE on it. */
export function planResponse(request: OriginRequest, maker: ContentMaker, version: number): ResponsePlan {
  const url = URL.parse(request.url, 'http://origin');
  if (!url) return problem(400, 'cannot read the path');
  const query = url.searchParams;
  const [, kind = '', name = '', ...rest] = url.pathname.split('/');
  const vary = query.get('vary') ?? '';
  const variant = vary
    .split(',')
    .map((field) => field.trim().toLowerCase())
    .filter((field) => field !== '' && field !== '*')
    .map((field) => `${field}=${request.header(field) ?? ''}`)
    .join('&');

  if (rest.length > 0 || name === '')
    return problem(404, 'try /json/ID, /bytes/N, /stream/N?seconds=S or /healthz');
  let content: Content | undefined;
  if (kind === 'json') content = maker.json(name, version, variant);
  else if (kind === 'bytes' || kind === 'stream') {
    if (!/^\d{1,10}$/.test(name) || Number(name) > MAX_BYTES)
      return problem(400, `bytes must be 0 to ${MAX_BYTES}, found ${name}`);
    content = maker.sized(Number(name), version, variant);
  } else return problem(404, `nothing here: ${url.pathname}`);

  const faultText = query.get('fault');
  const fault = faultText === null ? undefined : parseFault(faultText);
  if (typeof fault === 'string') return problem(400, fault);
  const numbers = ['delay_ms', 'seconds', 'status'].filter(
    (key) => !/^\d*\.?\d*$/.test(query.get(key) ?? ''),
  );
  if (numbers.length > 0) return problem(400, `${numbers.join(', ')}: not a number`);

  const plan: ResponsePlan = {
    status: Number(query.get('status') ?? 200),
    fields: fieldsFor(query, content, version),
    content,
    delayMs: Math.min(MAX_DELAY_MS, Number(query.get('delay_ms') ?? 0)),
    streamSeconds: kind === 'stream' ? Math.min(3600, Number(query.get('seconds') ?? 10)) : undefined,
    fault,
  };
  if (plan.status < 200 || plan.status > 599 || !Number.isInteger(plan.status))
    return problem(400, 'status must be 200 to 599');
  if (plan.status === 200 && clientHasIt(request, plan)) {
    return {
      ...plan,
      status: 304,
      fields: plan.fields.filter(([field]) => !field.startsWith('Content-')),
      content: undefined,
    };
  }
  return plan;
}

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
];

function fieldsFor(query: URLSearchParams, content: Content, version: number): [string, string][] {
  const fields: [string, string][] = [
    ['Content-Type', content.contentType],
    ['Content-Length', String(content.size)],
  ];
  const directives = DIRECTIVES.filter(([parameter]) => query.has(parameter)).map(
    ([parameter, directive, takesValue]) =>
      takesValue ? `${directive}=${token(query.get(parameter))}` : directive,
  );
  if (directives.length > 0) fields.push(['Cache-Control', directives.join(', ')]);
  const etag = query.get('etag') ?? 'strong';
  if (etag !== 'none') fields.push(['ETag', etag === 'weak' ? `W/${content.etag}` : content.etag]);
  if (query.get('last_modified') !== 'none')
    fields.push(['Last-Modified', new Date(EPOCH_MS + version * 60_000).toUTCString()]);
  if (query.has('vary')) fields.push(['Vary', printable(query.get('vary'))]);
  if (query.has('age')) fields.push(['Age', token(query.get('age'))]);
  if (query.has('expires')) fields.push(['Expires', printable(query.get('expires'))]);
  if (query.has('set_cookie')) fields.push(['Set-Cookie', `session=${token(query.get('set_cookie'))}`]);
  return fields;
}

/** Strong comparison is enough: the edge sends back what it got (RFC 9110 section 13.1.2). */
function clientHasIt(request: OriginRequest, plan: ResponsePlan): boolean {
  const value = (name: string) => plan.fields.find(([field]) => field === name)?.[1];
  const ifNoneMatch = request.header('if-none-match');
  if (ifNoneMatch !== undefined) {
    const etag = value('ETag');
    const tags: string[] = ifNoneMatch.match(/(?:W\/)?"[^"]*"/g) ?? [];
    return etag !== undefined && (ifNoneMatch === '*' || tags.includes(etag));
  }
  const since = Date.parse(request.header('if-modified-since') ?? '');
  const modified = Date.parse(value('Last-Modified') ?? '');
  return modified <= since;
}

function problem(status: number, reason: string): ResponsePlan {
  const text = Buffer.from(`${JSON.stringify({ status, reason })}\n`);
  const content: Content = {
    contentType: 'application/json',
    size: text.length,
    etag: '',
    bytes: (first, length) => text.subarray(first, first + length),
  };
  return {
    status,
    fields: [
      ['Content-Type', 'application/json'],
      ['Content-Length', String(text.length)],
      ['Cache-Control', 'no-store'],
    ],
    content,
    delayMs: 0,
  };
}

/** What a query may put into a response: no line ends, nothing that could begin another field. */
function token(text: string | null): string {
  return (text ?? '').replace(/[^!#$%&'*+\-.^_`|~0-9A-Za-z]/g, '').slice(0, 100);
}

function printable(text: string | null): string {
  return (text ?? '').replace(/[^\x20-\x7e]/g, '').slice(0, 200);
}
