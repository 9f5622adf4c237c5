// One read buffer for all connections: each keeps its own bytes, however they are cut and whoever sends between.

import { connect, createServer, type Server, type Socket } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { withSharedReads } from '../../../src/edge/io/shared-reads.ts';
import { listenOn } from '../../../src/net/io/listen.ts';
import { type Front, startFront, text } from './http-listener-support.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('sockets', () => {
  let server: Server;
  afterEach(() => server.close());

  it('give views of one buffer, end when their clients do, rest when told, and are counted until they close', async () => {
    const chunks: Buffer[] = [];
    const sockets: Socket[] = [];
    let received = '';
    let ended = 0;
    server = createServer({ allowHalfOpen: true }, (accepted) => {
      const socket = withSharedReads(accepted, (chunk) => {
        chunks.push(chunk);
        received += chunk;
      });
      sockets.push(socket);
      socket.on('end', () => {
        ended++;
        socket.end('bye');
      });
    });
    const { port } = await listenOn(server, { address: '127.0.0.1', port: 0 });
    const [first, second] = [1, 2].map(() => connect({ port, host: '127.0.0.1', allowHalfOpen: true })) as [
      Socket,
      Socket,
    ];
    first.write('one ');
    await expect.poll(() => received).toBe('one ');
    second.write('two ');
    await expect.poll(() => received).toBe('one two ');
    // In effect with this Node, and not only its fall-back.
    expect(chunks[1]?.buffer).toBe(chunks[0]?.buffer);
    expect(await connections(server)).toBe(2);
    for (const socket of sockets) socket.pause();
    first.write('three ');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(received).toBe('one two ');
    for (const socket of sockets) socket.resume();
    await expect.poll(() => received).toBe('one two three ');
    first.end();
    second.end();
    expect(await Promise.all([readText(first), readText(second)])).toEqual(['bye', 'bye']);
    expect(ended).toBe(2);
    await new Promise((resolve) => server.close(resolve));
    expect(await connections(server)).toBe(0);
  });
});

describe('connections', () => {
  let front: Front;
  afterEach(() => front.close());

  it('keep their own requests and bodies, cut anywhere and interleaved at random', async () => {
    front = await startFront(async (request) => {
      await turn();
      const parts: Buffer[] = [];
      for await (const part of request.body ?? []) {
        parts.push(part as Buffer);
        await turn();
      }
      return text(`${request.pathAndQuery}=${Buffer.concat(parts).toString('latin1')};`);
    });
    const wire = (name: string, count: number, chunked: boolean) => {
      const bodies = Array.from({ length: count }, (_, i) => `${name}${i}`.repeat(20 + i * 7));
      const requests = bodies.map((body, i) => {
        const framing = chunked
          ? `Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
          : `Content-Length: ${body.length}\r\n\r\n${body}`;
        return `POST /${name}${i} HTTP/1.1\r\nHost: ${name}.test\r\nX-Of: ${name}\r\n${framing}`;
      });
      return { bytes: requests.join(''), answers: bodies.map((body, i) => `/${name}${i}=${body};`) };
    };
    const plan = fc.record({
      count: fc.integer({ min: 1, max: 4 }),
      chunked: fc.boolean(),
      cuts: fc.array(fc.nat(2000), { maxLength: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(plan, { minLength: 2, maxLength: 6 }), async (plans) => {
        const sent = plans.map(({ count, chunked, cuts }, i) => {
          const { bytes, answers } = wire(String.fromCharCode(97 + i), count, chunked);
          const places = [0, ...cuts.filter((at) => at < bytes.length).toSorted((a, b) => a - b)];
          return {
            client: front.connect(),
            answers,
            pieces: places.map((at, k) => bytes.slice(at, places[k + 1] ?? bytes.length)),
          };
        });
        for (let round = 0; sent.some(({ pieces }) => round < pieces.length); round++) {
          for (const { client, pieces } of sent) client.socket.write(pieces[round] ?? '');
          await turn();
        }
        for (const { client, answers } of sent) {
          const got = await client.until((all) => answers.every((answer) => all.includes(answer)));
          expect(answers.filter((answer) => !got.includes(answer))).toEqual([]);
          client.socket.destroy();
        }
      }),
      { numRuns: 60 },
    );
    expect(front.errors).toEqual([]);
  });
});

function connections(server: Server): Promise<number> {
  return new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
}
