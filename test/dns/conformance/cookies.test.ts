// DNS cookies (RFC 7873) in the form that all servers of an anycast set can check (RFC 9018), between real processes.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { adminText, metricSum } from '../support/admin.ts';
import { nameBytes, optRecord, type RawMessage, rawQuery, readMessage } from '../support/message.ts';
import { askTcp, askUdp } from '../support/raw-socket.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { worldConfig, worldFiles } from '../support/world.ts';

const SECRET = 'e5e973e5a6b2a43f48e7dc849e37bfcf';
const OTHER_SECRET = '445536bcd2513298075a5d379663c962';
const CLIENT = Buffer.from('2464c4abcf10c957', 'hex');

let server: RunningServer;
let sibling: RunningServer;
let stranger: RunningServer;
beforeAll(async () => {
  const start = (secrets: string) =>
    startServer({
      config: worldConfig({
        workers: 0,
        cookies: { secretFile: 'secret' },
        admin: { address: '127.0.0.1', port: 0 },
      }),
      files: { ...worldFiles(), secret: secrets },
    });
  [server, sibling, stranger] = await Promise.all([
    // Counts of worker threads come a second late.
    start(`${SECRET}\n`),
    // In the middle of a change of secrets: the old one still counts.
    start(`${OTHER_SECRET}\n${SECRET}\n`),
    start(`${OTHER_SECRET}\n`),
  ]);
});
afterAll(() => Promise.all([server.stop(), sibling.stop(), stranger.stop()]));

const question = (cookie: Buffer) =>
  rawQuery({ name: nameBytes('static.cdn.test'), additional: [optRecord([{ code: 10, data: cookie }])] });

async function ask(of: RunningServer, cookie: Buffer, from?: string): Promise<RawMessage> {
  const reply = await askUdp({ port: of.port, ...(from && { from }) }, question(cookie));
  if (!reply) throw new Error('no reply');
  return readMessage(reply);
}

const cookieOf = (message: RawMessage) =>
  message.opt?.options.find(({ code }) => code === 10)?.data ?? Buffer.alloc(0);

async function verdicts(of: RunningServer, verdict: string): Promise<number> {
  return metricSum(await adminText(of, '/metrics'), 'dns_cookies_total', `verdict="${verdict}"`);
}

it('a client cookie gets a server cookie of 16 bytes, version 1, with the time', async () => {
  const reply = await ask(server, CLIENT);
  const cookie = cookieOf(reply);
  expect(reply.rcode).toBe(0);
  expect(reply.records.length, 'and its answer').toBeGreaterThan(0);
  expect(cookie.length).toBe(24);
  expect(cookie.subarray(0, 8)).toEqual(CLIENT);
  expect(cookie[8]).toBe(1);
  expect(Math.abs(cookie.readUInt32BE(12) - Date.now() / 1000)).toBeLessThan(60);
});

it('the whole cookie is good here and at every server with the secret, and nowhere else', async () => {
  const cookie = cookieOf(await ask(server, CLIENT));
  for (const [of, expected] of [
    [server, 'good'],
    [sibling, 'good'],
    [stranger, 'bad'],
  ] as const) {
    const before = await verdicts(of, expected);
    expect((await ask(of, cookie)).rcode).toBe(0);
    expect(await verdicts(of, expected), expected).toBe(before + 1);
  }
});

it('it is bad from another address, for another client cookie, with any bit changed, and out of its time', async () => {
  const cookie = cookieOf(await ask(server, CLIENT));
  const changed = (at: number, value?: number) => {
    const copy = Buffer.from(cookie);
    copy[at] = value ?? (copy[at] as number) ^ 1;
    return copy;
  };
  const old = Buffer.from(cookie);
  old.writeUInt32BE(cookie.readUInt32BE(12) - 3700, 12);
  const before = await verdicts(server, 'bad');
  const bad = [changed(0), changed(8, 2), changed(12), changed(16), changed(23), old];
  for (const each of bad) {
    const reply = await ask(server, each);
    // No BADCOOKIE without need: the answer, and a new cookie (RFC 7873 section 5.2.4).
    expect(reply.rcode).toBe(0);
    expect(cookieOf(reply).length).toBe(24);
    expect(cookieOf(reply)).not.toEqual(each);
  }
  await ask(server, cookie, '127.0.0.9');
  expect(await verdicts(server, 'bad')).toBe(before + bad.length + 1);
});

it.each([0, 1, 7, 9, 12, 15, 41, 60])('a cookie of %i bytes is FORMERR', async (length) => {
  expect((await ask(server, Buffer.alloc(length, 1))).rcode).toBe(1);
});

it('server cookies of other servers, of 8 to 32 bytes, are bad but not malformed', async () => {
  for (const length of [16, 20, 24, 32, 40]) {
    const reply = await ask(server, Buffer.concat([CLIENT, Buffer.alloc(length - 8, 5)]));
    expect(reply.rcode).toBe(0);
    expect(cookieOf(reply).length).toBe(24);
  }
});

it('over TCP a cookie comes back too', async () => {
  const reply = await askTcp(server, question(CLIENT));
  expect(reply && cookieOf(readMessage(reply)).length).toBe(24);
});

it('"cookies": false is without', async () => {
  const plain = await startServer({ config: worldConfig({ cookies: false }), files: worldFiles() });
  const reply = await ask(plain, CLIENT);
  expect(reply.rcode).toBe(0);
  expect(cookieOf(reply).length).toBe(0);
  await plain.stop();
});
