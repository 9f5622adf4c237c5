import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../../src/base/errors.ts';
import { parseOriginConfig } from '../../../src/origin/config.ts';
import { type RunningOrigin, startOrigin } from '../../../src/origin/io/start-origin.ts';

const loopback = { address: '127.0.0.1', port: 0 };
let origin: RunningOrigin;
let base: string;
let admin: string;

beforeEach(async () => {
  origin = await startOrigin(
    parseOriginConfig(JSON.stringify({ listen: [loopback], admin: loopback }), 'test'),
  );
  base = `http://127.0.0.1:${origin.addresses[0]?.port}`;
  admin = `http://127.0.0.1:${origin.adminAddress?.port}`;
});
afterEach(() => origin.close());

describe('origin', () => {
  it('serves sized objects whole, and only their head to HEAD', async () => {
    const body = await (await fetch(`${base}/bytes/300000`)).arrayBuffer();
    expect(body.byteLength).toBe(300_000);
    const head = await fetch(`${base}/bytes/300000`, { method: 'HEAD' });
    expect([head.headers.get('content-length'), await head.text()]).toEqual(['300000', '']);
  });

  it('spreads a stream over the time asked for', async () => {
    const startMs = performance.now();
    const response = await fetch(`${base}/stream/100000?seconds=1`);
    const headMs = performance.now() - startMs;
    expect((await response.arrayBuffer()).byteLength).toBe(100_000);
    const wholeMs = performance.now() - startMs;
    expect(wholeMs - headMs).toBeGreaterThan(700);
  });

  it('changes its content with every PUT', async () => {
    const first = await (await fetch(`${base}/json/1`)).json();
    await fetch(`${base}/json/1`, { method: 'PUT', body: 'x' });
    expect(await (await fetch(`${base}/json/1`)).json()).not.toEqual(first);
  });

  it('fails on demand by query', async () => {
    expect((await fetch(`${base}/json/1?fault=status:503`)).status).toBe(503);
    await expect(fetch(`${base}/json/1?fault=reset`)).rejects.toThrow();
    const truncated = await fetch(`${base}/bytes/10000?fault=truncated`);
    await expect(truncated.arrayBuffer()).rejects.toThrow();
    await expect(fetch(`${base}/json/1?fault=hang`, { signal: AbortSignal.timeout(200) })).rejects.toThrow();
  });

  it('fails on demand by rule, and counts', async () => {
    const rule = { path: '/json/', fault: 'status:500', count: 1 };
    const added = await fetch(`${admin}/faults`, { method: 'POST', body: JSON.stringify(rule) });
    expect(await added.json()).toMatchObject({ faults: [{ pathPrefix: '/json/', remaining: 1 }] });
    expect((await fetch(`${base}/bytes/1`)).status).toBe(200);
    expect((await fetch(`${base}/json/1`)).status).toBe(500);
    expect((await fetch(`${base}/json/1`)).status).toBe(200);
    expect(await (await fetch(`${admin}/requests`)).json()).toMatchObject({
      requests: 3,
      faults: 1,
      byPath: { '/json/1': 2, '/bytes/1': 1 },
    });
    expect(await (await fetch(`${admin}/metrics`)).text()).toContain('origin_requests_total 3');
  });

  it.each<[string, RegExp]>([
    ['short', /Content-Length: 1000\r\n(.|\r|\n)*\r\n\r\n(.|\n){500}$/],
    ['overlong', /Content-Length: 1000\r\n(.|\r|\n)*\r\n\r\n(.|\n){1000}and more than was announced$/],
    ['chunking', /Transfer-Encoding: chunked\r\n(.|\r|\n)*1f4\r\n(.|\n){500}\r\nno-number\r\n/],
    ['garbage', /^SSH/],
    ['drip:5', /^HTTP\/1.1 200 OK\r\nX-Slow: x+$/],
    ['stall', /Content-Length: 1000\r\n(.|\r|\n)*\r\n\r\n(.|\n){500}$/],
  ])('breaks the wire by the fault %s', async (fault, expected) => {
    const text = await raw(`GET /bytes/1000?fault=${fault} HTTP/1.1\r\nHost: o\r\nConnection: close\r\n\r\n`);
    expect(text).toMatch(expected);
  });

  it('sends hints before the head, chunks with pauses, bodies up to the close, gzip', async () => {
    const hints = await raw('GET /html/1?hints=/a.css HTTP/1.1\r\nHost: o\r\nConnection: close\r\n\r\n');
    expect(hints).toMatch(
      /^HTTP\/1.1 103 Early Hints\r\nLink: <\/a.css>; rel=preload; as=style\r\n\r\nHTTP\/1.1 200/,
    );
    const paused = await raw(
      'GET /bytes/100?chunked&chunk_bytes=50&chunk_delay_ms=20 HTTP/1.1\r\nHost: o\r\nConnection: close\r\n\r\n',
    );
    expect(paused).toMatch(/\r\n\r\n32\r\n(.|\n){50}\r\n32\r\n(.|\n){50}\r\n0\r\n\r\n$/);
    const closed = await raw('GET /bytes/100?close HTTP/1.1\r\nHost: o\r\n\r\n');
    expect(closed).not.toMatch(/Content-Length|chunked/i);
    expect(closed).toMatch(/\r\n\r\n(.|\n){100}$/);
    const zipped = await fetch(`${base}/html/1?gzip`, { headers: { 'accept-encoding': 'gzip' } });
    expect([zipped.headers.get('content-encoding'), (await zipped.text()).length]).toEqual(['gzip', 4096]);
  });

  it('remembers what reached it, until it is told to forget', async () => {
    await fetch(`${base}/json/1?a=1`, { headers: { range: 'bytes=0-1', 'x-probe': 'yes' } });
    const one = await (await fetch(`${admin}/requests?path=/json/1`)).json();
    expect(one).toMatchObject({ requests: 1, recent: [{ method: 'GET', url: '/json/1?a=1' }] });
    expect(JSON.stringify(one)).toContain('"x-probe","yes"');
    expect(await (await fetch(`${admin}/requests`)).json()).toMatchObject({
      ranges: 1,
      byMethod: { GET: 1 },
    });
    expect(await (await fetch(`${admin}/requests`, { method: 'DELETE' })).json()).toMatchObject({
      requests: 0,
      byPath: {},
    });
  });

  it('takes a latency profile of its own', () => {
    const profile = (latencyProfile: unknown) => () =>
      parseOriginConfig(JSON.stringify({ listen: [loopback], latencyProfile }), 'test').latencyProfile;
    const bands = [
      { upTo: 0.9, fromMs: 1, toMs: 2 },
      { upTo: 1, fromMs: 100, toMs: 200 },
    ];
    expect(profile(bands)()).toEqual(bands);
    expect(profile([...bands].reverse())).toThrow(UserError);
    expect(profile('slow')).toThrow(UserError);
  });

  it.each([
    'nonsense',
    '{}',
    '{"fault":"fire"}',
    '{"fault":"reset","path":"json"}',
    '{"fault":"reset","count":0}',
  ])('refuses the rule %s with a reason', async (body) => {
    const reply = await fetch(`${admin}/faults`, { method: 'POST', body });
    expect([reply.status, await reply.json()]).toEqual([400, { reason: expect.any(String) }]);
  });

  it('reports all mistakes of a configuration at once', () => {
    const text = JSON.stringify({ listen: [{ address: 'here', port: 99999 }], latency: 'cdn' });
    expect(() => parseOriginConfig(text, 'origin.json')).toThrow(UserError);
    expect(() => parseOriginConfig(text, 'origin.json')).toThrow(
      /listen.0.address(.|\n)*listen.0.port(.|\n)*known keys/,
    );
  });
});

/** All that comes back until the connection closes or falls silent. */
function raw(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(origin.addresses[0]?.port ?? 0, '127.0.0.1');
    let text = '';
    socket.setTimeout(200, () => socket.destroy());
    const timer = setTimeout(() => socket.destroy(), 500);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
    socket.write(bytes);
  });
}
