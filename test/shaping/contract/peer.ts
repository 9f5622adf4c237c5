// One end of the contract's link: run inside a node's namespace, told what to do by JSON lines, answers in order.
// Both ends read the same monotonic clock, so a datagram that carries its send time gives the one-way delay.

import { createHash, type Hash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

export const UDP_PORT = 5000;
export const TCP_PORT = 5001;

export type PeerRequest =
  /** Datagrams, evenly spaced; with interval 0 as one burst. */
  | { send: { to: string; count: number; intervalMs: number; bytes?: number } }
  /** What came since the last call, in order of arrival: sequence number and one-way delay. */
  | { received: true }
  /** Shortest time to connect, of several. */
  | { connect: { to: string; attempts: number } }
  /** Sends bytes over TCP; the receiver answers with their hash. */
  | { upload: { to: string; bytes: number } };

export type Received = [sequence: number, delayMs: number][];
export interface Upload {
  ms: number;
  intact: boolean;
}

let received: Received = [];
const udp = createSocket('udp4');
udp.on('message', (message) => {
  received.push([message.readUInt32BE(0), nowMs() - message.readDoubleBE(4)]);
});
udp.on('error', (error) => console.error(error.message));
udp.bind(UDP_PORT);

createServer({ allowHalfOpen: true }, (socket) => {
  const hash = createHash('sha256');
  socket.on('data', (chunk) => hash.update(chunk));
  socket.on('end', () => socket.end(hash.digest('hex')));
  socket.on('error', () => {});
}).listen(TCP_PORT, '0.0.0.0', () => console.log(JSON.stringify('ready')));

for await (const line of createInterface({ input: process.stdin }))
  console.log(JSON.stringify(await answer(JSON.parse(line))));
process.exit(0);

async function answer(request: PeerRequest): Promise<unknown> {
  if ('send' in request) return send(request.send);
  if ('connect' in request) return connectMs(request.connect);
  if ('upload' in request) return upload(request.upload);
  const result = received;
  received = [];
  return result;
}

async function send({
  to,
  count,
  intervalMs,
  bytes = 64,
}: {
  to: string;
  count: number;
  intervalMs: number;
  bytes?: number;
}) {
  const start = nowMs();
  for (let sequence = 0; sequence < count; sequence++) {
    const early = start + sequence * intervalMs - nowMs();
    if (early > 0) await sleep(early);
    const message = Buffer.alloc(bytes);
    message.writeUInt32BE(sequence, 0);
    message.writeDoubleBE(nowMs(), 4);
    udp.send(message, UDP_PORT, to);
  }
  return true;
}

async function connectMs({ to, attempts }: { to: string; attempts: number }): Promise<number> {
  let shortest = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const start = nowMs();
    await new Promise<void>((resolve, reject) => {
      const socket = connect(TCP_PORT, to, () => {
        shortest = Math.min(shortest, nowMs() - start);
        socket.destroy();
        resolve();
      });
      socket.once('error', reject);
    });
  }
  return shortest;
}

function upload({ to, bytes }: { to: string; bytes: number }): Promise<Upload> {
  const start = nowMs();
  const hash = createHash('sha256');
  return new Promise((resolve, reject) => {
    let theirs = '';
    const socket = connect(TCP_PORT, to, async () => {
      for (let sent = 0; sent < bytes; ) {
        const chunk = numbers(sent, Math.min(65_536, bytes - sent));
        sent += chunk.length;
        hash.update(chunk);
        if (!socket.write(chunk)) await new Promise((go) => socket.once('drain', go));
      }
      socket.end();
    });
    socket.on('data', (chunk) => {
      theirs += chunk;
    });
    socket.on('end', () => resolve({ ms: nowMs() - start, intact: theirs === finish(hash) }));
    socket.once('error', reject);
  });
}

/** Content that differs from place to place, so that swapped or repeated segments show. */
function numbers(from: number, length: number): Buffer {
  const chunk = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) chunk.writeUInt32LE((from + at) >>> 0, at);
  return chunk;
}

function finish(hash: Hash): string {
  return hash.digest('hex');
}

function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
