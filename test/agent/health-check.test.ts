import { createSocket } from 'node:dgram';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import dnsPacket from 'dns-packet';
import { afterEach, describe, expect, test } from 'vitest';
import { encodeSoaQuery, judgeSoaAnswer } from '../../src/agent/dns-check.ts';
import { checkDns, checkHttp, checkService } from '../../src/agent/io/health-check.ts';

const closers: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function httpServer(status: number | 'silent'): Promise<string> {
  const server: Server = createServer((_, response) => {
    if (status !== 'silent') response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/healthz`;
}

async function dnsServer(reply: Partial<dnsPacket.Packet> | 'silent'): Promise<number> {
  const socket = createSocket('udp4');
  socket.on('message', (message, peer) => {
    if (reply === 'silent') return;
    const query = dnsPacket.decode(message);
    const answer = dnsPacket.encode({ type: 'response', id: query.id, questions: query.questions, ...reply });
    socket.send(answer, peer.port, peer.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  closers.push(() => socket.close());
  return socket.address().port;
}

const SOA: dnsPacket.Answer = {
  name: 'cdn.test',
  type: 'SOA',
  ttl: 60,
  data: {
    mname: 'ns1.cdn.test',
    rname: 'admin.cdn.test',
    serial: 1,
    refresh: 1,
    retry: 1,
    expire: 1,
    minimum: 1,
  },
};

describe('HTTP check', () => {
  test.each([
    [200, { ok: true, detail: 'HTTP 200' }],
    [503, { ok: false, detail: 'HTTP 503' }],
  ])('status %i', async (status, outcome) => {
    expect(await checkHttp(await httpServer(status), 1000)).toEqual(outcome);
  });

  test('silence and refusal are outcomes, not exceptions', async () => {
    expect(await checkHttp(await httpServer('silent'), 50)).toEqual({
      ok: false,
      detail: 'HTTP: no answer in 50 ms',
    });
    expect(await checkHttp('http://127.0.0.1:1/', 1000)).toEqual({
      ok: false,
      detail: 'HTTP: connection refused',
    });
  });

  test('of several addresses all must pass', async () => {
    const url = [await httpServer(200), await httpServer(503)];
    expect(await checkService({ kind: 'http', url }, 1000)).toEqual({ ok: false, detail: 'HTTP 503' });
  });
});

describe('DNS check', () => {
  const check = async (reply: Parameters<typeof dnsServer>[0], timeoutMs = 1000) =>
    checkDns({ address: '127.0.0.1', port: await dnsServer(reply), name: 'cdn.test' }, timeoutMs);

  test.each<[string, Parameters<typeof dnsServer>[0], { ok: boolean; detail: string }]>([
    [
      'an SOA with authority passes',
      { flags: dnsPacket.AUTHORITATIVE_ANSWER, answers: [SOA] },
      { ok: true, detail: 'DNS answers' },
    ],
    [
      'an answer without authority fails',
      { answers: [SOA] },
      { ok: false, detail: 'DNS answer without authority' },
    ],
    ['SERVFAIL fails', { flags: 2 }, { ok: false, detail: 'DNS response code 2' }],
    [
      'an empty answer fails',
      { flags: dnsPacket.AUTHORITATIVE_ANSWER },
      { ok: false, detail: 'DNS answer without SOA' },
    ],
  ])('%s', async (_, reply, outcome) => {
    expect(await check(reply)).toEqual(outcome);
  });

  test('silence and a closed port fail', async () => {
    expect(await check('silent', 50)).toEqual({ ok: false, detail: 'DNS: no answer in 50 ms' });
    const closed = await checkDns({ address: '127.0.0.1', port: 1, name: 'cdn.test' }, 1000);
    expect(closed).toEqual({ ok: false, detail: 'DNS: connection refused' });
  });

  test('the query is what another DNS library reads as one', () => {
    expect(dnsPacket.decode(Buffer.from(encodeSoaQuery(4711, 'cdn.test.')))).toMatchObject({
      id: 4711,
      type: 'query',
      questions: [{ name: 'cdn.test', type: 'SOA', class: 'IN' }],
    });
  });

  test('stray, short and foreign messages are not answers', () => {
    expect(judgeSoaAnswer(new Uint8Array(5), 1)).toBeUndefined();
    expect(judgeSoaAnswer(encodeSoaQuery(1, 'cdn.test'), 1)).toBeUndefined();
    const foreign = dnsPacket.encode({ type: 'response', id: 2, flags: 2 });
    expect(judgeSoaAnswer(foreign, 1)).toBeUndefined();
  });
});
