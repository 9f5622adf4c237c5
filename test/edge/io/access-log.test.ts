// The access log: what a line says, and a writer that loses no line of a healthy disk and blocks on no broken one.

import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type AccessLogEntry,
  createAccessLogBuffer,
  createSampler,
  formatAccessLogLine,
  MOST_PENDING_CHARACTERS,
} from '../../../src/edge/access-log.ts';
import { openAccessLog } from '../../../src/edge/io/access-log-writer.ts';

const folder = await mkdtemp(join(tmpdir(), 'access-log-'));
afterAll(() => rm(folder, { recursive: true }));

const entry: AccessLogEntry = {
  atMs: Date.UTC(2026, 10, 21, 11, 12, 23),
  clientAddress: '198.51.100.77',
  method: 'GET',
  host: 'www.cdn.test',
  path: '/a?b="c"',
  status: 200,
  bytes: 1000,
  result: 'miss',
  ttlSeconds: 60,
  upstream: 'origin',
  firstByteMs: 1.23456,
  totalMs: 2,
  requestId: 'r1',
};

describe('a line', () => {
  it('is an object of JSON without the client’s own address', () => {
    const line = formatAccessLogLine(entry, { format: 'json' });
    expect(JSON.parse(line)).toEqual({
      at: '2026-11-21T11:12:23.000Z',
      client: '198.51.100.0/24',
      method: 'GET',
      host: 'www.cdn.test',
      path: '/a?b="c"',
      status: 200,
      bytes: 1000,
      result: 'miss',
      ttlSeconds: 60,
      upstream: 'origin',
      requestId: 'r1',
      firstByteMs: 1.235,
      totalMs: 2,
    });
  });

  it('is one of the combined format', () => {
    const line = formatAccessLogLine(
      { ...entry, userAgent: 'x\n"y' },
      { format: 'combined', wholeAddresses: true },
    );
    expect(line).toBe(
      '198.51.100.77 - - [21/Nov/2026:11:12:23 +0000] "GET /a?b=\\x22c\\x22 HTTP/1.1" 200 1000 "-" "x\\x0A\\x22y" ' +
        '"www.cdn.test" MISS 0.002\n',
    );
  });

  it.each([
    ['2001:db8:1:2::7', '2001:db8:1::/48'],
    ['::ffff:192.0.2.9', '192.0.2.0/24'],
    ['unknown', '-'],
  ])('writes %s as %s', (clientAddress, client) => {
    expect(JSON.parse(formatAccessLogLine({ ...entry, clientAddress }, { format: 'json' })).client).toBe(
      client,
    );
  });

  it('stays one line whatever clients send', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('json', 'combined'), (text, format) => {
        const hostile = { ...entry, path: text, host: text, userAgent: text, referer: text, method: text };
        const line = formatAccessLogLine(hostile, { format: format as 'json' });
        expect(line.indexOf('\n')).toBe(line.length - 1);
        expect(line).not.toContain('\r');
      }),
    );
  });
});

describe('sampling', () => {
  it('takes one in n, the first among them', () => {
    const wants = createSampler(3);
    expect(Array.from({ length: 7 }, wants)).toEqual([true, false, false, true, false, false, true]);
    expect(createSampler(0)()).toBe(false);
  });
});

describe('the writer', () => {
  it('loses no line, and after rotation writes to the new file', async () => {
    const file = join(folder, 'access.log');
    const log = await openAccessLog({ file, format: 'json', every: 1 });
    for (let i = 0; i < 1000; i++) log.add({ ...entry, status: i });
    await rename(file, `${file}.1`);
    await log.reopen();
    log.add({ ...entry, status: 1000 });
    await log.close();
    const statuses = async (name: string) =>
      (await readFile(name, 'utf8'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).status);
    expect(await statuses(`${file}.1`)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(await statuses(file)).toEqual([1000]);
    expect(log.droppedLines).toBe(0);
  });

  it('says which file it cannot open', async () => {
    await expect(
      openAccessLog({ file: join(folder, 'no', 'log'), format: 'json', every: 1 }),
    ).rejects.toThrow(/cannot open the access log/);
  });

  it('counts what a full disk loses, says it once, and goes on', async () => {
    const events: string[] = [];
    const log = await openAccessLog({ file: '/dev/full', format: 'json', every: 1 }, (event) =>
      events.push(event),
    );
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 500; i++) log.add(entry);
    }
    await log.close();
    expect(log.droppedLines).toBe(1500);
    expect(events).toEqual(['access-log-failing']);
  });

  it('drops lines when the disk does not keep up, and holds a bounded amount', () => {
    let dropped = 0;
    let written = 0;
    const buffer = createAccessLogBuffer(
      {
        write: (chunk) => {
          written += chunk.length;
        },
        get pendingCharacters() {
          return written;
        },
        dropped: (lines) => {
          dropped += lines;
        },
      },
      { format: 'json' },
    );
    for (let i = 0; i < 30_000; i++) buffer.add(entry);
    expect(written).toBeLessThan(MOST_PENDING_CHARACTERS + 200_000);
    expect(dropped).toBeGreaterThan(0);
  });
});
