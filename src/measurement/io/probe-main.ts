// The probe as a process, run inside a client node: `node probe-main.ts < job.json`, one JSON line per sample on
// standard output. It first makes a few requests to itself on the loopback, since the first connection of a Node
// process takes milliseconds longer than the next ones, which would look like network.

import { createSocket } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import type { ProbeJob, ProbeLine } from '../probe-job.ts';
import { httpGet } from './http-get.ts';
import { runProbe } from './probe.ts';
import { resolveAddress } from './stub-resolver.ts';

const WARM_UP_REQUESTS = 8;

const job = await readJob();
if (job === undefined) process.exit(2);
await warmUp();
await runProbe(job, emit);
process.exit(0);

function emit(line: ProbeLine): void {
  // Pipes are written synchronously on Linux, so nothing is lost at the exit.
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function readJob(): Promise<ProbeJob | undefined> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  try {
    const job = JSON.parse(Buffer.concat(chunks).toString('utf8')) as ProbeJob;
    if (job.mode === 'tasks' || job.mode === 'paced') return job;
  } catch {
    // Said below: not a job.
  }
  process.stderr.write('probe: standard input holds no job (JSON as in src/measurement/probe-job.ts)\n');
  return undefined;
}

/** Lets the code paths of a request be compiled; what goes wrong here is no matter. */
async function warmUp(): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nCache-Status: x; hit\r\n\r\nok');
  });
  const echo = createSocket('udp4', (message, from) => {
    message[2] = (message[2] ?? 0) | 0x80;
    echo.send(message, from.port, from.address);
  });
  server.on('error', () => {});
  echo.on('error', () => {});
  try {
    await Promise.all([
      new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)),
      new Promise<void>((resolve) => echo.bind(0, '127.0.0.1', resolve)),
    ]);
    const address = '127.0.0.1';
    for (let i = 0; i < WARM_UP_REQUESTS; i++) {
      await resolveAddress('warm-up.test', 4, { address, port: echo.address().port }, 200).catch(() => {});
      const { port } = server.address() as AddressInfo;
      await httpGet({ address, port, host: 'warm-up', path: '/', timeoutMs: 200 });
    }
  } finally {
    server.close();
    echo.close();
  }
}
