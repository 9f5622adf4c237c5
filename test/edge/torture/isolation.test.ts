// Nothing of one user is ever shown to another: random interleavings of users over kept connections that they share, with
// Authorization, cookies, Vary, private, no-store, Set-Cookie, validators, ranges, HEAD and time passing. What is
// personal carries its user's name, so an answer that names another is a leak, whatever the reason.

import { connect } from 'node:net';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { edgeBefore, type Reply, type Setting } from './support/edge-before.ts';
import { answerPersonally, credentials, POLICIES, USERS, type User } from './support/personal-origin.ts';

interface Step {
  policy: string;
  user: User;
  method: 'GET' | 'HEAD';
  extra: Readonly<Record<string, string>>;
  /** Seconds that pass before it; with more than 0 the step waits for those before it. */
  pauseSeconds: number;
}

const EVERYBODY: readonly User[] = [...USERS, 'nobody'];
let setting: Setting;
let seed = 1;

beforeAll(async () => {
  // Not seeded by fast-check: the order of sockets is not ours to repeat anyway.
  const jitter = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % 4;
  };
  setting = await edgeBefore((request, socket) => answerPersonally(request, socket, jitter));
});
afterAll(() => setting.close());

const step: fc.Arbitrary<Step> = fc.record({
  policy: fc.constantFrom(...Object.keys(POLICIES)),
  user: fc.constantFrom(...EVERYBODY),
  method: fc.oneof(
    { weight: 6, arbitrary: fc.constant('GET' as const) },
    { weight: 1, arbitrary: fc.constant('HEAD' as const) },
  ),
  extra: fc.constantFrom<Record<string, string>>(
    {},
    {},
    {},
    { Range: 'bytes=0-99' },
    { 'If-None-Match': '"x"' },
    { 'If-Modified-Since': 'Thu, 01 Jan 2099 00:00:00 GMT' },
    { 'Cache-Control': 'max-stale=600' },
    { 'Cache-Control': 'no-cache' },
    { 'Cache-Control': 'only-if-cached' },
    { 'Accept-Language': 'de', 'Accept-Encoding': 'gzip' },
  ),
  pauseSeconds: fc.oneof(
    { weight: 8, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.constantFrom(1, 30, 70, 200) },
  ),
});

/** Few policies in one run, so that users meet on them. */
const script = fc
  .uniqueArray(fc.constantFrom(...Object.keys(POLICIES)), { minLength: 1, maxLength: 3 })
  .chain((policies) =>
    fc.array(
      fc.tuple(step, fc.constantFrom(...policies)).map(([each, policy]) => ({ ...each, policy })),
      { minLength: 4, maxLength: 30 },
    ),
  );

/** What is told to nobody in particular may be told to all. */
function leak(user: User, { headers, body }: Reply): string | undefined {
  const shown = `${JSON.stringify(headers)} ${body.toString('latin1')}`;
  return USERS.find((other) => other !== user && new RegExp(`\\b${other}\\b`).test(shown));
}

describe('isolation', () => {
  it('shows nobody what is another user’s, in any interleaving', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        run++;
        const leaks: string[] = [];
        let underway: Promise<void>[] = [];
        for (const { policy, user, method, extra, pauseSeconds } of steps) {
          if (pauseSeconds > 0) {
            await Promise.all(underway);
            underway = [];
            setting.advance(pauseSeconds);
          }
          const path = `/${policy}/${run}`;
          const fields = {
            ...credentials(user, (POLICIES[policy] as { credential: 'cookie' }).credential),
            ...extra,
          };
          underway.push(
            setting.get(path, fields, method).then((reply) => {
              const other = leak(user, reply);
              if (other) leaks.push(`${user} saw ${other}: ${policy} ${reply.status} ${reply.cacheStatus}`);
              if (reply.broken && reply.status === 0) leaks.push(`${user} got no answer: ${policy}`);
            }),
          );
        }
        await Promise.all(underway);
        expect(leaks).toEqual([]);
      }),
      { numRuns: 60 },
    );
    expect(setting.errors).toEqual([]);
  });

  it.each(Object.keys(POLICIES))('keeps a herd of users apart: %s', async (policy) => {
    const { credential } = POLICIES[policy] as { credential: 'cookie' };
    for (const warm of [false, true]) {
      const path = `/${policy}/herd`;
      if (warm) setting.advance(61);
      const asks = Array.from({ length: 60 }, (_, i) => EVERYBODY[i % EVERYBODY.length] as User);
      const replies = await Promise.all(asks.map((user) => setting.get(path, credentials(user, credential))));
      const leaks = replies.flatMap((reply, i) => leak(asks[i] as User, reply) ?? []);
      expect(leaks).toEqual([]);
      for (const { status, broken } of replies)
        expect([status, broken]).toEqual([POLICIES[policy]?.status ?? 200, false]);
    }
  });

  it('keeps the order of pipelined requests of several users', async () => {
    for (let round = 0; round < 8; round++) {
      const users = Array.from({ length: 12 }, (_, i) => EVERYBODY[(i * 7 + round) % 4] as User);
      const policies = ['private', 'vary-cookie', 'no-cache', 'set-cookie'];
      const requests = users.map((user, i) => {
        const fields = {
          Host: 'a',
          ...credentials(user, 'cookie'),
          ...(i === 11 && { Connection: 'close' }),
        };
        const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
        return `GET /${policies[i % policies.length]}/pipelined-${round} HTTP/1.1\r\n${lines.join('')}\r\n`;
      });
      const text = await exchange(setting.port, requests.join(''));
      const bodies = text.split(/HTTP\/1\.1 200 /).slice(1);
      expect(bodies.map((body) => /only for (\w+)/.exec(body)?.[1])).toEqual(users);
    }
  });
});

/** All that comes back until the connection closes. */
function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
    socket.write(bytes);
  });
}
