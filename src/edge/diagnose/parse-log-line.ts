// A line of an access log, in whichever of three forms: this edge's JSON, other JSON (nginx with escape=json, and the
// like), or nginx's combined format with the cache's status somewhere behind it.

import { type LogRecord, resultFromWord } from './log-record.ts';

/** Undefined: not a line of an access log, or one that does not tell what the cache did. */
export function parseLogLine(line: string): LogRecord | undefined {
  return line.startsWith('{') ? parseJsonLine(line) : parseCombinedLine(line);
}

function parseJsonLine(line: string): LogRecord | undefined {
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const text = (...names: string[]) =>
    first(json, names, (value) => (typeof value === 'string' ? value : undefined));
  const number = (...names: string[]) => first(json, names, toNumber);
  const word = text('result', 'upstream_cache_status', 'cache_status', 'cache', 'cacheStatus');
  const found = word === undefined ? undefined : resultFromWord(word === '' ? '-' : word);
  const atMs = parseTime(json);
  const [requestMethod, requestPath] = (text('request') ?? '').split(' ');
  const path = text('path', 'request_uri', 'uri', 'url') ?? requestPath;
  const status = number('status', 'status_code');
  if (!found || atMs === undefined || path === undefined || status === undefined) return undefined;
  const seconds = number('request_time', 'duration');
  const age = number('ageSeconds', 'age');
  const ttl = number('ttlSeconds', 'ttl');
  const lifetime =
    number('lifetimeSeconds') ?? (age === undefined || ttl === undefined ? undefined : age + ttl);
  const vary = json['vary'];
  return {
    atMs,
    method: text('method', 'request_method') ?? requestMethod ?? 'GET',
    host: (text('host', 'http_host', 'server_name') ?? '').toLowerCase(),
    path: pathOnly(path),
    status,
    bytes: number('bytes', 'body_bytes_sent', 'bytes_sent') ?? 0,
    ...found,
    ...defined({
      detail: text('detail', 'reason') ?? found.detail,
      ageSeconds: age,
      lifetimeSeconds: lifetime,
      client: text('client', 'remote_addr'),
      userAgent: text('userAgent', 'http_user_agent', 'user_agent'),
      encoding: text('encoding', 'content_encoding'),
      vary: Array.isArray(vary) ? vary.map(String) : undefined,
      cookies: cookieNames(text('http_cookie', 'cookie')),
      totalMs: number('totalMs') ?? (seconds === undefined ? undefined : seconds * 1000),
    }),
  };
}

const COMBINED =
  /^(\S+) \S+ \S+ \[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d{3}) (\d+|-)(?: "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)")?(.*)$/;

function parseCombinedLine(line: string): LogRecord | undefined {
  const match = COMBINED.exec(line.trimEnd());
  if (!match) return undefined;
  const [, client = '', time = '', request = '', status = '', bytes = '', , userAgent, rest = ''] = match;
  const [method = '', path = ''] = request.split(' ');
  const atMs = parseCommonLogTime(time);
  // Whatever the order of what follows: the word of the cache, a host in quotes, a number of seconds.
  const words = [...rest.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  const cacheWord = words.map((word) => word.replace(/^\w+=/, '')).find((word) => resultFromWord(word));
  const found = cacheWord === undefined ? undefined : resultFromWord(cacheWord);
  if (!found || atMs === undefined || !path.startsWith('/')) return undefined;
  const host = words.find(
    (word) =>
      word !== cacheWord && /^[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?$/i.test(word) && !/^[\d.]+$/.test(word),
  );
  const seconds = words
    .map((word) => /^(?:rt=|request_time=)?(\d+\.\d+)$/.exec(word)?.[1])
    .find((found) => found);
  return {
    atMs,
    method,
    host: (host ?? '').toLowerCase(),
    path,
    status: Number(status),
    bytes: bytes === '-' ? 0 : Number(bytes),
    ...found,
    client,
    ...defined({
      userAgent: userAgent === '-' ? undefined : userAgent,
      totalMs: seconds === undefined ? undefined : Number(seconds) * 1000,
    }),
  };
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** `21/Nov/2026:11:12:23 +0100` */
function parseCommonLogTime(text: string): number | undefined {
  const match = /^(\d{2})\/(\w{3})\/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})$/.exec(text);
  if (!match) return undefined;
  const [, day, name = '', year, hour, minute, second, sign, zoneHours, zoneMinutes] = match;
  const month = MONTHS.indexOf(name.toLowerCase());
  if (month < 0) return undefined;
  const zoneMs = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000 * (sign === '-' ? -1 : 1);
  return Date.UTC(Number(year), month, Number(day), Number(hour), Number(minute), Number(second)) - zoneMs;
}

function parseTime(json: Record<string, unknown>): number | undefined {
  for (const name of ['at', 'time_iso8601', 'time', 'timestamp', 'time_local', 'msec', '@timestamp']) {
    const value = json[name];
    if (typeof value === 'string') {
      const ms =
        parseCommonLogTime(value) ??
        (/^\d+(\.\d+)?$/.test(value) ? secondsToMs(Number(value)) : Date.parse(value));
      if (Number.isFinite(ms)) return ms;
    }
    if (typeof value === 'number') return secondsToMs(value);
  }
  return undefined;
}

/** Seconds since the epoch, or milliseconds, which no log of this century could mistake. */
function secondsToMs(value: number): number {
  return value > 1e11 ? value : value * 1000;
}

/** `http://host/path` to `/path`. */
function pathOnly(text: string): string {
  const absolute = /^https?:\/\/[^/?]*(.*)$/i.exec(text);
  if (!absolute) return text;
  return absolute[1]?.startsWith('/') ? absolute[1] : `/${absolute[1]}`;
}

function cookieNames(text: string | undefined): string[] | undefined {
  if (text === undefined || text === '' || text === '-') return undefined;
  return text.split(';').map((pair) => pair.trim().split('=', 1)[0] ?? '');
}

function first<T>(
  json: Record<string, unknown>,
  names: string[],
  read: (value: unknown) => T | undefined,
): T | undefined {
  for (const name of names) {
    const value = read(json[name]);
    if (value !== undefined) return value;
  }
  return undefined;
}

function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
}

function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
