// What the origin answers to a request, as data: the path names the content, the query the caching fields and the manner
// of sending. Pure, so the whole vocabulary stands here and in response-fields.ts and is tested without sockets.

import { failedCondition, requestedRange } from './conditions.ts';
import { type Content, type ContentMaker, sliceOf } from './content.ts';
import { type Fault, parseFault } from './faults.ts';
import { LATENCY_PROFILES, type LatencyProfileName } from './latency-profile.ts';
import { parseSize, printable } from './query-text.ts';
import { responseFields } from './response-fields.ts';

export interface OriginRequest {
  method: string;
  /** Path and query. */
  url: string;
  /** A header's value by lower-case name. */
  header(name: string): string | undefined;
  /** All fields as received; what /echo shows. */
  fields?: readonly string[];
}

export interface ResponsePlan {
  status: number;
  fields: [string, string][];
  content?: Content;
  delayMs: number;
  /** Instead of the configured profile. */
  latency?: LatencyProfileName;
  /** Link values of a 103 that is sent first (RFC 8297). */
  hints?: string[];
  /** How the end of the body is told (RFC 9112 section 6); absent: by Content-Length. */
  framing?: 'chunked' | 'close';
  /** Spread the body evenly over this time. */
  streamSeconds?: number;
  /** Send pieces of this size, with a pause between them. */
  pieces?: { bytes: number; delayMs: number };
  fault?: Fault;
}

/** A gigabyte: enough for any download test, and a number that cannot be mistyped into an endless one. */
const MAX_BYTES = 1_073_741_824;
const MAX_DELAY_MS = 600_000;
/** Above this gzip is not worth a test's time. */
const MAX_GZIP_BYTES = 8 * 1024 * 1024;
const PATHS =
  '/json/ID, /html/ID, /css/ID, /js/ID, /text/ID, /bytes/N, /stream/N?seconds=S, /echo/ID or /healthz';

const TEXT_TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  text: 'text/plain; charset=utf-8',
};
const TEXT_BYTES = 4096;

/** `version` of a path grows with every PUT, POST, PATCH or DELETE on it. `gzip` compresses a whole body. */
export function planResponse(
  request: OriginRequest,
  maker: ContentMaker,
  version: number,
  gzip: (content: Content) => Content = (content) => content,
): ResponsePlan {
  const url = URL.parse(request.url, 'http://origin');
  if (!url) return problem(400, 'cannot read the path');
  const query = url.searchParams;
  const mistake = queryMistake(query);
  const whole = contentOf(request, url, maker, version);
  if ('status' in whole) return whole;
  if (mistake !== undefined) return problem(400, mistake);

  const zipped = query.has('gzip') && whole.size <= MAX_GZIP_BYTES && acceptsGzip(request);
  const content = zipped ? gzip(whole) : whole;
  const fields = responseFields(query, content, version);
  if (zipped) fields.push(['Content-Encoding', 'gzip']);
  const pieceBytes = parseSize(query.get('chunk_bytes') ?? '', MAX_BYTES);
  const pieceDelayMs = Number(query.get('chunk_delay_ms') ?? 0);
  const plan: ResponsePlan = {
    status: Number(query.get('status') ?? 200),
    fields,
    content,
    delayMs: Math.min(MAX_DELAY_MS, Number(query.get('delay_ms') ?? 0)),
    latency: LATENCY_PROFILES.find((name) => name === query.get('latency')),
    hints: query.getAll('hints').flatMap(hintsOf),
    framing: query.has('close') ? 'close' : query.has('chunked') ? 'chunked' : undefined,
    streamSeconds: url.pathname.startsWith('/stream/')
      ? Math.min(3600, Number(query.get('seconds') ?? 10))
      : undefined,
    pieces:
      pieceBytes || pieceDelayMs > 0
        ? { bytes: pieceBytes || 16_384, delayMs: Math.min(MAX_DELAY_MS, pieceDelayMs) }
        : undefined,
    fault: faultOf(query) as Fault | undefined,
  };
  return withLength(plan.status === 200 ? selected(request, plan, query) : plan);
}

/** The 200 after conditions and range. */
function selected(request: OriginRequest, plan: ResponsePlan, query: URLSearchParams): ResponsePlan {
  const { fields, content } = plan;
  const value = (name: string) => fields.find(([field]) => field === name)?.[1];
  const size = content?.size ?? 0;
  const state = { etag: value('ETag'), lastModified: value('Last-Modified'), size };
  const failed = failedCondition(request, state);
  if (failed === 412) return { ...plan, ...problem(412, 'a precondition failed'), fault: plan.fault };
  if (failed === 304) {
    const kept = fields.filter(([field]) => !field.startsWith('Content-') || field === 'Content-Location');
    return { ...plan, status: 304, fields: kept, content: undefined };
  }
  const range = query.get('ranges') === 'none' ? undefined : requestedRange(request, state);
  if (range === undefined || !content) return plan;
  if (range === 'unsatisfiable') {
    const refused = problem(416, 'no such bytes');
    return { ...plan, ...refused, fields: [...refused.fields, ['Content-Range', `bytes */${size}`]] };
  }
  const { first, length } = range;
  return {
    ...plan,
    status: 206,
    fields: [...fields, ['Content-Range', `bytes ${first}-${first + length - 1}/${size}`]],
    content: sliceOf(content, first, length),
  };
}

function withLength(plan: ResponsePlan): ResponsePlan {
  const { status, content, framing, fields } = plan;
  const known = fields.some(([field]) => field === 'Content-Length');
  if (!content || framing || known || status === 204 || status === 304) return plan;
  return { ...plan, fields: [...fields, ['Content-Length', String(content.size)]] };
}

function contentOf(
  request: OriginRequest,
  url: URL,
  maker: ContentMaker,
  version: number,
): Content | ResponsePlan {
  const [, kind = '', name = '', ...rest] = url.pathname.split('/');
  const query = url.searchParams;
  if (rest.length > 0 || name === '') return problem(404, `try ${PATHS}`);
  const variant = variantOf(request, query.get('vary') ?? '');
  if (kind === 'json' && !query.has('size')) return maker.json(name, version, variant);
  if (kind === 'echo') {
    const { method, url: target, fields } = request;
    return maker.text('application/json', `${JSON.stringify({ method, url: target, fields })}\n`);
  }
  if (kind === 'bytes' || kind === 'stream') {
    const size = parseSize(name, MAX_BYTES);
    if (size === undefined) return problem(400, `bytes must be 0 to ${MAX_BYTES}, found ${name}`);
    return maker.sized(size, version, variant);
  }
  const type = kind === 'json' ? 'application/json' : TEXT_TYPES[kind];
  if (type === undefined) return problem(404, `nothing here: ${url.pathname}; try ${PATHS}`);
  const size = parseSize(query.get('size') ?? String(TEXT_BYTES), MAX_BYTES);
  if (size === undefined) return problem(400, `size must be 0 to ${MAX_BYTES}, found ${query.get('size')}`);
  return maker.sized(size, version, variant, `${kind}/${name}`, type);
}

/** What the fields that Vary names say, since the content follows them. */
function variantOf(request: OriginRequest, vary: string): string {
  return vary
    .split(',')
    .map((field) => field.trim().toLowerCase())
    .filter((field) => field !== '' && field !== '*')
    .map((field) => `${field}=${request.header(field) ?? ''}`)
    .join('&');
}

/** A sentence. */
function queryMistake(query: URLSearchParams): string | undefined {
  const fault = faultOf(query);
  if (typeof fault === 'string') return fault;
  const numbers = ['delay_ms', 'seconds', 'status', 'chunk_delay_ms'].filter(
    (key) => !/^\d*\.?\d*$/.test(query.get(key) ?? ''),
  );
  if (numbers.length > 0) return `${numbers.join(', ')}: not a number`;
  const status = Number(query.get('status') ?? 200);
  if (status < 200 || status > 599 || !Number.isInteger(status)) return 'status must be 200 to 599';
  const latency = query.get('latency');
  if (latency !== null && !LATENCY_PROFILES.some((name) => name === latency))
    return `latency must be ${LATENCY_PROFILES.join(' or ')}, found ${latency}`;
  return undefined;
}

function faultOf(query: URLSearchParams): Fault | string | undefined {
  const text = query.get('fault');
  return text === null ? undefined : parseFault(text);
}

/** `/a.css,/b.js` as Link values. */
function hintsOf(text: string): string[] {
  return printable(text)
    .split(',')
    .map((path) => path.trim().replace(/[<>]/g, ''))
    .filter((path) => path !== '')
    .map((path) => `<${path}>; rel=preload; as=${path.endsWith('.css') ? 'style' : 'script'}`);
}

function acceptsGzip(request: OriginRequest): boolean {
  return (request.header('accept-encoding') ?? '')
    .split(',')
    .some((coding) => /^\s*(?:gzip|x-gzip|\*)\s*(?:;\s*q=(?!0(?:\.0*)?\s*$).*)?$/i.test(coding));
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
