import { describe, expect, it } from 'vitest';
import { fieldValue } from '../../src/edge/fields.ts';
import { compactBody, refreshed, responseHead, storedResponse } from '../../src/edge/stored-response.ts';

const NOW = Date.UTC(2026, 10, 21);
const received = (status: number, fields: string[], timeMs = NOW) => ({
  status,
  fields,
  requestFields: [],
  requestTimeMs: timeMs,
  responseTimeMs: timeMs,
});

describe('compactBody', () => {
  it('keeps small windows on large buffers from holding them', () => {
    const windows = [Buffer.alloc(65_536, 1).subarray(0, 3), Buffer.alloc(65_536, 2).subarray(5, 7)];
    const body = compactBody(windows, 5);
    expect(body.map((chunk) => [...chunk])).toEqual([[1, 1, 1, 2, 2]]);
    expect(body[0]?.buffer.byteLength).toBe(5);
  });

  it('copies only the wasteful pieces of a large body', () => {
    const full = new Uint8Array(300_000);
    const wasteful = new Uint8Array(65_536).subarray(0, 10);
    const body = compactBody([full, wasteful], 300_010);
    expect(body[0]).toBe(full);
    expect(body[1]?.buffer.byteLength).toBe(10);
  });
});

describe('refreshed', () => {
  it('starts the age anew and takes over new freshness, with the old body', () => {
    const head = responseHead(received(200, ['Cache-Control', 'max-age=5', 'Age', '4', 'ETag', '"a"']));
    const stored = { ...head, body: [Buffer.from('x')], size: 1 };
    const later = NOW + 60_000;
    const fresh = refreshed(stored, received(304, ['Cache-Control', 'max-age=50'], later));
    expect(head).toMatchObject({ initialAgeSeconds: 4, lifetimeSeconds: 5 });
    expect(fresh).toMatchObject({ status: 200, initialAgeSeconds: 0, lifetimeSeconds: 50, size: 1 });
    expect(fieldValue(fresh.fields, 'etag')).toBe('"a"');
    expect(fresh.body).toBe(stored.body);
  });
});

describe('responseHead', () => {
  it('gives a response without Date the time of its arrival', () => {
    expect(fieldValue(responseHead(received(200, [])).fields, 'date')).toBe('Sat, 21 Nov 2026 00:00:00 GMT');
  });

  it('keeps what is for one client apart from what is stored', () => {
    const fields = [
      'Cache-Control',
      'private="Set-Cookie", no-cache="X-Once"',
      'Set-Cookie',
      'a',
      'X-Once',
      '1',
    ];
    const head = responseHead(received(200, [...fields, 'X-All', '2']));
    expect(['set-cookie', 'x-once', 'x-all'].map((name) => fieldValue(head.fields, name))).toEqual([
      undefined,
      undefined,
      '2',
    ]);
    expect(head.withheld).toEqual(['Set-Cookie', 'a', 'X-Once', '1']);
    expect(storedResponse(head, [], 0)).not.toHaveProperty('withheld');
  });

  it('obeys CDN-Cache-Control before Cache-Control and Expires', () => {
    const head = responseHead(
      received(200, ['Cache-Control', 's-maxage=9', 'CDN-Cache-Control', 'max-age=60', 'Expires', '0']),
    );
    expect(head).toMatchObject({ lifetimeSeconds: 60, cacheControl: { field: 'cdn-cache-control' } });
  });
});

describe('a 304 with a cookie', () => {
  it('does not give the cookie to everybody', () => {
    const head = responseHead(received(200, ['Cache-Control', 'max-age=5']));
    const stored = { ...head, body: [], size: 0 };
    const fresh = refreshed(stored, received(304, ['Set-Cookie', 'session=1', 'X-New', '1']));
    expect(fieldValue(fresh.fields, 'set-cookie')).toBeUndefined();
    expect(fieldValue(fresh.fields, 'x-new')).toBe('1');
  });
});
