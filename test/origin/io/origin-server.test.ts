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
