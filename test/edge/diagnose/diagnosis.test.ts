// The ladder over logs whose trouble is known: each test makes the log of one mistake, and the ladder must name it.

import { describe, expect, it } from 'vitest';
import { diagnosisText } from '../../../src/cli/edge-diagnose-text.ts';
import type { Cause } from '../../../src/edge/diagnose/cause.ts';
import { Diagnosis, type DiagnosisReport } from '../../../src/edge/diagnose/diagnosis.ts';
import type { LogRecord } from '../../../src/edge/diagnose/log-record.ts';

const request = (
  seconds: number,
  path: string,
  result: LogRecord['result'],
  more: Partial<LogRecord> = {},
) => ({
  atMs: seconds * 1000,
  method: 'GET',
  host: 'a.test',
  path,
  status: 200,
  bytes: 1000,
  result,
  ...more,
});

function diagnose(records: LogRecord[]): DiagnosisReport {
  const diagnosis = new Diagnosis();
  for (const record of records) diagnosis.add(record);
  return diagnosis.report();
}

const points = (report: DiagnosisReport) =>
  Object.fromEntries(report.ladder.map((step) => [step.cause, Math.round(step.points)])) as Record<
    Cause,
    number
  >;

describe('the ladder', () => {
  it('names a lifetime that is shorter than the time between requests', () => {
    const log = Array.from({ length: 100 }, (_, i) =>
      request(i * 20, '/a', i % 2 === 0 ? 'miss' : 'revalidated', { lifetimeSeconds: 10 }),
    );
    const report = diagnose(log);
    expect(report.worst?.cause).toBe('expired');
    expect(points(report)).toEqual({ expired: 99, cold: 1 });
    expect(report.whatIf.changes.map(({ change }) => change)).toContain('lifetimes ten times as long');
    expect(report.lifetimes.gapsBeyondLifetimeShare).toBe(1);
  });

  it('names parameters that make every request another object, and what the ratio would be without', () => {
    const log = Array.from({ length: 200 }, (_, i) =>
      request(i, `/a?utm_source=${i}&v=1`, 'miss', { lifetimeSeconds: 3600 }),
    );
    const report = diagnose(log);
    expect(report.worst?.cause).toBe('query');
    expect(report.worst?.advice).toMatch(/utm_source/);
    const [best] = report.whatIf.changes;
    expect(best?.gainPoints).toBeGreaterThan(99);
  });

  it('names a parameter that no list knows', () => {
    const log = Array.from({ length: 200 }, (_, i) =>
      request(i, `/a?visitor=${i}`, 'miss', { lifetimeSeconds: 3600 }),
    );
    expect(diagnose(log).whatIf.changes).toContainEqual({
      change: 'query parameter visitor not in the key',
      gainPoints: expect.closeTo(99.5),
    });
  });

  it('names the rule that sends requests past the cache', () => {
    const log = Array.from({ length: 100 }, (_, i) =>
      i % 10 === 0 ? request(i, '/a', 'hit') : request(i, '/a', 'pass', { detail: 'cookie:session' }),
    );
    const report = diagnose(log);
    expect(report.worst).toMatchObject({
      cause: 'bypass',
      requests: 90,
      top: [{ name: 'cookie:session', requests: 90 }],
    });
    expect(report.worst?.advice).toMatch(/Cookie session/);
  });

  it('names Vary', () => {
    const log = Array.from({ length: 100 }, (_, i) =>
      request(i, '/a', 'miss', { detail: 'no variant for this user-agent', lifetimeSeconds: 3600 }),
    );
    expect(diagnose(log).worst).toMatchObject({
      cause: 'vary',
      top: [{ name: 'user-agent', requests: 100 }],
    });
  });

  it('tells purges from evictions by how much came in meanwhile', () => {
    const fill = (at: number, path: string) =>
      request(at, path, 'miss', { lifetimeSeconds: 1e6, bytes: 1e6 });
    // Objects that come back after 5 MB of fills are there; one that was used just before is not.
    const purged: LogRecord[] = [];
    for (let i = 0; i < 100; i++) {
      purged.push(fill(10 * i, `/${i}`));
      if (i >= 5) purged.push(request(10 * i + 1, `/${i - 5}`, 'hit', { lifetimeSeconds: 1e6 }));
      purged.push(fill(10 * i + 2, `/${i}`));
    }
    expect(points(diagnose(purged))['gone-purged']).toBeGreaterThan(20);
    expect(points(diagnose(purged))['gone-evicted']).toBeUndefined();
    const evicted: LogRecord[] = [];
    for (let i = 0; i < 300; i++) {
      evicted.push(fill(10 * i, `/${i % 50}`));
      evicted.push(request(10 * i + 1, `/${i % 50}`, 'hit', { lifetimeSeconds: 1e6 }));
    }
    expect(points(diagnose(evicted))['gone-evicted']).toBeGreaterThan(20);
    expect(points(diagnose(evicted))['gone-purged']).toBeUndefined();
  });

  it('adds up to all requests, and leaves out what no cache has a part in', () => {
    const log = [
      request(1, '/a', 'miss', { lifetimeSeconds: 60 }),
      request(2, '/a', 'hit'),
      request(3, '/a', 'stale'),
      request(4, '/b', 'collapsed'),
      request(5, '/c', 'error', { status: 502 }),
      request(6, '/d', 'pass', { detail: 'set-cookie' }),
      request(7, '/a', 'miss', { detail: 'request-no-cache' }),
      request(8, '/healthz', 'local'),
    ];
    const report = diagnose(log);
    expect(report).toMatchObject({ requests: 8, considered: 7, hitRatio: 2 / 7, byteHitRatio: 2 / 7 });
    const lost = report.ladder.reduce((sum, step) => sum + step.requests, 0);
    expect(lost + 2).toBe(7);
    expect(report.ladder.map(({ cause }) => cause).sort()).toEqual(
      ['client', 'cold', 'collapsed', 'error', 'not-storable'].sort(),
    );
  });

  it('reads as a text that begins with the ratio and names the change', () => {
    const log = Array.from({ length: 50 }, (_, i) =>
      request(i * 20, '/a', 'revalidated', { lifetimeSeconds: 10 }),
    );
    const text = diagnosisText(diagnose(log), { style: (_style, words) => words });
    expect(text).toMatch(/^50 requests in 16 min for 1 objects\nhit ratio 0.0 %, of bytes 0.0 %/);
    expect(text).toContain('Change first: too old (lifetime too short) costs 100.0 points');
  });

  it('of an empty log is empty', () => {
    expect(diagnose([])).toMatchObject({ considered: 0, hitRatio: 0, ladder: [], worst: undefined });
  });
});
