// The admin server by itself: who may ask, what is answered, and that every mistake comes with a hint.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { answerAdmin } from '../../../src/edge/io/admin-routes.ts';
import { type AdminSubject, createAdminServer } from '../../../src/edge/io/admin-server.ts';
import { adminSubject } from '../../../src/edge/io/admin-state.ts';
import type { HeldObject, PushedObject } from '../../../src/edge/io/push-object.ts';
import { createMetrics } from '../../../src/edge/metrics.ts';
import { createMemoryStore } from '../../../src/edge/store/memory-store.ts';

const emptyStore = createMemoryStore({ cacheBytes: 1_000_000, now: Date.now });

const folder = await mkdtemp(join(tmpdir(), 'admin-test-'));
const tokenFile = join(folder, 'admin.token');
const token = 'a-token-of-some-length';
await writeFile(tokenFile, `${token}\n`, { mode: 0o600 });
afterAll(() => rm(folder, { recursive: true }));

const parts = {
  pop: 'fra',
  metrics: createMetrics(),
  store: { objects: 3, bytes: 1000, stats: () => emptyStore.stats() },
  collapsed: { inFlight: 1 },
};

const HELD: HeldObject = {
  url: '/held',
  bytes: 1,
  etag: '"a"',
  contentType: 'text/plain',
  cacheControl: 'max-age=1',
  tags: [],
  ttlSeconds: 1,
  pinned: true,
};

const ask = async (subject: AdminSubject, method: string, target: string, body: string | Buffer = '') => {
  const reply = await answerAdmin({ method, target, body: Buffer.from(body) }, subject);
  return {
    status: reply.status,
    body: reply.contentType.includes('json') ? JSON.parse(reply.text) : reply.text,
  };
};

describe('what the lab and Prometheus read', () => {
  it('keeps its shape', async () => {
    const subject = adminSubject({
      ...parts,
      details: () => ({
        purges: {},
        store: { ghosts: [{ policy: 'gdsf', size: 2, requestHitRatio: 0.75, byteHitRatio: undefined }] },
        accessLog: { droppedLines: 4 },
      }),
    });
    expect(await ask(subject, 'GET', '/healthz')).toEqual({ status: 200, body: { status: 'ok' } });
    const { body } = await ask(subject, 'GET', '/state');
    expect(Object.keys(body)).toEqual(
      expect.arrayContaining([
        'pop',
        'objects',
        'bytes',
        'inFlight',
        'requests',
        'hitRatio',
        'badRequests',
        'purges',
      ]),
    );
    const metrics = await ask(subject, 'GET', '/metrics');
    expect(metrics.body).toContain('edge_cache_objects{pop="fra"} 3');
    expect(metrics.body).toContain(
      'edge_ghost_hit_ratio{policy="gdsf",size="2",by="requests",pop="fra"} 0.75',
    );
    expect(metrics.body).toContain('edge_access_log_dropped_total{pop="fra"} 4');
    // An edge without a disk has no figures of one.
    expect(metrics.body).not.toMatch(/^edge_disk/m);
  });

  it('is well while the POP is drained', async () => {
    const subject = adminSubject({ ...parts, isDraining: () => true });
    expect(await ask(subject, 'GET', '/healthz')).toEqual({ status: 200, body: { status: 'draining' } });
  });
});

describe('operations', () => {
  const calls: unknown[] = [];
  const put: PushedObject[] = [];
  const subject = adminSubject({
    ...parts,
    operations: {
      trace: (id) => (id === 'r1' ? { id, lines: ['key: a'] } : undefined),
      warm: async (urls, concurrency) => {
        calls.push([urls, concurrency]);
        return { asked: 2, stored: 2, hits: 0, failed: 0, bytes: 0, milliseconds: 1, notStored: [] };
      },
      put: (object) => {
        put.push(object);
        return { pinned: object.pin };
      },
      held: async (url) => (url === '/held' ? HELD : undefined),
      pins: { pin: (url) => url === '/a', unpin: () => false, list: () => [{ url: '/a', bytes: 7 }] },
      drain: (on) => void calls.push(['drain', on]),
      reload: async () => ({ ok: false, problems: [{ message: 'no origin' }] }),
    },
  });

  it('are reached by their paths', async () => {
    expect(await ask(subject, 'GET', '/traces/r1')).toMatchObject({
      status: 200,
      body: { lines: ['key: a'] },
    });
    expect((await ask(subject, 'POST', '/warm', '{"list": "/a\\n/b\\n", "concurrency": 2}')).status).toBe(
      200,
    );
    expect(await ask(subject, 'POST', '/pin', '{"url": "/a"}')).toMatchObject({ status: 200 });
    expect(await ask(subject, 'GET', '/pins')).toMatchObject({ body: { pins: [{ url: '/a', bytes: 7 }] } });
    expect(await ask(subject, 'POST', '/drain')).toMatchObject({ body: { draining: true } });
    expect(await ask(subject, 'DELETE', '/drain')).toMatchObject({ body: { draining: false } });
    expect(await ask(subject, 'POST', '/reload')).toMatchObject({
      status: 422,
      body: { reloaded: false, problems: [{ message: 'no origin' }] },
    });
    expect(calls).toEqual([
      [['/a', '/b'], 2],
      ['drain', true],
      ['drain', false],
    ]);
  });

  it('take an object from the body of a PUT', async () => {
    const reply = await ask(subject, 'PUT', '/objects?url=/img/logo.svg&ttl=60&tags=a,b&pin=true', '<svg/>');
    expect(reply).toEqual({ status: 201, body: { url: '/img/logo.svg', bytes: 6, pinned: true } });
    expect(put.at(-1)).toMatchObject({ contentType: 'image/svg+xml', ttlSeconds: 60, tags: ['a', 'b'] });
  });

  it('tell what is stored for a URL', async () => {
    expect(await ask(subject, 'GET', '/objects?url=/held')).toEqual({ status: 200, body: HELD });
  });

  it.each([
    ['GET', '/nothing', '', 404, /there is no \/nothing/, /POST \/purge/],
    ['GET', '/purge', '', 405, /GET is not for/, /POST \/purge/],
    ['POST', '/purge', '{}', 501, /has no purges/, /operations/],
    ['GET', '/traces/r2', '', 404, /no trace of r2/, /X-Catchment-Trace/],
    ['POST', '/warm', '{"urls": []}', 400, /a list of URLs/, /concurrency/],
    ['POST', '/warm', '{"urls": ["gopher:x"]}', 400, /gopher:x/, /urls/],
    ['POST', '/push', '{"directory": "site"}', 400, /not an absolute path/, /directory/],
    ['POST', '/push', `{"directory": "${folder}/none"}`, 400, /cannot read/, /public/],
    ['POST', '/pin', '{"url": "/b"}', 404, /nothing is stored/, /warm/],
    ['DELETE', '/pin?url=/b', '', 404, /not pinned/, /pins/],
    ['GET', '/objects?url=/none', '', 404, /nothing is stored for \/none/, /PUT/],
    ['GET', '/objects', '', 400, /no http URL/, /objects/],
    ['PUT', '/objects?url=x', '', 400, /no http URL/, /objects/],
    ['PUT', '/objects?url=/x&ttl=-1', '', 400, /ttl/, /objects/],
  ])('%s %s %s is refused in words', async (method, target, body, status, error, hint) => {
    const reply = await ask(subject, method, target, body);
    expect(reply.status).toBe(status);
    expect(reply.body.error).toMatch(error);
    expect(reply.body.hint).toMatch(hint);
  });

  it('answer JSON to whatever is sent', async () => {
    const target = fc.constantFrom(
      '/purge',
      '/warm',
      '/push',
      '/pin',
      '/objects',
      '/purges?since=x',
      '/%zz',
      '//',
    );
    const method = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH');
    await fc.assert(
      fc.asyncProperty(method, target, fc.oneof(fc.string(), fc.json()), async (verb, path, body) => {
        const reply = await answerAdmin({ method: verb, target: path, body: Buffer.from(body) }, subject);
        expect(reply.status).toBeLessThan(502);
        JSON.parse(reply.text);
      }),
    );
  });
});

describe('who may ask', () => {
  const statusOf = async (
    place: Parameters<typeof createAdminServer>[1],
    headers: Record<string, string>,
  ) => {
    const server: Server = createAdminServer(parts, place);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const status = await new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port, path: '/state', headers, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    server.close();
    server.closeAllConnections();
    return status;
  };

  it('is who has the token, where there is one', async () => {
    const place = { address: '0.0.0.0', port: 0, tokenFile };
    expect(await statusOf(place, {})).toBe(401);
    expect(await statusOf(place, { authorization: 'Bearer something-else-of-it' })).toBe(401);
    expect(await statusOf(place, { authorization: `Bearer ${token}` })).toBe(200);
  });

  it('is programs of this machine and no browser, without one', async () => {
    const place = { address: '127.0.0.1', port: 0 };
    expect(await statusOf(place, {})).toBe(200);
    expect(await statusOf(place, { origin: 'http://evil.test' })).toBe(403);
    expect(await statusOf(place, { host: 'evil.test' })).toBe(403);
  });

  it('is nobody on an open port without a token', () => {
    expect(() => createAdminServer(parts, { address: '0.0.0.0', port: 0 })).toThrow(/for everybody/);
  });
});
