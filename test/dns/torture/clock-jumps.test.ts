// The clock is the test's: it jumps years, and back. Answers go on, cookies and signatures follow the time that it is now, and
// no client is locked out by a rate limit of a time that never was.

import { beforeAll, describe, expect, it } from 'vitest';
import { nameBytes, optRecord, type RawMessage, rawQuery, readMessage } from '../support/message.ts';
import { type TestPipeline, testPipeline } from '../support/pipeline.ts';
import { signedZone } from '../support/signed-zone.ts';

const YEAR = 365 * 86_400;
const RRSIG = 46;

const ask = (server: TestPipeline, packet: Buffer): RawMessage => {
  const reply = server.handle(packet, 'udp');
  if (!reply) throw new Error('no reply');
  return readMessage(reply);
};

describe('cookies', () => {
  const withCookie = (data: Buffer) =>
    rawQuery({ name: nameBytes('static.cdn.test'), additional: [optRecord([{ code: 10, data }])] });
  const cookieOf = (message: RawMessage) =>
    message.opt?.options.find(({ code }) => code === 10)?.data as Buffer;

  it.each([
    ['a minute on', 60, 'good'],
    ['an hour and more on', 3700, 'bad'],
    ['ten years on', 10 * YEAR, 'bad'],
    ['a minute back', -60, 'good'],
    ['an hour back', -3600, 'bad'],
  ])('%s a cookie is as old as it looks, and a new one is given', async (_sentence, seconds, verdict) => {
    const server = await testPipeline();
    const cookie = cookieOf(ask(server, withCookie(Buffer.alloc(8, 1))));
    server.clock.epochSeconds += seconds;
    const reply = ask(server, withCookie(cookie));
    expect(reply.rcode).toBe(0);
    expect(server.metrics.families.cookies.of(verdict).count).toBe(1);
    expect(cookieOf(reply).length).toBe(24);
  });
});

describe('signatures', () => {
  let server: TestPipeline;
  beforeAll(async () => {
    const { config, files } = signedZone();
    server = await testPipeline({ ...config, rateLimit: false }, files);
  });
  const window = (name: string) => {
    const packet = rawQuery({ name: nameBytes(name), additional: [optRecord([], { flags: 0x8000 })] });
    const signature = ask(server, packet).records.find(({ type }) => type === RRSIG)?.rdata as Buffer;
    return { expires: signature.readUInt32BE(8), begins: signature.readUInt32BE(12) };
  };

  it('are valid now, whenever that is: also of answers that were made before a jump', () => {
    const start = server.clock.epochSeconds;
    for (const jump of [
      0,
      3600,
      5 * 86_400,
      30 * 86_400,
      -60,
      20 * 86_400,
      -7 * 86_400,
      YEAR,
      -YEAR,
      2 * YEAR,
      0,
    ]) {
      server.clock.epochSeconds = Math.max(start - 30, start + jump);
      for (const name of ['static.cdn.test', 'www.cdn.test', 'nope.cdn.test', 'cdn.test']) {
        const { begins, expires } = window(name);
        expect(begins, name).toBeLessThanOrEqual(server.clock.epochSeconds);
        expect(expires - server.clock.epochSeconds, name).toBeGreaterThan(86_400);
      }
    }
  });
});

it('a jump of the monotonic clock, which there should not be, locks nobody out for longer than the window', async () => {
  const limits = { responsesPerSecond: 10, errorsPerSecond: 10, windowSeconds: 2, slip: 0 };
  const server = await testPipeline({ rateLimit: limits });
  const packet = rawQuery({ name: nameBytes('static.cdn.test') });
  const answered = () => server.handle(packet, 'udp') !== undefined;
  for (let i = 0; i < 1000; i++) answered();
  expect(answered(), 'limited').toBe(false);
  server.clock.monotonicMs -= 3_600_000;
  answered();
  server.clock.monotonicMs += 3000;
  expect(answered(), 'three seconds later').toBe(true);
  server.clock.monotonicMs += 1e12;
  expect(answered(), 'thirty years later').toBe(true);
});
