// The server itself, as processes: one takes over from the other while queries come in, and none is lost.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { askUdp, queryBytes, StreamClient } from './udp-asking.ts';

let folder: string;
const running: ChildProcess[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'catchment-dns-handover-'));
  writeFileSync(
    join(folder, 'a.zone'),
    '$ORIGIN a.test.\n$TTL 9\n@ SOA n h 1 3600 600 86400 60\n@ NS n\nn A 192.0.2.1\n',
  );
});
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

interface Started {
  place: { address: string; port: number };
  ended: Promise<number | null>;
  child: ChildProcess;
}

async function start(workers: number, port: number): Promise<Started> {
  const config = {
    listen: [{ address: '127.0.0.1', port }],
    zones: ['a.zone'],
    workers,
    handover: 'handover.sock',
    admin: { path: join(folder, 'admin.sock') },
    rateLimit: false,
  };
  const file = join(folder, `dns-${running.length}.json`);
  writeFileSync(file, JSON.stringify(config));
  const child = spawn(process.execPath, ['src/dns/main.ts', '--config', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  running.push(child);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const place = await new Promise<Started['place']>((resolve, reject) => {
    let log = '';
    child.stderr.on('data', (chunk) => {
      log += chunk;
      const ready = log.split('\n').find((line) => line.includes('"ready"'));
      if (ready) resolve(JSON.parse(ready).listening[0]);
    });
    void ended.then(() => reject(new Error(log)));
  });
  return { place, ended, child };
}

it.each([
  ['worker threads', 1],
  ['the main thread', 0],
])(
  'with %s',
  async (_how, workers) => {
    let current = await start(workers, 0);
    let asked = 0;
    let answered = 0;
    let stop = false;
    const asking = (async () => {
      while (!stop) {
        asked++;
        if (await askUdp(current.place, queryBytes('n.a.test'))) answered++;
      }
    })();
    for (let i = 0; i < 2; i++) {
      const held = await StreamClient.open(current.place);
      expect(await held.ask(queryBytes('n.a.test'))).toBeDefined();
      const successor = await start(workers, current.place.port);
      expect(await current.ended).toBe(0);
      await held.closed;
      current = successor;
    }
    stop = true;
    await asking;
    expect(answered).toBe(asked);
    expect(asked).toBeGreaterThan(100);
    current.child.kill('SIGTERM');
    expect(await current.ended).toBe(0);
  },
  30_000,
);
