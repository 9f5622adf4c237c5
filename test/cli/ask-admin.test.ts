// Asking an admin server: what is sent, and what is said when it refuses or is not there, for either program.

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { askAdmin, parseEndpoint, refusalOf } from '../../src/cli/ask-admin.ts';
import { listenOn } from '../../src/net/io/listen.ts';

const folder = mkdtempSync(join(tmpdir(), 'ask-admin-'));
const path = join(folder, 'admin.sock');
let server: Server | undefined;
afterEach(() => {
  server?.close();
  server = undefined;
});
afterAll(() => rmSync(folder, { recursive: true }));

async function answering(status: number, reply?: string): Promise<void> {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const type = request.headers['content-type'];
    const body = Buffer.concat(chunks).toString('latin1');
    response.writeHead(status).end(reply ?? JSON.stringify([request.method, request.url, type, body]));
  });
  await listenOn(server, { path });
}

describe('a question', () => {
  test('goes with JSON, with bytes, or with nothing', async () => {
    await answering(200);
    const ask = async (question: Parameters<typeof askAdmin>[2]) =>
      JSON.parse(await askAdmin('edge', { path }, question));
    expect(await ask({ target: '/state' })).toEqual(['GET', '/state', null, '']);
    expect(await ask({ method: 'POST', target: '/pin', body: { url: '/a' } })).toEqual([
      'POST',
      '/pin',
      'application/json',
      '{"url":"/a"}',
    ]);
    const bytes = { method: 'PUT', target: '/objects', contentType: 'image/png' } as const;
    expect(await ask({ ...bytes, body: new Uint8Array([0x89, 0x50]) })).toEqual([
      'PUT',
      '/objects',
      'image/png',
      '\x89P',
    ]);
    expect(await ask({ ...bytes, body: new Uint8Array() })).toEqual(['PUT', '/objects', 'image/png', '']);
  });
});

describe('nobody answers', () => {
  const cases: ['dns' | 'edge', string, RegExp][] = [
    [
      'dns',
      join(folder, 'none'),
      /^no DNS server answers at .*none.*\n.*is the DNS server running, and is "admin"/,
    ],
    ['edge', join(folder, 'none'), /^no edge answers at .*none.*\n.*is the edge running, and is "admin"/],
    ['dns', '127.0.0.1:1', /^no DNS server answers at .*\n.*\.\/lab dns --config FILE starts one$/],
    ['edge', '127.0.0.1:1', /^no edge answers at .*\n.*\.\/lab edge --config FILE starts one$/],
  ];
  for (const [program, where, message] of cases) {
    test(`for ${program} at ${where.replace(folder, '')}: the hint is that program’s`, async () => {
      await expect(askAdmin(program, parseEndpoint(where), { target: '/state' })).rejects.toThrow(message);
    });
  }
});

describe('a refusal', () => {
  test('is in the words of the server', async () => {
    await answering(400, JSON.stringify({ error: 'no', hint: 'so', problems: [{ message: 'a' }] }));
    await expect(askAdmin('edge', { path }, { target: '/' })).rejects.toMatchObject({
      exitCode: 1,
      problems: [{ message: 'no', hint: 'so' }, { message: 'a' }],
    });
  });

  test('that is no JSON says who said it', () => {
    expect(refusalOf({ status: 502, text: '<html>' }, { path: '/run/a' })).toEqual([
      { message: 'the admin server at /run/a says 502: <html>' },
    ]);
  });
});
