// Bytes after the end of a response are not the next response (RFC 9112 section 9.2): an origin, or somebody who can put
// bytes into its answers, must not choose what other URLs say.

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { edgeBefore, type Setting } from './support/edge-before.ts';
import { response } from './support/scripted-origin.ts';

const FRESH = 'Cache-Control: max-age=600';
const POISON = response(200, [FRESH], 'poison');

let setting: Setting;
let answers: Record<string, Buffer>;

beforeEach(async () => {
  setting = await edgeBefore(async ({ path }, socket) => {
    const answer = answers[path.split('?')[0] ?? ''];
    if (answer) return void socket.write(answer);
    // Late enough for bytes that came too early to be taken for this answer.
    await sleep(10);
    socket.write(response(200, [FRESH], `right ${path}`));
  });
});
afterEach(() => setting.close());

const LONGER: [string, Buffer][] = [
  ['a length that is too short', response(200, [FRESH, 'Content-Length: 5'], `hello${POISON}`)],
  [
    'chunks with something after them',
    response(200, [FRESH, 'Transfer-Encoding: chunked'], `5\r\nhello\r\n0\r\n\r\n${POISON}`),
  ],
  ['a 304 with a body', Buffer.concat([response(304, [FRESH]), POISON])],
  [
    'a 204 with a body',
    Buffer.concat([response(204, [FRESH]).subarray(0, -4), Buffer.from('\r\n\r\n'), POISON]),
  ],
  ['two answers at once', Buffer.concat([response(200, [FRESH], 'hello'), POISON])],
  ['an interim answer without end', Buffer.from('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 1')],
  [
    'a length and chunks',
    response(200, [FRESH, 'Content-Length: 5', 'Transfer-Encoding: chunked'], `0\r\n\r\n${POISON}`),
  ],
  ['two lengths', response(200, [FRESH, 'Content-Length: 5', 'Content-Length: 11'], 'hello world')],
];

describe('an answer longer than it says', () => {
  it.each(LONGER)('%s poisons nothing else', async (name, bytes) => {
    answers = { '/bad': bytes };
    for (let i = 0; i < 4; i++) {
      // The last of the list never ends, and is nobody's business here but a time-out's.
      const bad = setting.get(`/bad?${i}`);
      if (!name.startsWith('an interim')) await bad;
      const paths = Array.from({ length: 6 }, (_, n) => `/other/${i}/${n}`);
      const others = await Promise.all(paths.map((path) => setting.get(path)));
      expect(others.map(({ status, body }) => [status, body.toString()])).toEqual(
        paths.map((path) => [200, `right ${path}`]),
      );
    }
    expect(setting.errors).toEqual([]);
  });

  it('is not stored with a length that is a lie', async () => {
    answers = { '/two': LONGER.at(-1)?.[1] as Buffer, '/both': LONGER.at(-2)?.[1] as Buffer };
    for (const path of ['/two', '/both']) {
      await setting.get(path);
      await setting.get(path);
      expect(setting.origin.asked(path)).toBeGreaterThanOrEqual(2);
    }
  });
});
