import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeOver } from '../../../src/dns/io/hot-restart.ts';
import { addressesOf, askUdp, queryBytes, StreamClient } from './udp-asking.ts';

const PROGRAM = resolve(import.meta.dirname, 'restart-program.ts');
let folder = '';
const running: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dns-restart-'));
});
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

interface Program {
  child: ChildProcess;
  place: { address: string; port: number };
  ended: Promise<number | null>;
}

function start(port: number, workers: number, last: number): Promise<Program> {
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      PROGRAM,
      join(folder, 'control'),
      ...[port, workers, last].map(String),
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  running.push(child);
  const ended = new Promise<number | null>((done) => child.once('exit', done));
  return new Promise((done, failed) => {
    void ended.then(() => failed(new Error('ended before it was ready')));
    child.stdout?.on('data', (text) => {
      const ready = /ready (\d+)/.exec(String(text));
      if (ready) done({ child, place: { address: '127.0.0.1', port: Number(ready[1]) }, ended });
    });
  });
}

/** Asks again and again over UDP, each query once, no more at a time than the client's own buffer takes replies of. */
function askWithoutEnd(port: number) {
  const client = createSocket('udp4');
  const pending = new Set<number>();
  let sent = 0;
  client.on('message', (reply) => pending.delete(reply.readUInt16BE(0)));
  const timer = setInterval(() => {
    for (let i = 0; i < 10 && pending.size < 100; i++) {
      pending.add(++sent);
      client.send(queryBytes('a.test', sent), port, '127.0.0.1');
    }
  }, 2);
  return {
    /** How many were sent and how many stay without reply. */
    end: async () => {
      clearInterval(timer);
      for (let i = 0; i < 100 && pending.size > 0; i++) await new Promise((done) => setTimeout(done, 20));
      client.close();
      return { sent, lost: pending.size };
    },
  };
}

/** A connection for each query, one after the other; how many were not answered. */
function askOverConnections(place: { address: string; port: number }) {
  let ending = false;
  const asked = (async () => {
    let unanswered = 0;
    while (!ending) {
      const client = await StreamClient.open(place);
      if (!(await client.ask(queryBytes('a.test')))) unanswered++;
      client.end();
    }
    return unanswered;
  })();
  return {
    end: () => {
      ending = true;
      return asked;
    },
  };
}

test('successors take over, with more workers and with fewer, and nothing is lost', async () => {
  let current = await start(0, 1, 1);
  const { place } = current;
  const asking = askWithoutEnd(place.port);
  const connecting = askOverConnections(place);
  for (const [workers, last] of [
    [2, 2],
    [1, 3],
  ] as const) {
    const held = await StreamClient.open(place);
    expect(await held.ask(queryBytes('a.test'))).toBeDefined();
    const successor = await start(place.port, workers, last);
    await held.closed;
    expect(await current.ended).toBe(0);
    const fresh = await StreamClient.open(place);
    const byNew = await fresh.ask(queryBytes('a.test'));
    expect(byNew && addressesOf(byNew)).toEqual([`192.0.2.${last}`]);
    fresh.end();
    current = successor;
  }
  expect(await connecting.end()).toBe(0);
  const { sent, lost } = await asking.end();
  expect(sent).toBeGreaterThan(500);
  expect(lost).toBe(0);
  const answer = await askUdp(place, queryBytes('a.test'));
  expect(answer && addressesOf(answer.reply)).toEqual(['192.0.2.3']);
  current.child.kill('SIGTERM');
  expect(await current.ended).toBe(0);
  expect(existsSync(join(folder, 'control'))).toBe(false);
});

test('a successor that gives up leaves the server as it was', async () => {
  const server = await start(0, 1, 1);
  const taken = await takeOver(join(folder, 'control'));
  expect(taken?.sockets.map(({ use, port }) => ({ use, port }))).toEqual([
    { use: 'udp', port: server.place.port },
    { use: 'tcp', port: server.place.port },
  ]);
  taken?.abandon();
  expect(await askUdp(server.place, queryBytes('a.test'))).toBeDefined();
  const successor = await start(server.place.port, 1, 2);
  expect(await server.ended).toBe(0);
  successor.child.kill('SIGTERM');
  expect(await successor.ended).toBe(0);
});

test('the control socket is for us alone', async () => {
  await start(0, 1, 1);
  expect(statSync(join(folder, 'control')).mode & 0o777).toBe(0o600);
});

test('nobody there is nobody to take over from, and a stranger is told', async () => {
  const path = join(folder, 'control');
  expect(await takeOver(path)).toBeUndefined();
  const stranger = createServer((socket) => void socket.end('who are you?\n'));
  await new Promise<void>((done) => stranger.listen(path, done));
  await expect(takeOver(path)).rejects.toThrow(/does not hand over its sockets[\s\S]*hint: +stop it/);
  stranger.close();
});
