// Clients that take their time, take too much or do not let go, and a server that closes.

import { afterEach, describe, expect, it } from 'vitest';
import { echo, type Front, startFront, statuses, text } from './http-listener-support.ts';

const H = 'Host: a.test\r\n';
const get = (path: string, lines = '') => `GET ${path} HTTP/1.1\r\n${H}${lines}\r\n`;

let front: Front;
afterEach(() => front.close());

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('time', () => {
  it('for a head is limited as a whole, however busily its bytes drip', async () => {
    front = await startFront(echo, { limits: { headTimeoutMs: 150, keepAliveTimeoutMs: 10_000 } });
    const client = front.connect();
    client.socket.write(`GET / HTTP/1.1\r\n${H}X-A: `);
    const drip = setInterval(() => client.socket.write('a'), 10);
    await client.closed;
    clearInterval(drip);
    expect([statuses(client.text()), front.reached]).toEqual([[408], []]);
  });

  it('for a body is given as long as bytes come fast enough', async () => {
    const limits = { bodyWindowMs: 100, minBytesPerSecond: 1000, lingerMs: 50 };
    front = await startFront(echo, { limits });
    const post = `POST / HTTP/1.1\r\n${H}Connection: close\r\nContent-Length: 2000\r\n\r\n`;
    const slow = front.connect();
    slow.socket.write(post);
    const drip = setInterval(() => slow.socket.write('a'), 20);
    const steady = front.connect();
    steady.socket.write(post);
    for (let i = 0; i < 10; i++) {
      steady.socket.write('x'.repeat(200));
      await pause(30);
    }
    await Promise.all([slow.closed, steady.closed]);
    clearInterval(drip);
    expect([statuses(slow.text()), statuses(steady.text())]).toEqual([[408], [200]]);
  });

  it('without a request is limited, before the first and after each', async () => {
    front = await startFront(echo, { limits: { keepAliveTimeoutMs: 100 } });
    const silent = front.connect();
    const once = front.connect();
    once.socket.write(get('/'));
    await Promise.all([silent.closed, once.closed]);
    expect([silent.text(), statuses(once.text()), front.metrics.requests['bad-request']]).toEqual([
      '',
      [200],
      0,
    ]);
  });

  it('to take an answer is limited for a client that takes nothing', async () => {
    const chunks = [Buffer.alloc(30_000_000)];
    front = await startFront(() => ({ ...text(''), body: { kind: 'chunks', chunks } }), {
      limits: { sendTimeoutMs: 100, minBytesPerSecond: 1_000_000_000 },
    });
    const client = front.connect();
    client.socket.pause();
    client.socket.write(get('/'));
    await expect.poll(() => front.metrics.clientAborts).toBe(1);
    client.socket.destroy();
  });
});

describe('number', () => {
  it('of connections is limited, in all and per client', async () => {
    front = await startFront(echo, { limits: { connections: 3, connectionsPerClient: 2 } });
    const first = front.connect();
    const second = front.connect();
    first.socket.write(get('/'));
    second.socket.write(get('/'));
    await Promise.all([first.until('GET /'), second.until('GET /')]);
    // Told before it has asked, and whatever it asks.
    for (const sent of [[], [get('/')], ['nonsense', 'more']]) {
      const reply = await front.send(...sent);
      expect(statuses(reply)).toEqual([503]);
      expect(reply).toMatch(/\r\nRetry-After: \d+\r\nConnection: close\r\n\r\n\{.*\}\n$/);
    }
    expect([...front.metrics.refusedConnections]).toEqual([['connectionsPerClient', 3]]);
    expect(front.reached).toEqual(['GET /', 'GET /']);
    first.socket.destroy();
    await expect
      .poll(async () => statuses(await front.send(get('/', 'Connection: close\r\n'))))
      .toEqual([200]);
  });

  it('of requests on a connection is limited, and the last answer says so', async () => {
    front = await startFront(echo, { limits: { requestsPerConnection: 3 } });
    const reply = await front.send(get('/').repeat(5));
    expect([statuses(reply), reply.match(/Connection: close/g)?.length]).toEqual([[200, 200, 200], 1]);
  });
});

describe('a server that closes', () => {
  it('answers what is in hand and what is on its way, and then lets go', async () => {
    let release: () => void = () => {};
    front = await startFront(async (request) => {
      if (request.pathAndQuery === '/slow')
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      return echo(request);
    });
    const inHand = front.connect();
    const idle = front.connect();
    inHand.socket.write(get('/slow'));
    idle.socket.write(get('/1'));
    await idle.until('GET /1');
    await expect.poll(() => front.reached.length).toBe(2);
    const drained = front.server.drain(5000);
    idle.socket.write(get('/2'));
    await idle.closed;
    release();
    await inHand.closed;
    await drained;
    expect(idle.text()).toMatch(/Connection: close\r\n[\s\S]*GET \/2$/);
    expect(inHand.text()).toMatch(/Connection: close\r\n[\s\S]*GET \/slow$/);
  });

  it('lets idle connections go long before its grace is over', async () => {
    front = await startFront();
    const idle = front.connect();
    idle.socket.write(get('/'));
    await idle.until('GET /');
    await front.server.drain(60_000);
    await idle.closed;
  });

  it('breaks off what does not end in time', async () => {
    front = await startFront(() => new Promise(() => {}));
    const stuck = front.connect();
    stuck.socket.write(get('/'));
    await expect.poll(() => front.reached.length).toBe(1);
    await front.server.drain(20);
    await stuck.closed;
    expect(stuck.text()).toBe('');
  });
});
