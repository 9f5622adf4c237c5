import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AccessLogEntry, formatAccessLogLine } from '../../../src/edge/access-log.ts';
import { parseLogLine } from '../../../src/edge/diagnose/parse-log-line.ts';

const entry: AccessLogEntry = {
  atMs: Date.UTC(2026, 10, 21, 11, 12, 23),
  clientAddress: '198.51.100.77',
  method: 'GET',
  host: 'www.cdn.test',
  path: '/a?b=1',
  status: 200,
  bytes: 1000,
  result: 'hit',
  ttlSeconds: 50,
  ageSeconds: 10,
  vary: ['accept-language'],
  totalMs: 2,
};

describe('our own log', () => {
  it.each(['json', 'combined'] as const)('as %s is read back', (format) => {
    expect(parseLogLine(formatAccessLogLine(entry, { format }).trimEnd())).toMatchObject({
      atMs: entry.atMs,
      host: 'www.cdn.test',
      path: '/a?b=1',
      status: 200,
      bytes: 1000,
      result: 'hit',
      totalMs: 2,
      ...(format === 'json' && { ageSeconds: 10, lifetimeSeconds: 60, vary: ['accept-language'] }),
    });
  });
});

describe('logs of others', () => {
  it.each([
    [
      'nginx combined with the status behind',
      '192.0.2.1 - - [21/Nov/2026:13:12:23 +0200] "GET /x HTTP/1.1" 200 5 "-" "curl" "www.a.test" EXPIRED 0.120',
      { atMs: entry.atMs, host: 'www.a.test', result: 'miss', detail: 'expired', totalMs: 120 },
    ],
    [
      'nginx combined, other order, no host',
      '::1 - - [21/Nov/2026:11:12:23 +0000] "HEAD /x HTTP/2.0" 304 - "-" "Mozilla \\"5" rt=0.001 cs=BYPASS',
      { method: 'HEAD', host: '', bytes: 0, result: 'pass', totalMs: 1 },
    ],
    [
      'nginx JSON',
      '{"time_iso8601":"2026-11-21T11:12:23+00:00","request_method":"GET","host":"A.test","request_uri":"/x?y","status":"200","body_bytes_sent":"7","upstream_cache_status":"UPDATING","http_cookie":"a=1; b","request_time":"0.5"}',
      { host: 'a.test', path: '/x?y', bytes: 7, result: 'stale', cookies: ['a', 'b'], totalMs: 500 },
    ],
    [
      'JSON with a whole request line and seconds since the epoch',
      '{"time":1795259543.5,"request":"GET http://a.test/x HTTP/1.1","status":200,"cache":"MISS"}',
      { atMs: 1795259543500, path: '/x', result: 'miss' },
    ],
  ])('%s', (_, line, expected) => {
    expect(parseLogLine(line)).toMatchObject(expected);
  });

  it.each([
    ['', 'nothing'],
    ['{"status":200}', 'no path'],
    ['{"at":"2026-11-21T11:12:23Z","path":"/","status":200}', 'no word of the cache'],
    ['192.0.2.1 - - [21/Nov/2026:13:12:23 +0200] "GET /x HTTP/1.1" 200 5 "-" "curl"', 'no word of the cache'],
    ['{"at":', 'half a line'],
  ])('%j is not read: %s', (line) => {
    expect(parseLogLine(line)).toBeUndefined();
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.object().map((value) => JSON.stringify(value)),
        ),
        (line) => {
          parseLogLine(line);
        },
      ),
    );
  });
});
