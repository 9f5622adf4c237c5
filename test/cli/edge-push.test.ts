// `./lab edge ctl push` against a real edge: what clients get afterwards, what is sent again, and what is said.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CtlOptions, runCtl } from '../../src/cli/edge/ctl.ts';
import type { PushReport } from '../../src/cli/edge/push.ts';
import { type Pair, startPair } from '../edge/support/edge-and-origin.ts';
import { capturedCli } from './captured-output.ts';
import { runLab } from './run-lab.ts';

let folder: string;
let site: string;
let admin: string;
let pair: Pair;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'catchment-cli-push-'));
  site = join(folder, 'public');
  admin = join(folder, 'edge.sock');
  mkdirSync(join(site, 'docs'), { recursive: true });
  write('index.html', '<h1>home</h1>');
  write('docs/index.html', '<h1>docs</h1>');
  write('logo@2x.png', 'png');
  pair = await startPair({ admin: { path: admin }, cacheBytes: 1_048_576, routes: [{ compress: {} }] });
});
afterEach(async () => {
  await pair.close();
  rmSync(folder, { recursive: true });
});

function write(name: string, content: string): void {
  writeFileSync(join(site, name), content);
}

async function push(options: CtlOptions = {}, json = true) {
  const cli = capturedCli({ json });
  const ok = await runCtl(async () => ({ path: admin }), ['push', site], options, cli);
  return { ok, out: cli.out(), report: json ? (cli.json() as PushReport) : undefined };
}

const outcomes = (report: PushReport | undefined) => report?.urls.map(({ url, outcome }) => [url, outcome]);

describe('a pushed site', () => {
  test('is served by the edge alone, with types, indexes and its lifetime', async () => {
    const { ok, report } = await push({ maxAge: '60', tag: ['site'] });
    expect(ok).toBe(true);
    expect(outcomes(report)).toEqual([
      ['/', 'new'],
      ['/docs/', 'new'],
      ['/docs/index.html', 'new'],
      ['/index.html', 'new'],
      ['/logo@2x.png', 'new'],
    ]);
    const reply = await pair.get('/docs/');
    expect(reply.body.toString()).toBe('<h1>docs</h1>');
    expect(reply.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'public, max-age=60',
    });
    expect((await pair.get('/logo@2x.png')).headers['content-type']).toBe('image/png');
    expect(pair.asked('/docs/')).toBe(0);
  });

  test('is of now whenever it is asked for: the edge is its origin', async () => {
    await push();
    pair.advance(86_400);
    for (const wish of ['max-age=600', 'max-age=0', 'no-cache']) {
      const { status, headers: got, cacheStatus } = await pair.get('/', { 'cache-control': wish });
      expect([status, got['age'], cacheStatus]).toEqual([200, undefined, expect.stringContaining('; hit')]);
      expect(Date.now() - Date.parse(got['date'] ?? '')).toBeLessThan(5000);
    }
    expect(pair.asked('/')).toBe(0);
  });

  test('is sent again where it changed only', async () => {
    await push();
    const again = await push({}, false);
    expect(again.out).toMatch(
      /^POP fra: 3 files as 5 URLs under \/\n0 new, 0 changed, 5 unchanged, 0 failed; 0 bytes/,
    );
    write('index.html', '<h1>new</h1>');
    expect(outcomes((await push()).report)).toContainEqual(['/', 'changed']);
    expect((await pair.get('/')).body.toString()).toBe('<h1>new</h1>');
    // Other fields are a change as well.
    const { report } = await push({ maxAge: '5' });
    expect(report?.urls.every(({ outcome }) => outcome === 'changed')).toBe(true);
  });

  test('is new in every coding at once', async () => {
    const gzip = { 'accept-encoding': 'gzip' };
    const ask = async () => (await pair.get('/', gzip)).headers;
    write('index.html', 'old '.repeat(1000));
    await push();
    await expect.poll(async () => (await ask())['content-encoding']).toBe('gzip');
    const before = (await ask())['etag'];
    write('index.html', 'new '.repeat(1000));
    await push();
    expect((await ask())['etag']).not.toBe(before);
  });

  test('goes where --prefix says, and a dry run sends nothing', async () => {
    const { out } = await push({ prefix: '/v2', dryRun: true }, false);
    expect(out).toMatch(/^ {2}new {6}\/v2\/, 13 bytes\n/);
    expect(out).toMatch(/5 new, 0 changed, 0 unchanged, 0 failed; 55 bytes would be sent$/);
    expect(pair.edge.store.objects).toBe(0);
    await push({ prefix: '/v2' });
    expect((await pair.get('/v2/index.html')).cacheStatus).toContain('; hit');
  });

  test('leaves out dot files and links that lead outside, and says how many', async () => {
    mkdirSync(join(site, '.git'));
    write('.git/config', '');
    write('.env', 'SECRET');
    writeFileSync(join(folder, 'secret'), '');
    symlinkSync(join(folder, 'secret'), join(site, 'stolen'));
    const { out } = await push({}, false);
    expect(out).toMatch(/\nleft out: 2 dot files, 1 link to outside or to a folder$/);
    expect((await push()).report?.leftOut).toEqual({ dotFiles: 2, links: 1, special: 0 });
  });
});

describe('what goes wrong', () => {
  test('a file that the store cannot take fails by itself, in a dry run too', async () => {
    write('film.mp4', 'x'.repeat(300_000));
    for (const dryRun of [true, false]) {
      const { ok, out } = await push({ dryRun }, false);
      expect(ok).toBe(false);
      expect(out).toMatch(/failed {3}\/film.mp4: too large for the store: 300000 bytes, and at most 262144/);
      expect(out).toContain('5 new, 0 changed, 0 unchanged, 1 failed');
    }
    expect((await pair.get('/')).status).toBe(200);
  });

  test('more than half of the store is not pinned, and that is said', async () => {
    for (const name of ['a', 'b', 'c', 'd']) write(name, name.repeat(200_000));
    const { ok, out } = await push({}, false);
    expect(ok).toBe(true);
    expect(out).toMatch(/\n2 URLs not pinned and may be evicted/);
  });

  const wrong: [string, () => string, CtlOptions, 1 | 2, RegExp][] = [
    [
      'no such directory',
      () => join(folder, 'none'),
      {},
      1,
      /none: cannot read it: .*\n {2}hint: .*\.\/public/,
    ],
    ['a file', () => join(site, 'index.html'), {}, 1, /index.html: not a directory/],
    ['an empty directory', () => join(site, 'empty'), {}, 1, /empty: no files to push/],
    ['no number', () => site, { maxAge: 'long' }, 2, /--max-age long: not a number of seconds/],
    ['no http URL', () => site, { prefix: 'ftp://a/' }, 2, /--prefix ftp:\/\/a\/: not a path/],
  ];
  for (const [what, directory, options, exitCode, message] of wrong) {
    test(`${what} is an error, exit code ${exitCode}`, async () => {
      mkdirSync(join(site, 'empty'));
      const pushing = runCtl(async () => ({ path: admin }), ['push', directory()], options, capturedCli());
      await expect(pushing).rejects.toMatchObject({ exitCode, message: expect.stringMatching(message) });
    });
  }

  test('an edge that is not there is an error with a hint, on the command line too', () => {
    const ran = runLab(['edge', 'ctl', 'push', site, '--admin', join(folder, 'gone.sock')]);
    expect(ran.err).toMatch(/no edge answers at .*gone.sock.*\n {2}hint: .*is the edge running/);
    expect([ran.code, ran.out]).toEqual([1, '']);
  });
});
