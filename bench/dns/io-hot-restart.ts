// Queries lost over hot restarts: `node bench/dns/io-hot-restart.ts [restarts] [queries per second] [workers]`. dnsperf asks over UDP
// while the server is replaced each second.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const [restarts = '10', rate = '20000', workers = '1'] = process.argv.slice(2);
const PROGRAM = resolve(import.meta.dirname, '../../test/dns/io/restart-program.ts');
const folder = mkdtempSync(join(tmpdir(), 'io-restart-'));
const control = join(folder, 'control');
writeFileSync(join(folder, 'queries'), 'www.example.test A\n');

/** Workers of the first, the second, ... server: `1,2` changes their number each time. */
const workerCounts = workers.split(',');

function start(
  port: string,
  last: number,
): Promise<{ child: ChildProcess; port: string; ended: Promise<void> }> {
  const child = spawn(
    process.execPath,
    [PROGRAM, control, port, workerCounts[last % workerCounts.length] as string, String(last)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  return new Promise((done) =>
    child.stdout?.on('data', (text) => {
      const ready = /ready (\d+)/.exec(String(text));
      if (ready) done({ child, port: ready[1] as string, ended });
    }),
  );
}

let current = await start('0', 1);
const { port } = current;
const seconds = String(Math.ceil(Number(restarts) * 1.5 + 2));
const perf = spawn(
  'dnsperf',
  [
    '-s',
    '127.0.0.1',
    '-p',
    port,
    '-d',
    join(folder, 'queries'),
    '-l',
    seconds,
    '-Q',
    rate,
    '-c',
    '8',
    '-t',
    '3',
  ],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);
const asked = new Promise((done) => perf.once('exit', done));
let text = '';
perf.stdout.on('data', (chunk) => {
  text += chunk;
});
await sleep(1000);
for (let i = 0; i < Number(restarts); i++) {
  const successor = await start(port, i + 2);
  await current.ended;
  current = successor;
  await sleep(500);
}
await asked;
console.log(
  `${restarts} restarts\n${text
    .split('\n')
    .filter((line) => /Queries|Response codes/.test(line))
    .join('\n')}`,
);
current.child.kill();
await current.ended;
rmSync(folder, { recursive: true, force: true });
