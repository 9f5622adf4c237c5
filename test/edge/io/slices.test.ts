// Range fills by slices: what the origin is asked for, what is kept, and that what clients get is always the object's bytes.

import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sliceKey } from '../../../src/edge/slices.ts';
import { fetchOnce, loopback, type Pair, startPair } from '../support/edge-and-origin.ts';
import { edgeBefore, type Setting } from '../torture/support/edge-before.ts';
import { response } from '../torture/support/scripted-origin.ts';

const SLICE = 4096;
const ROUTES = [{ name: 'large', slice: SLICE }];
const SIZE = 20_000;

let pair: Pair;
beforeAll(async () => {
  pair = await startPair({ admin: loopback, routes: ROUTES });
});
afterAll(() => pair.close());

/** What the origin itself gives. */
async function original(path: string): Promise<Buffer> {
  return (await fetchOnce(pair.origin.addresses[0]?.port ?? 0, path)).body;
}

describe('an object by slices', () => {
  it('is fetched slice after slice, and then a hit in any range', async () => {
    const path = `/bytes/${SIZE}?max_age=60&n=1`;
    const body = await original(path);
    const asked = pair.asked(`/bytes/${SIZE}`);
    const first = await pair.get(path);
    expect([first.status, first.headers['content-length'], first.headers['content-range']]).toEqual([
      200,
      String(SIZE),
      undefined,
    ]);
    expect(first.body.equals(body)).toBe(true);
    expect(first.cacheStatus).toBe('catchment-fra; fwd=uri-miss; fwd-status=206; stored');
    expect(pair.asked(`/bytes/${SIZE}`)).toBe(asked + 5);
    const again = await pair.get(path, { Range: 'bytes=4000-4199' });
    expect([again.status, again.headers['content-range']]).toEqual([206, `bytes 4000-4199/${SIZE}`]);
    expect(again.body.equals(body.subarray(4000, 4200))).toBe(true);
    expect(again.cacheStatus).toContain('; hit;');
    const end = await pair.get(path, { Range: 'bytes=-5' });
    expect(end.body.equals(body.subarray(SIZE - 5))).toBe(true);
    expect(pair.asked(`/bytes/${SIZE}`)).toBe(asked + 5);
  });

  it('costs the origin no more than the slices of the range', async () => {
    const path = '/bytes/1m?max_age=60&n=2';
    const body = await original(path);
    const asked = pair.asked('/bytes/1m');
    const reply = await pair.get(path, { Range: 'bytes=500000-500009' });
    expect([reply.status, reply.headers['content-range']]).toEqual([206, 'bytes 500000-500009/1048576']);
    expect(reply.body.equals(body.subarray(500_000, 500_010))).toBe(true);
    expect(pair.asked('/bytes/1m')).toBe(asked + 1);
    // What is there and what is not, in one answer.
    const more = await pair.get(path, { Range: 'bytes=500000-504096' });
    expect(more.body.equals(body.subarray(500_000, 504_097))).toBe(true);
    expect(more.cacheStatus).toContain('fwd=partial');
    expect(pair.asked('/bytes/1m')).toBe(asked + 2);
  });

  it('gives exactly the bytes of any range, cold and warm', async () => {
    const body = await original(`/bytes/${SIZE}`);
    const position = fc.integer({ min: 0, max: SIZE + 100 });
    const range = fc.oneof(
      fc.tuple(position, position).map(([a, b]) => `bytes=${Math.min(a, b)}-${Math.max(a, b)}`),
      position.map((at) => `bytes=${at}-`),
      position.map((length) => `bytes=-${length}`),
      fc.constantFrom(
        'bytes=0-0',
        'bytes=4095-4096',
        'bytes=1-2,3-9000',
        'bytes=9-1',
        'lines=1-2',
        'bytes=,',
      ),
    );
    let n = 100;
    await fc.assert(
      fc.asyncProperty(fc.array(range, { minLength: 1, maxLength: 4 }), async (ranges) => {
        // The edge without slices answers the same request by the same rules.
        const path = `/bytes/${SIZE}?max_age=60&n=${n++}`;
        for (const Range of ranges) {
          const { status, headers, body: got } = await pair.get(path, { Range });
          const asked = /^bytes (\d+)-(\d+)\//.exec(headers['content-range'] ?? '');
          if (status === 206 && asked) {
            expect(got.equals(body.subarray(Number(asked[1]), Number(asked[2]) + 1))).toBe(true);
          } else if (status === 200) expect(got.equals(body)).toBe(true);
          else expect(status).toBe(416);
        }
      }),
      { numRuns: 25 },
    );
    expect(pair.errors).toEqual([]);
  });

  it('answers conditions, If-Range and HEAD for the whole', async () => {
    const path = `/bytes/${SIZE}?max_age=60&n=3`;
    const { headers } = await pair.get(path);
    const etag = String(headers.etag);
    expect((await pair.get(path, { 'If-None-Match': etag })).status).toBe(304);
    const head = await pair.get(path, {}, 'HEAD');
    expect([head.status, head.headers['content-length'], head.headers['content-range']]).toEqual([
      200,
      String(SIZE),
      undefined,
    ]);
    expect((await pair.get(path, { Range: 'bytes=5000-5001', 'If-Range': etag })).status).toBe(206);
    const other = await pair.get(path, { Range: 'bytes=5000-5001', 'If-Range': '"other"' });
    expect([other.status, other.body.length]).toEqual([200, SIZE]);
    expect((await pair.get(path, { Range: `bytes=${SIZE}-` })).status).toBe(416);
  });

  it('is one origin request a slice for a herd', async () => {
    const path = `/bytes/${SIZE}?max_age=60&n=4`;
    const body = await original(path);
    const asked = pair.asked(`/bytes/${SIZE}`);
    const replies = await Promise.all(Array.from({ length: 30 }, () => pair.get(path)));
    for (const reply of replies) expect(reply.body.equals(body)).toBe(true);
    expect(pair.asked(`/bytes/${SIZE}`)).toBe(asked + 5);
  });

  it('is revalidated slice by slice, and purged whole', async () => {
    const path = `/bytes/${SIZE}?max_age=60&n=5`;
    await pair.get(path);
    pair.advance(61);
    const again = await pair.get(path);
    expect(again.cacheStatus).toContain('fwd=stale; fwd-status=304');
    const url = `http://127.0.0.1:${pair.edge.adminAddress?.port}/purge`;
    await fetch(url, { method: 'POST', body: JSON.stringify({ url: path }) });
    const late = await pair.get(path, { Range: 'bytes=10000-10001' });
    expect(late.cacheStatus).toContain('fwd=uri-miss');
  });

  it('is passed on where the origin knows no ranges or gives no validator', async () => {
    for (const query of ['ranges=none', 'etag=none&last_modified=none']) {
      const path = `/bytes/${SIZE}?max_age=60&${query}`;
      const body = await original(path);
      for (let i = 0; i < 2; i++) {
        expect((await pair.get(path)).body.equals(body)).toBe(true);
        const part = await pair.get(path, { Range: 'bytes=9000-9009' });
        expect(
          part.body.subarray(0, 10).equals(body.subarray(...(part.status === 206 ? [9000, 9010] : [0, 10]))),
        ).toBe(true);
      }
    }
    expect((await pair.get('/bytes/0?max_age=60')).status).toBe(200);
    expect((await pair.get(`/bytes/${SIZE}?status=404&max_age=60`)).status).toBe(404);
    expect(pair.errors).toEqual([]);
  });
});

describe('an object that changes between its slices', () => {
  let setting: Setting;
  let version = 'a';
  afterEach(() => setting.close());

  it('is broken off, and then given in its new version', async () => {
    setting = await edgeBefore(
      ({ fields }, socket) => {
        const [, first = 0, last = 0] = (/bytes=(\d+)-(\d+)/.exec(fields.get('range') ?? '') ?? []).map(
          Number,
        );
        const whole = version.repeat(SIZE);
        const part = whole.slice(first, last + 1);
        const range = `Content-Range: bytes ${first}-${first + part.length - 1}/${SIZE}`;
        socket.write(response(206, ['Cache-Control: max-age=600', `ETag: "${version}"`, range], part));
      },
      { routes: ROUTES },
    );
    await setting.get('/page', { Range: 'bytes=0-10' });
    version = 'b';
    const mixed = await setting.get('/page');
    expect([mixed.status, mixed.broken]).toEqual([200, true]);
    expect(mixed.body.toString()).toMatch(/^a*$/);
    const after = await setting.get('/page');
    expect([after.broken, createHash('sha1').update(after.body).digest('hex')]).toEqual([
      false,
      createHash('sha1').update('b'.repeat(SIZE)).digest('hex'),
    ]);
    expect(setting.errors).toEqual([]);
  });

  it.each([
    ['another range than was asked for', 'Content-Range: bytes 1-4095/20000'],
    ['no Content-Range', 'X-None: 1'],
    ['an unknown size', 'Content-Range: bytes 0-4095/*'],
  ])('a 206 with %s is not believed', async (_, field) => {
    setting = await edgeBefore(
      ({ fields }, socket) => {
        if (fields.has('range'))
          socket.write(response(206, ['Cache-Control: max-age=600', 'ETag: "a"', field], 'x'.repeat(4095)));
        else socket.write(response(200, ['Cache-Control: max-age=600', 'ETag: "a"'], 'a'.repeat(SIZE)));
      },
      { routes: ROUTES },
    );
    const reply = await setting.get('/page');
    expect([reply.status, reply.body.length]).toEqual([200, SIZE]);
    expect(reply.cacheStatus).toContain('slice-mismatch');
  });
});

it('keys of slices begin with the URL, and are never another object’s', () => {
  expect(sliceKey('http://a/b', 3)).toBe('http://a/b [["slice",3]]');
  expect(sliceKey('http://a/b [["device","mobile"]]', 3)).toBe(
    'http://a/b [["device","mobile"],["slice",3]]',
  );
});
