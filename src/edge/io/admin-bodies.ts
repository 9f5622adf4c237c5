// What comes with the requests of operators, read and judged: each mistake with the form that would be right.

import { UserError } from '../../base/errors.ts';
import type { PushOptions } from './push-directory.ts';
import { PUSHED_TTL_SECONDS, type PushedObject } from './push-object.ts';
import { contentTypeOf } from './push-types.ts';
import { WARM_CONCURRENCY } from './warm-urls.ts';

/** A list; who has more sends several. */
const MOST_WARM_URLS = 100_000;
const MOST_WARM_CONCURRENCY = 64;
const MOST_TTL_SECONDS = 10 * PUSHED_TTL_SECONDS;
const FIELD_VALUE = /^[\x20-\x7e]{1,1000}$/;

const WARM_EXAMPLE = '{"urls": ["http://www.cdn.test/", "/logo.svg"], "concurrency": 4}';
const PUSH_EXAMPLE = '{"directory": "/srv/site/public", "base": "http://www.cdn.test/"}';
const PIN_EXAMPLE = '{"url": "http://www.cdn.test/logo.svg"}';

/** `{urls: […], concurrency}`, or `{list: "one URL a line"}`. */
export function readWarm(body: Buffer): { urls: string[]; concurrency: number } {
  const given = readObject(body, WARM_EXAMPLE, ['urls', 'list', 'concurrency']);
  const { list, concurrency = WARM_CONCURRENCY } = given;
  const urls = typeof list === 'string' ? list.split(/\s+/).filter((line) => line !== '') : given['urls'];
  if (!Array.isArray(urls) || urls.length === 0)
    throw wrong('urls', 'a list of URLs is needed', WARM_EXAMPLE);
  if (urls.length > MOST_WARM_URLS) throw wrong('urls', `more than ${MOST_WARM_URLS}`, 'send it in parts');
  const bad = urls.find((url) => !isUrl(url));
  if (bad !== undefined) throw wrong('urls', `${JSON.stringify(bad)} is no http URL or path`, WARM_EXAMPLE);
  if (!isWhole(concurrency, 1, MOST_WARM_CONCURRENCY))
    throw wrong('concurrency', `not a number from 1 to ${MOST_WARM_CONCURRENCY}`, WARM_EXAMPLE);
  return { urls: urls as string[], concurrency };
}

export function readPush(body: Buffer): PushOptions {
  const given = readObject(body, PUSH_EXAMPLE, [
    'directory',
    'base',
    'ttlSeconds',
    'cacheControl',
    'tags',
    'pin',
  ]);
  const { directory, base = '/', ttlSeconds, cacheControl, tags, pin } = given;
  if (typeof directory !== 'string' || !directory.startsWith('/'))
    throw wrong('directory', 'not an absolute path on the edge’s machine', PUSH_EXAMPLE);
  if (!isUrl(base)) throw wrong('base', 'no http URL or path', PUSH_EXAMPLE);
  if (ttlSeconds !== undefined && !isWhole(ttlSeconds, 1, MOST_TTL_SECONDS))
    throw wrong('ttlSeconds', `not a number from 1 to ${MOST_TTL_SECONDS}`, PUSH_EXAMPLE);
  if (pin !== undefined && typeof pin !== 'boolean')
    throw wrong('pin', 'neither true nor false', PUSH_EXAMPLE);
  return {
    directory,
    base: base as string,
    ttlSeconds,
    pin,
    cacheControl: readCacheControl(cacheControl),
    tags: tags === undefined ? undefined : readTags(tags),
  };
}

/** The query says how, the body is the object: `PUT /objects?url=/logo.svg&ttl=60&tags=a,b&pin=true`. */
export function readPushedObject(
  query: URLSearchParams,
  contentType: string | undefined,
  body: Buffer,
): PushedObject {
  const example = 'PUT /objects?url=/logo.svg&ttl=3600&tags=brand&pin=true';
  const url = query.get('url');
  const ttl = query.get('ttl') ?? String(PUSHED_TTL_SECONDS);
  if (!isUrl(url)) throw wrong('url', 'no http URL or path', example);
  if (!/^\d{1,10}$/.test(ttl) || !isWhole(Number(ttl), 1, MOST_TTL_SECONDS))
    throw wrong('ttl', `not a number from 1 to ${MOST_TTL_SECONDS}`, example);
  if (contentType !== undefined && !FIELD_VALUE.test(contentType))
    throw wrong('Content-Type', 'not a field value', example);
  return {
    url,
    contentType: contentType ?? contentTypeOf(url.split('?', 1)[0] ?? ''),
    body,
    ttlSeconds: Number(ttl),
    cacheControl: readCacheControl(query.get('cacheControl') ?? undefined),
    tags: readTags((query.get('tags') ?? '').split(',').filter((tag) => tag !== '')),
    pin: query.get('pin') === 'true',
  };
}

/** `GET /objects?url=/logo.svg` */
export function readHeld(query: URLSearchParams): string {
  const url = query.get('url');
  if (!isUrl(url)) throw wrong('url', 'no http URL or path', 'GET /objects?url=/logo.svg');
  return url;
}

/** `{"url": …}`, or `?url=`, since not every client sends a body with DELETE. */
export function readPin(query: URLSearchParams, body: Buffer): string {
  const url = query.get('url') ?? readObject(body, PIN_EXAMPLE, ['url'])['url'];
  if (!isUrl(url)) throw wrong('url', 'no http URL or path', PIN_EXAMPLE);
  return url;
}

function readObject(body: Buffer, example: string, known: string[]): Record<string, unknown> {
  let given: unknown;
  try {
    given = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new UserError({ message: `the body is not JSON: ${(error as Error).message}`, hint: example });
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new UserError({ message: 'the body is no JSON object', hint: example });
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined) throw wrong(unknown, 'unknown', `known: ${known.join(', ')}`);
  return given as Record<string, unknown>;
}

function readCacheControl(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && FIELD_VALUE.test(value)) return value;
  throw wrong('cacheControl', 'not a field value', 'max-age=60');
}

function readTags(value: unknown): string[] {
  const good = Array.isArray(value) && value.length <= 256;
  if (good && value.every((tag) => typeof tag === 'string' && /^[\x21-\x2b\x2d-\x7e]{1,1024}$/.test(tag)))
    return value as string[];
  throw wrong('tags', 'not a list of words without spaces and commas', '["shop", "front"]');
}

function isUrl(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > 8192) return false;
  return /^(?:http:\/\/[^/?#\s]+)?\/[\x21-\x7e]*$|^http:\/\/[^/?#\s]+$/i.test(value);
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}

function wrong(path: string, message: string, hint: string): UserError {
  return new UserError({ path, message: `${path}: ${message}`, hint });
}
