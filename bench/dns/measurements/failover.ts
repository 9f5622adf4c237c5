// From the end of a POP's listener to the first answer without that POP, with TCP checks; ours at 1 s, gdnsd at its
// least interval and thresholds.

import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeResponse } from '../../../src/dns/wire/query.ts';
import { parseAddress } from '../../../src/net/ip-address.ts';
import { askOnce } from '../ask.ts';
import type { Bench } from '../prepare.ts';
import { ecsQuery } from '../queries.ts';
import type { ServerKind } from '../server.ts';
import { gdnsd } from '../servers/gdnsd.ts';
import { POPS } from '../world.ts';

const SECTION = 'Failover, TCP check';
const BAR_SECONDS = 3;
const POLL_MS = 20;
/** A network of each POP's clients, in the order of POPS. */
const CLIENTS = ['8.8.8.0', '193.0.0.0', '133.11.0.0', '200.160.0.0'];
const GIVE_UP_MS = 30_000;

export async function failover(bench: Bench): Promise<void> {
  const runs = bench.quick ? 2 : 5;
  const port = await portFreeOnAllPops();
  await measure(bench, bench.ours({ checkPort: port }), port, runs, BAR_SECONDS);
  if (!bench.quick) await measure(bench, gdnsd({ port }), port, runs);
}

async function measure(
  bench: Bench,
  kind: ServerKind,
  port: number,
  runs: number,
  bar?: number,
): Promise<void> {
  const listeners = new Map<string, Server>();
  try {
    for (const pop of POPS) listeners.set(pop.ipv4, await listen(pop.ipv4, port));
    await bench.with(kind, {}, async (server) => {
      const seconds: number[] = [];
      const back: number[] = [];
      for (let run = 0; run < runs; run++) {
        // POPs in turn: one that changed too often would be held down as flapping.
        const first = POPS[run % POPS.length]?.ipv4 as string;
        const ask = (wanted: (address: string) => boolean) =>
          untilAnswer(server.port, CLIENTS[run % CLIENTS.length] as string, wanted);
        await ask((address) => address === first);
        // Anywhere in the check's interval.
        await sleep(500 + (run / runs) * 2000);
        await close(listeners.get(first));
        const died = performance.now();
        await ask((address) => address !== first);
        seconds.push((performance.now() - died) / 1000);
        listeners.set(first, await listen(first, port));
        const revived = performance.now();
        await ask((address) => address === first);
        back.push((performance.now() - revived) / 1000);
      }
      const text = (values: readonly number[]) => values.map((value) => value.toFixed(2)).join(' ');
      bench.record({
        section: SECTION,
        what: `longest time to the first answer without the POP, ${kind.name}`,
        value: Math.max(...seconds),
        unit: 's',
        ...(bar !== undefined && { bar }),
        detail: `${text(seconds)}; back after ${text(back)}`,
      });
    });
  } finally {
    for (const listener of listeners.values()) await close(listener);
  }
}

async function untilAnswer(
  port: number,
  client: string,
  wanted: (address: string) => boolean,
): Promise<void> {
  const query = ecsQuery({ address: parseAddress(client) as Uint8Array, prefixLength: 24 });
  const deadline = performance.now() + GIVE_UP_MS;
  while (performance.now() < deadline) {
    const reply = await askOnce(port, query, 500);
    const address = reply && decodeResponse(reply)?.answer[0]?.text;
    if (address && wanted(address)) return;
    await sleep(POLL_MS);
  }
  throw new Error(`the answer did not change within ${GIVE_UP_MS / 1000} s`);
}

async function portFreeOnAllPops(): Promise<number> {
  for (let port = 20_000 + (process.pid % 20_000); ; port++) {
    const servers = await Promise.all(POPS.map((pop) => listen(pop.ipv4, port).catch(() => undefined)));
    await Promise.all(servers.map(close));
    if (servers.every(Boolean)) return port;
  }
}

function listen(address: string, port: number): Promise<Server> {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.resume();
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => resolve(server));
  });
}

const sockets = new Set<import('node:net').Socket>();

async function close(server: Server | undefined): Promise<void> {
  if (!server?.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const socket of sockets) socket.destroy();
  await closed;
}
