import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { resolve } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { descriptorLimit } from '../../../src/dns/io/tcp-descriptor-limit.ts';
import { queryBytes, StreamClient } from './udp-asking.ts';

const PROGRAM = resolve(import.meta.dirname, 'tcp-program.ts');
const AT_ONCE = 500;
let child: ChildProcess | undefined;
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  child?.kill();
});

async function start(limits: object) {
  child = fork(PROGRAM, [JSON.stringify(limits)], { execArgv: ['--disable-warning=ExperimentalWarning'] });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return { address: '127.0.0.1', port };
}

async function told(): Promise<{ rss: number; size: number; counts: { evicted: number } }> {
  child?.send('tell');
  return (await once(child as ChildProcess, 'message'))[0];
}

async function openMany(port: number, count: number): Promise<void> {
  for (let done = 0; done < count; done += AT_ONCE)
    await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, count - done) }, async () => {
        const socket = connect(port, '127.0.0.1').on('error', () => {});
        sockets.push(socket);
        await once(socket, 'connect');
      }),
    );
}

test.skipIf(descriptorLimit() < 10_500)(
  'ten thousand silent connections cost some memory, and lock nobody out',
  async () => {
    const place = await start({ connectionsPerClient: 100_000, connections: 9_000, idleSeconds: 60 });
    const before = await told();
    await openMany(place.port, 10_000);
    const client = await StreamClient.open(place);
    sockets.push(client.socket);
    expect(await client.ask(queryBytes('a.test'))).toBeDefined();
    const after = await told();
    expect(after.size).toBe(9_000);
    expect(after.counts.evicted).toBe(1_001);
    const bytesEach = (after.rss - before.rss) / after.size;
    expect(bytesEach).toBeLessThan(16_384);
  },
);
