// Files that operators and disks get wrong while the server runs: overrides that are garbage, a query log on a full disk or
// into a pipe that nobody reads. Answers go on as they were.

import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { nameBytes, rawQuery } from '../support/message.ts';
import { addressesFor, CLIENTS } from '../support/query.ts';
import { askTcp, openUdp } from '../support/raw-socket.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { ADDRESS_OF, worldConfig, worldFiles } from '../support/world.ts';

let server: RunningServer;
afterEach(async () => {
  expect((await server.stop()).code, 'it ends cleanly').toBe(0);
  expect(server.noise).toEqual([]);
});

describe('the overrides file', () => {
  it('is refused whole when a line is garbage, and the overrides before stay', async () => {
    const files = { ...worldFiles(), 'overrides.txt': 'pop-fra => down # disks\n' };
    server = await startServer({ config: worldConfig({ overrides: 'overrides.txt' }), files });
    const european = () => addressesFor(server, 'www.cdn.test', CLIENTS.europe);
    const warnings = () => server.log.filter(({ level }) => level !== 'info').length;
    expect(await european()).toBe(ADDRESS_OF.iad);

    for (const garbage of [Buffer.from([0, 255, 254, 10, 0]), 'pop-fra => up\npop-iad =>\n']) {
      const before = warnings();
      server.write('overrides.txt', garbage);
      await expect.poll(warnings, { timeout: 10_000 }).toBeGreaterThan(before);
      expect(await european()).toBe(ADDRESS_OF.iad);
    }

    server.write('overrides.txt', 'pop-* => drain\npop-sin => up\n');
    await expect.poll(european, { timeout: 10_000 }).toBe(ADDRESS_OF.sin);
  });
});

describe('the query log', () => {
  async function load(): Promise<void> {
    const client = await openUdp(server);
    let replies = 0;
    client.socket.on('message', () => replies++);
    for (let i = 0; i < 3000; i++) {
      client.send(rawQuery({ id: i, name: nameBytes('static.cdn.test') }));
      if (i % 100 === 0) await sleep(1);
    }
    await expect.poll(() => replies, { timeout: 5000 }).toBe(3000);
    client.close();
    expect(await askTcp(server, rawQuery())).toBeDefined();
  }

  it('on a disk that is full costs lines and not answers, and is said once', async () => {
    const config = worldConfig({ queryLog: { file: 'queries.log' } });
    server = await startServer({
      config,
      files: worldFiles(),
      prepare: (folder) => symlinkSync('/dev/full', join(folder, 'queries.log')),
    });
    await load();
    await server.logged(/query log/);
    await load();
    expect(server.log.filter(({ message }) => /query log/.test(message)).length).toBe(1);
    expect(server.residentMb()).toBeLessThan(300);
  });

  it('into a pipe that is never read costs no answers and no memory', async () => {
    const config = worldConfig({ queryLog: { file: 'queries.pipe' } });
    let reader = () => {};
    server = await startServer({
      config,
      files: worldFiles(),
      prepare: (folder) => {
        execFileSync('mkfifo', [join(folder, 'queries.pipe')]);
        reader = openFifo(join(folder, 'queries.pipe'));
      },
    });
    const before = server.residentMb();
    for (let i = 0; i < 3; i++) await load();
    expect(server.residentMb() - before).toBeLessThan(100);
    reader();
  });
});

/** Held open for reading, and never read; returns how to end that. */
function openFifo(file: string): () => void {
  // Opening one's end of a pipe waits for the other end, unless told not to.
  const { O_RDONLY, O_NONBLOCK } = constants;
  const descriptor = openSync(file, O_RDONLY | O_NONBLOCK);
  return () => closeSync(descriptor);
}
