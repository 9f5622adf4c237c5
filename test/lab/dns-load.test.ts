// The GeoDNS server under more than a unit test should do to a machine: ten thousand TCP connections, reloads without end
// under load, a full disk under the query log, and an end without warning.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { installed, run } from '../dns/support/command.ts';
import { nameBytes, rawQuery, readMessage } from '../dns/support/message.ts';
import { addressesFor, CLIENTS } from '../dns/support/query.ts';
import { askTcp, framed } from '../dns/support/raw-socket.ts';
import { type RunningServer, type ServerOptions, startServer } from '../dns/support/server.ts';
import { ADDRESS_OF, geoipBytes, worldConfig, worldFiles, ZONE } from '../dns/support/world.ts';

const CONNECTIONS = 10_000;
/** A server lets one client have so many; a flood comes from everywhere. */
const CONNECTIONS_PER_SOURCE = 100;

let server: RunningServer | undefined;
const folders: string[] = [];
afterEach(async () => {
  await server?.stop();
  server = undefined;
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function start(changes: object = {}, options: Partial<ServerOptions> = {}): Promise<RunningServer> {
  server = await startServer({ config: worldConfig(changes), files: worldFiles(), ...options });
  return server;
}

it('ten thousand open connections, all idle or slow, keep nobody out and cost little', async () => {
  const running = await start({}, { prefix: ['prlimit', '--nofile=20000:20000'] });
  await askTcp(running, rawQuery());
  const before = running.residentMb();
  const half = framed(rawQuery()).subarray(0, 5);
  const sockets: Socket[] = [];
  let open = 0;
  for (let i = 0; i < CONNECTIONS; i++) {
    const source = Math.floor(i / CONNECTIONS_PER_SOURCE);
    const socket = connect({ host: '127.0.0.1', port: running.port, localAddress: `127.0.1.${1 + source}` });
    socket.on('connect', () => {
      open++;
      // Half of them have begun to ask.
      if (i % 2 === 0) socket.write(half);
    });
    socket.on('error', () => {});
    sockets.push(socket);
    if (i % 200 === 199)
      await expect.poll(() => open, { timeout: 10_000, interval: 5 }).toBeGreaterThan(i - 200);
  }
  await expect.poll(() => open, { timeout: 20_000 }).toBeGreaterThan(CONNECTIONS * 0.95);
  const reply = await askTcp(
    { port: running.port },
    rawQuery({ id: 99, name: nameBytes('static.cdn.test') }),
    5000,
  );
  expect(reply && readMessage(reply)).toMatchObject({ id: 99, rcode: 0 });
  expect(await addressesFor(running, 'www.cdn.test', CLIENTS.asia)).toBe(ADDRESS_OF.sin);
  expect(running.residentMb() - before).toBeLessThan(200);
  for (const socket of sockets) socket.destroy();
  expect(running.noise).toEqual([]);
});

describe.skipIf(!installed('dnsperf')).each([0, 2])('with %i workers', (workers) => {
  it('no query is lost while zones and GeoIP are read again, for four seconds, without end', async () => {
    await reloadUnderLoad(workers);
  });
});

async function reloadUnderLoad(workers: number): Promise<void> {
  const running = await start({ workers });
  const folder = mkdtempSync(join(tmpdir(), 'catchment-dns-load-'));
  folders.push(folder);
  const names = [
    'static.cdn.test A',
    'www.cdn.test A',
    'alias2.cdn.test A',
    'cdn.test MX',
    'x.wild.cdn.test A',
  ];
  writeFileSync(join(folder, 'names'), `${names.join('\n')}\n`);
  const load = run('dnsperf', [
    ...['-s', '127.0.0.1', '-p', String(running.port), '-d', join(folder, 'names')],
    ...['-Q', '3000', '-l', '4', '-c', '4', '-q', '200', '-t', '2', '-E', '8:000118005db8d8'],
  ]);
  let done = false;
  load.then(() => {
    done = true;
  });
  let reloads = 0;
  while (!done) {
    // Good and bad files by turns.
    running.write('cdn.zone', reloads % 3 === 2 ? `${ZONE}\nbroken A x\n` : ZONE);
    if (reloads % 5 === 0) running.write('geoip.mmdb', geoipBytes(reloads % 2 === 0));
    running.signal('SIGHUP');
    reloads++;
    await sleep(40);
  }
  const { out } = await load;
  expect(out).toMatch(/Queries lost: +0 /);
  expect(out).toMatch(/Response codes: +NOERROR \d+ \(100\.00%\)/);
  expect(Number(/Queries completed: +(\d+)/.exec(out)?.[1])).toBeGreaterThan(5000);
  expect(reloads).toBeGreaterThan(20);
  // What came after the last signal counts: the answer of the file that is there now.
  running.write('cdn.zone', ZONE.replace('static  A 192.0.2.10', 'static  A 192.0.2.77'));
  running.signal('SIGHUP');
  await expect
    .poll(() => addressesFor(running, 'static.cdn.test'), { timeout: 10_000 })
    .toBe('192.0.2.77 192.0.2.11');
  expect(running.noise).toEqual([]);
}

it('killed without warning, it is started again on the same port at once', async () => {
  const first = await start();
  const { port } = first;
  // A client in the middle of a question over TCP leaves the port in the kernel's memory.
  const client = connect({ host: '127.0.0.1', port });
  client.on('error', () => {});
  client.write(framed(rawQuery()).subarray(0, 5));
  await sleep(50);
  first.signal('SIGKILL');
  await first.ended;
  const second = await start({ listen: [{ address: '127.0.0.1', port }] });
  expect(second.port).toBe(port);
  expect(await addressesFor(second, 'www.cdn.test', CLIENTS.asia)).toBe(ADDRESS_OF.sin);
  await first.stop();
});
