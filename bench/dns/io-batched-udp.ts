// CPU per query of the batched UDP workers with a handler that does next to nothing, beside gdnsd's, in alternating
// slices: `node bench/dns/io-batched-udp.ts [seconds per slice] [slices] [workers]`. dnsperf is the client; CPU is what /proc says.

import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLog } from '../../src/dns/io/log.ts';
import { openUdpSockets } from '../../src/dns/io/udp-open.ts';
import { startUdpWorkers } from '../../src/dns/io/worker-udp.ts';

const [seconds = '3', slices = '3', workers = '1'] = process.argv.slice(2);
const PROGRAM = resolve(import.meta.dirname, '../../test/dns/io/worker-program.ts');
const folder = mkdtempSync(join(tmpdir(), 'io-bench-'));

if (process.argv[2] === 'serve') {
  const sockets = openUdpSockets('127.0.0.1', Number(process.argv[3]), Number(process.argv[4]));
  await startUdpWorkers({
    program: PROGRAM,
    sockets: sockets.map(({ fd }) => [{ fd, family: 4, wildcard: false }]),
    initial: () => [192, 0, 2, 1],
    log: createLog('bench'),
  });
  setInterval(() => {}, 1000);
} else {
  const ours = spawn(process.execPath, [process.argv[1] as string, 'serve', '5397', workers], {
    stdio: 'inherit',
  });
  for (const part of ['zones', 'run', 'state']) mkdirSync(join(folder, part));
  writeFileSync(
    join(folder, 'zones/example.test'),
    '@ SOA ns1 h 1 1 1 1 60\n@ NS ns1\nns1 A 127.0.0.1\nwww 60 A 192.0.2.1\n',
  );
  writeFileSync(
    join(folder, 'config'),
    `options => { listen => 127.0.0.1, dns_port => 5398, udp_threads => ${workers}, tcp_threads => 1, run_dir => ${folder}/run, state_dir => ${folder}/state }\n`,
  );
  const gdnsd = spawn('gdnsd', ['-c', folder, 'start'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const queries = join(folder, 'queries');
  writeFileSync(queries, 'www.example.test A\n');
  await sleep(1500);
  const rows: Record<string, number[]> = { ours: [], gdnsd: [] };
  for (let i = 0; i < Number(slices); i++)
    for (const [name, pid, port] of [
      ['ours', ours.pid, 5397],
      ['gdnsd', gdnsd.pid, 5398],
    ] as const) {
      const before = cpuUs(pid as number);
      const text = execFileSync(
        'dnsperf',
        [
          '-s',
          '127.0.0.1',
          '-p',
          String(port),
          '-d',
          queries,
          '-l',
          seconds,
          '-c',
          '32',
          '-q',
          '100',
          '-O',
          'suppress=timeout',
        ],
        { encoding: 'utf8' },
      );
      const completed = Number(/Queries completed:\s+(\d+)/.exec(text)?.[1]);
      const qps = Number(/Queries per second:\s+([\d.]+)/.exec(text)?.[1]);
      const us = (cpuUs(pid as number) - before) / completed;
      rows[name]?.push(us);
      console.log(
        name,
        Math.round(qps),
        'q/s',
        us.toFixed(2),
        'us CPU a query',
        /Queries lost:.*/.exec(text)?.[0],
      );
    }
  for (const [name, values] of Object.entries(rows))
    console.log(name, 'best', Math.min(...values).toFixed(2));
  ours.kill();
  gdnsd.kill();
  await sleep(500);
  rmSync(folder, { recursive: true, force: true });
}

function cpuUs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}
