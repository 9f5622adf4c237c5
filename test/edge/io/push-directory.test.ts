// A static site pushed into an edge: which files, under which URLs, with which fields.

import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { fieldValue } from '../../../src/edge/fields.ts';
import { isFresh } from '../../../src/edge/freshness.ts';
import { pushDirectory } from '../../../src/edge/io/push-directory.ts';
import { heldObject, isHeld, type PushedObject, storedFromPush } from '../../../src/edge/io/push-object.ts';

const folder = await mkdtemp(join(tmpdir(), 'push-test-'));
afterAll(() => rm(folder, { recursive: true }));
const site = join(folder, 'public');
await mkdir(join(site, 'docs', 'a b'), { recursive: true });
await writeFile(join(folder, 'secret'), 'secret');
await writeFile(join(site, 'index.html'), '<h1>');
await writeFile(join(site, 'docs', 'index.html'), '<h2>');
await writeFile(join(site, 'docs', 'a b', 'x.css'), '');
await writeFile(join(site, '.git'), 'hidden');
await writeFile(join(site, 'logo@2x+#.png'), '');
await symlink(join(folder, 'secret'), join(site, 'stolen'));
await symlink(join(site, 'index.html'), join(site, 'same.html'));

it('offers every file by its path and every index by its folder’s', async () => {
  const pushed: PushedObject[] = [];
  const report = await pushDirectory(
    { directory: site, base: 'http://www.cdn.test', tags: ['site'] },
    (object) => {
      pushed.push(object);
    },
  );
  const leftOut = { dotFiles: 1, links: 1, special: 0 };
  expect(report).toEqual({ files: 5, bytes: 12, urls: 7, failed: [], leftOut });
  expect(pushed.map(({ url, contentType }) => [url.slice(19), contentType.split(';')[0]])).toEqual([
    ['/docs/a%20b/x.css', 'text/css'],
    ['/docs/index.html', 'text/html'],
    ['/docs/', 'text/html'],
    ['/index.html', 'text/html'],
    ['/', 'text/html'],
    ['/logo@2x+%23.png', 'image/png'],
    ['/same.html', 'text/html'],
  ]);
  expect(pushed[0]).toMatchObject({ pin: true, tags: ['site'] });
});

it('goes on when one object does not fit, and says which', async () => {
  const report = await pushDirectory({ directory: site, base: '/' }, ({ url }) => {
    if (url === '/docs/') throw new Error('too large');
  });
  expect(report.failed).toEqual([{ file: 'docs/index.html', error: 'too large' }]);
});

it('stores an object that is fresh for its TTL whatever clients are told, with an ETag of its bytes', () => {
  const object: PushedObject = {
    url: '/',
    contentType: 'text/html; charset=utf-8',
    body: Buffer.from('<h1>'),
    ttlSeconds: 3600,
    cacheControl: 'max-age=60',
    tags: ['a', 'b'],
    pin: true,
  };
  const stored = storedFromPush(object, 1_000_000);
  expect(isFresh(stored, 1_000_000 + 3_599_000)).toBe(true);
  expect(isFresh(stored, 1_000_000 + 3_600_000)).toBe(false);
  expect(fieldValue(stored.fields, 'cache-control')).toBe('max-age=60');
  expect(fieldValue(stored.fields, 'surrogate-key')).toBe('a b');
  expect(fieldValue(stored.fields, 'etag')).toBe(fieldValue(storedFromPush(object, 5).fields, 'etag'));
  expect(fieldValue(stored.fields, 'date')).toBeUndefined();
  expect(Buffer.concat(stored.body).toString()).toBe('<h1>');
});

it('is the same as what is held while nothing differs and half of its lifetime is left', () => {
  const object: PushedObject = {
    url: '/',
    contentType: 'text/css; charset=utf-8',
    body: Buffer.from('a'),
    ttlSeconds: 100,
    tags: ['a'],
    pin: true,
  };
  const held = (seconds: number) => heldObject('/', storedFromPush(object, 0), true, seconds * 1000);
  expect(isHeld(held(49), object)).toBe(true);
  expect(isHeld(held(51), object)).toBe(false);
  expect(isHeld({ ...held(0), pinned: false }, object)).toBe(false);
  for (const change of [
    { body: Buffer.from('b') },
    { contentType: 'a/b' },
    { tags: [] },
    { cacheControl: 'x' },
  ])
    expect(isHeld(held(0), { ...object, ...change })).toBe(false);
});
