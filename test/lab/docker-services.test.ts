// The images of single services, as the documents tell to build and run them: GeoDNS answers over UDP, the edge misses and
// hits, the origin gives what is asked for, all are healthy, run as an ordinary user and end when told to; what the edge
// has is there in its next container. Their base is a stand-in (docker-node-base.ts).

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { PROJECT_FOLDER } from '../../src/base/project-folder.ts';
import { buildGeoDatabase } from '../../src/geoip/build-database.ts';
import { connectEngine } from '../../src/runtimes/docker/engine.ts';
import { addressesFor } from '../dns/support/query.ts';
import { useEngine } from './docker-engine.ts';
import { buildNodeBase } from './docker-node-base.ts';

const BUILD_TIMEOUT_MS = 300_000;
const { missing, titled } = await useEngine();

/** All that the test makes is called so. */
const NAME = `catchment-services-${process.pid}`;
const BASE = `${NAME}-base`;

let folder: string;

const execute = promisify(execFile);

/** What a command prints; rejects with its errors when it fails. */
async function run(command: string, ...args: string[]): Promise<string> {
  const { stdout } = await execute(command, args, { cwd: PROJECT_FOLDER, maxBuffer: 64 << 20 });
  return stdout.trim();
}
const docker = (...args: string[]) => run('docker', ...args);

/** The block of that language under "In a container" in a document. */
function block(file: string, language: string): string {
  const text = readFileSync(join(PROJECT_FOLDER, file), 'utf8');
  const [, body] =
    new RegExp(`^## In a container$.*?^\`\`\`${language}\n(.*?)^\`\`\`$`, 'ms').exec(text) ?? [];
  if (!body) throw new Error(`${file} shows no ${language}`);
  return body;
}

async function build(service: 'edge' | 'geodns' | 'origin'): Promise<void> {
  const options = ['--build-arg', `BASE=${BASE}`, '--tag', `${NAME}-${service}`];
  await docker('build', '--file', `compose/Dockerfile.${service}`, ...options, '.');
}

/** Port of this machine that leads to one of a container. */
async function publishedPort(container: string, port: string): Promise<number> {
  return Number((await docker('port', container, port)).split(':').at(-1));
}

async function untilHealthy(container: string): Promise<void> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const { Health, Running } = JSON.parse(
      await docker('inspect', '--format', '{{json .State}}', container),
    ) as { Running: boolean; Health: { Status: string; Log: { Output: string }[] | null } };
    if (Health.Status === 'healthy') return;
    if (!Running || Date.now() > deadline) {
      throw new Error(
        `${container} is ${Health.Status}: ${JSON.stringify(Health.Log?.at(-1))}\n${await logs(container)}`,
      );
    }
    await sleep(100);
  }
}

async function logs(container: string): Promise<string> {
  const { stdout, stderr } = await execute('docker', ['logs', container]);
  return stdout + stderr;
}

/** Rejects unless it ends by itself with 0; after 10 s Docker kills it, which is 137. */
async function stop(container: string): Promise<void> {
  await docker('stop', '-t', '10', container);
  const code = await docker('inspect', '--format', '{{.State.ExitCode}}', container);
  if (code !== '0') throw new Error(`${container} ended with ${code}\n${await logs(container)}`);
}

/** The versions of npm packages in an image that are not those of package-lock.json. */
async function strayPackages(image: string): Promise<string[]> {
  const path = 'node_modules/.package-lock.json';
  const text = await docker('run', '--rm', '--network', 'none', '--entrypoint', 'cat', image, path);
  type Lock = { packages: Record<string, { version: string }> };
  const installed = Object.entries((JSON.parse(text) as Lock).packages);
  const { packages } = JSON.parse(readFileSync(join(PROJECT_FOLDER, 'package-lock.json'), 'utf8')) as Lock;
  expect(installed.length).toBeGreaterThan(4);
  return installed
    .filter(([name, { version }]) => packages[name]?.version !== version)
    .map(([name, { version }]) => `${name} ${version}`);
}

describe.skipIf(missing)(titled('images of single services'), () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'catchment-services-'));
    await buildNodeBase(await connectEngine(), BASE, run);
    await Promise.all([build('edge'), build('geodns'), build('origin')]);
  }, BUILD_TIMEOUT_MS);

  afterAll(async () => {
    const remove = async (list: string[], removal: string[]) => {
      const found = (await docker(...list)).split('\n').filter(Boolean);
      if (found.length > 0) await docker(...removal, ...found);
    };
    await remove(['ps', '--all', '--quiet', '--filter', `name=^/?${NAME}-`], ['rm', '--force', '--volumes']);
    await docker('volume', 'rm', '--force', `${NAME}-edge-data`);
    // By name: an image of the same content may be somebody's under another.
    const images = ['images', '--format', '{{.Repository}}:{{.Tag}}', '--filter', `reference=${NAME}-*`];
    await remove(images, ['rmi']);
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  test.each(['edge', 'geodns', 'origin'])('%s: packages of the versions that are locked', async (service) => {
    expect(await strayPackages(`${NAME}-${service}`)).toEqual([]);
  });

  test('geodns answers over UDP by where the client is, as an ordinary user, and ends when told to', async () => {
    const container = `${NAME}-geodns`;
    const dns = join(folder, 'dns');
    mkdirSync(dns);
    writeFileSync(
      join(dns, 'cdn.zone'),
      '$ORIGIN cdn.test.\n$TTL 300\n@ SOA ns1 hostmaster 1 3600 900 1209600 60\n@ NS ns1\nns1 A 192.0.2.53\n',
    );
    const amsterdam = { name: 'Amsterdam', country: 'NL', continent: 'EU', latitude: 52.37, longitude: 4.9 };
    const tokyo = { name: 'Tokyo', country: 'JP', continent: 'AS', latitude: 35.68, longitude: 139.69 };
    const { bytes } = buildGeoDatabase([
      { prefix: '193.0.0.0/20', city: amsterdam },
      { prefix: '133.11.0.0/16', city: tokyo },
    ]);
    writeFileSync(join(dns, 'City.mmdb'), bytes);
    const pop = { country: 'DE', continent: 'EU' };
    const config = {
      ...(parse(block('docs/dns/operations.md', 'yaml')) as object),
      zones: ['cdn.zone'],
      geoip: 'City.mmdb',
      pops: [
        { ...pop, name: 'pop-fra', code: 'fra', latitude: 50.11, longitude: 8.68, ipv4: '192.0.2.1' },
        { ...pop, name: 'pop-sin', code: 'sin', latitude: 1.35, longitude: 103.82, ipv4: '192.0.2.3' },
      ],
      steering: [{ name: 'www.cdn.test', policy: 'nearest' }],
    };
    writeFileSync(join(dns, 'dns.yaml'), stringify(config));
    await docker(
      ...[
        'run',
        '--detach',
        '--name',
        container,
        '--health-interval',
        '1s',
        '--volume',
        `${dns}:/etc/geodns`,
      ],
      ...['--publish', '127.0.0.1::53/udp', '--publish', '127.0.0.1::53/tcp', `${NAME}-geodns`],
    );
    await untilHealthy(container);
    const port = await publishedPort(container, '53/udp');
    expect(await addressesFor({ port }, 'www.cdn.test', '193.0.0.0')).toBe('192.0.2.1');
    expect(await addressesFor({ port }, 'www.cdn.test', '133.11.0.0')).toBe('192.0.2.3');
    expect(await docker('exec', container, 'id', '-u')).toBe('10001');
    // Without koffi it would serve too, more slowly, and say so.
    expect(await logs(container)).not.toContain('without batched system calls');
    await stop(container);
  });

  test('origin gives what a URL asks for, as an ordinary user, and ends when told to', async () => {
    const container = `${NAME}-origin`;
    await docker(
      ...['run', '--detach', '--name', container, '--health-interval', '1s'],
      ...['--publish', '127.0.0.1::80', `${NAME}-origin`],
    );
    await untilHealthy(container);
    const url = `http://127.0.0.1:${await publishedPort(container, '80/tcp')}`;
    const answer = await fetch(`${url}/bytes/64k?max_age=60`);
    expect(answer.headers.get('cache-control')).toBe('max-age=60');
    expect((await answer.arrayBuffer()).byteLength).toBe(65_536);
    expect((await fetch(`${url}/json/1?status=404`)).status).toBe(404);
    expect(await docker('exec', container, 'id', '-u')).toBe('10001');
    await stop(container);
  });

  test('geodns: the root of a container, who may not raise priorities, can step behind', async () => {
    const step = "await import('/geodns/src/dns/io/behind-others.ts').then((m) => m.stepBehind()())";
    const options = ['run', '--rm', '--network', 'none', '--user', '0', '--entrypoint', 'node'];
    await docker(...options, `${NAME}-geodns`, '--input-type=module', '--eval', step);
  });

  test('edge: a miss, a hit, in its next container a hit again; requests under way are finished', async () => {
    const origin = await startOrigin();
    const config = block('docs/edge/operations.md', 'yaml');
    expect(config).toContain('address: 192.0.2.10');
    mkdirSync(join(folder, 'edge'));
    writeFileSync(join(folder, 'edge/edge.yaml'), config.replace('192.0.2.10', origin));
    const container = `${NAME}-edge`;
    const start = async () => {
      await docker(
        ...['run', '--detach', '--name', container, '--health-interval', '1s', '--publish', '127.0.0.1::80'],
        ...['--volume', `${folder}/edge:/etc/edge:ro`, '--volume', `${container}-data:/var/lib/edge`],
        `${NAME}-edge`,
      );
      await untilHealthy(container);
      return `http://127.0.0.1:${await publishedPort(container, '80/tcp')}`;
    };
    const cacheStatus = async (url: string) => {
      const answer = await fetch(url);
      expect(answer.status).toBe(200);
      await answer.arrayBuffer();
      return answer.headers.get('cache-status');
    };

    const first = await start();
    expect(await cacheStatus(`${first}/json/1?max_age=600`)).toMatch(
      /^catchment-fra; fwd=uri-miss\b.*; stored/,
    );
    expect(await cacheStatus(`${first}/json/1?max_age=600`)).toMatch(/^catchment-fra; hit\b/);
    expect(await docker('exec', container, 'id', '-u')).toBe('10001');
    const slow = await fetch(`${first}/stream/20k?seconds=0.8`);
    const [body] = await Promise.all([slow.arrayBuffer(), stop(container)]);
    expect(body.byteLength).toBe(20 * 1024);

    await docker('rm', '--volumes', container);
    const second = await start();
    expect(await cacheStatus(`${second}/json/1?max_age=600`)).toMatch(/^catchment-fra; hit\b/);
    expect(await cacheStatus(`${second}/json/2?max_age=600`)).toMatch(/^catchment-fra; fwd=uri-miss\b/);
    await stop(container);
  });
});

/** The project's own image, on the port that the edge's document has; its address. */
async function startOrigin(): Promise<string> {
  const container = `${NAME}-behind`;
  const config = join(folder, 'origin.json');
  writeFileSync(config, '{"listen": [{"address": "0.0.0.0", "port": 8080}]}');
  await docker(
    ...['run', '--detach', '--name', container, '--volume', `${config}:/etc/origin/origin.json:ro`],
    `${NAME}-origin`,
  );
  return docker('inspect', '--format', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', container);
}
