// Ten thousand connections that do nothing, as slow clients and browsers keep them: they cost little memory each, and
// others are served as if they were not there. Prints what each one holds.

import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterAll, expect, it } from 'vitest';
import { fetchOnce } from '../support/edge-and-origin.ts';

const CONNECTIONS = 10_000;
/** A socket of Node.js takes some 5 kB; what a connection of ours adds must stay of that order. */
const MAX_BYTES_EACH = 25_000;

let child: ChildProcess | undefined;
const sockets: Socket[] = [];
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  child?.disconnect();
});

/** Each process needs a file descriptor per connection. */
const [, files = '0'] = /Max open files +(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];

it.skipIf(Number(files) < CONNECTIONS + 500)(
  'ten thousand idle connections hold bounded memory and stand in nobody’s way',
  async () => {
    const process = fork('test/edge/io/http-listener-child.ts', { execArgv: ['--expose-gc'] });
    child = process;
    const reply = <T>() =>
      new Promise<T>((resolve) => process.once('message', (message) => resolve(message as T)));
    const { port } = await reply<{ port: number }>();
    const tell = async () => {
      const told = reply<{ connections: number; bytes: number }>();
      process.send('tell');
      return told;
    };
    await fetchOnce(port, '/');
    const before = await tell();
    while (sockets.length < CONNECTIONS) await Promise.all(Array.from({ length: 500 }, () => open(port)));
    await expect.poll(async () => (await tell()).connections).toBe(CONNECTIONS);
    expect((await fetchOnce(port, '/')).status).toBe(200);
    const each = ((await tell()).bytes - before.bytes) / CONNECTIONS;
    console.log(
      `${CONNECTIONS} idle connections, half of them after a request: ${Math.round(each)} bytes each`,
    );
    expect(each).toBeLessThan(MAX_BYTES_EACH);
  },
);

/** Every second one has had an answer, the others have said nothing, or only half a head. */
function open(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const number = sockets.push(socket);
    socket.on('error', reject);
    socket.on('connect', () => {
      if (number % 2 === 0) socket.write('GET / HTTP/1.1\r\nHost: a.test\r\nUser-Agent: idle\r\n\r\n');
      else {
        if (number % 4 === 1) socket.write('GET / HTTP/1.1\r\nHost: a');
        resolve();
      }
    });
    socket.on('data', () => resolve());
  });
}
