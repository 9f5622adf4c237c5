import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../../src/base/errors.ts';
import type { AdminPlace } from '../../../src/dns/io/admin-access.ts';
import { startAdminServer } from '../../../src/dns/io/admin-server.ts';
import type { AdminSubject } from '../../../src/dns/io/admin-subject.ts';
import type { Listener } from '../../../src/dns/io/listener.ts';

const TOKEN = '0123456789abcdef0123456789abcdef';
let folder: string;
let asked: unknown[];
const running: Listener[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'catchment-admin-'));
  asked = [];
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
  rmSync(folder, { recursive: true });
});

const SUBJECT: AdminSubject = {
  healthz: () => ({ status: 'ok', nsid: 'here', popsUp: 2, popsWithRtts: 0, oldestRttAt: null }),
  healthView: () => ({ server: 'here', pops: [] }),
  state: () => ({ nsid: 'here', pops: [] }),
  metrics: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'dns_queries_total 1\n' }),
  explain: (question) => {
    asked.push(question);
    return question.client === 'nobody'
      ? 'client: `nobody` is not an address'
      : ({ rcode: 'NOERROR' } as never);
  },
  reload: async () => ({ ok: true, problems: [] }),
  override: async (pattern, state, reason) => {
    if (pattern === 'pop-xyz') throw new UserError({ message: 'there is no POP pop-xyz', hint: 'pop-fra' });
    asked.push([pattern, state, reason]);
    return { pops: ['pop-fra'] };
  },
};

async function start(place: AdminPlace, subject: Partial<AdminSubject> = {}): Promise<Listener> {
  const server = await startAdminServer(place, { ...SUBJECT, ...subject });
  running.push(server);
  return server;
}

interface Asked {
  method?: string;
  body?: string;
  headers?: Record<string, string>;
}

function ask(server: Listener, path: string, { method = 'GET', body, headers }: Asked = {}) {
  const where =
    server.port === 0 ? { socketPath: server.address } : { host: server.address, port: server.port };
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const outgoing = request({ ...where, path, method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const json = async (...args: Parameters<typeof ask>) => {
  const { status, text } = await ask(...args);
  return { status, body: JSON.parse(text) };
};

describe('what can be asked', () => {
  it('health, state, metrics', async () => {
    const server = await start({ path: join(folder, 'dns.sock') });
    expect(await json(server, '/healthz')).toMatchObject({ status: 200, body: { status: 'ok', popsUp: 2 } });
    expect(await json(server, '/state')).toMatchObject({ status: 200, body: { nsid: 'here' } });
    expect(await ask(server, '/metrics')).toEqual({ status: 200, text: 'dns_queries_total 1\n' });
    expect(await ask(server, '/healthz', { method: 'HEAD' })).toEqual({ status: 200, text: '' });
  });

  it('an unhealthy server says 503 and why', async () => {
    const server = await start(
      { path: join(folder, 'dns.sock') },
      { healthz: () => ({ status: 'ending', popsUp: 2 }) },
    );
    expect(await json(server, '/healthz')).toEqual({ status: 503, body: { status: 'ending', popsUp: 2 } });
  });

  it('an explanation, with POPs taken for down', async () => {
    const server = await start({ path: join(folder, 'dns.sock') });
    await ask(server, '/explain?name=www.cdn.test&type=AAAA&client=1.2.3.4&from=source&down=a,b');
    await ask(server, '/explain?name=www.cdn.test&client=1.2.3.4');
    expect(asked).toEqual([
      { name: 'www.cdn.test', type: 'AAAA', client: '1.2.3.4', from: 'source', down: ['a', 'b'] },
      { name: 'www.cdn.test', type: 'A', client: '1.2.3.4', from: 'ecs' },
    ]);
    for (const path of ['/explain', '/explain?name=x&client=nobody']) {
      expect(await json(server, path)).toMatchObject({ status: 400, body: { hint: expect.any(String) } });
    }
  });

  it('a reload, which may be refused', async () => {
    const path = join(folder, 'dns.sock');
    const server = await start({ path });
    expect(await json(server, '/reload', { method: 'POST' })).toEqual({
      status: 200,
      body: { reloaded: true },
    });
    const problems = [{ file: 'a.zone', line: 3, message: 'no such type' }];
    const bad = await start({ path: `${path}2` }, { reload: async () => ({ ok: false, problems }) });
    expect(await json(bad, '/reload', { method: 'POST' })).toMatchObject({
      status: 422,
      body: { reloaded: false, problems },
    });
  });

  it('an override set and taken away', async () => {
    const server = await start({ path: join(folder, 'dns.sock') });
    const body = JSON.stringify({ state: 'drain', reason: 'new disks' });
    expect(await json(server, '/override/pop-*', { method: 'PUT', body })).toEqual({
      status: 200,
      body: { pattern: 'pop-*', state: 'drain', reason: 'new disks', pops: ['pop-fra'] },
    });
    await ask(server, '/override/pop-fra', { method: 'DELETE' });
    expect(asked).toEqual([
      ['pop-*', 'drain', 'new disks'],
      ['pop-fra', undefined, undefined],
    ]);
  });

  const wrong: [string, string, Asked, number, RegExp][] = [
    ['an unknown path', '/help', {}, 404, /GET \/healthz, .*GET \/metrics.*PUT \/override\/POP/],
    ['a wrong method', '/reload', {}, 405, /try POST \/reload/],
    ['an override of nothing', '/override/', { method: 'PUT' }, 404, /try/],
    ['an override without a body', '/override/pop-fra', { method: 'PUT' }, 400, /not JSON/],
    [
      'an override that is a number',
      '/override/pop-fra',
      { method: 'PUT', body: '3' },
      400,
      /up, down, drain/,
    ],
    [
      'an unknown state',
      '/override/pop-fra',
      { method: 'PUT', body: '{"state":"off"}' },
      400,
      /up, down, drain/,
    ],
    [
      'a reason of two lines',
      '/override/pop-fra',
      { method: 'PUT', body: JSON.stringify({ state: 'up', reason: 'a\npop-* => down' }) },
      400,
      /a line of at most/,
    ],
    [
      'a pattern that would be a line of its own',
      '/override/a%0Apop-*',
      { method: 'PUT', body: '{"state":"up"}' },
      400,
      /not a POP or a pattern/,
    ],
    ['an unknown POP', '/override/pop-xyz', { method: 'DELETE' }, 400, /there is no POP pop-xyz.*pop-fra/s],
    ['a broken escape', '/override/%E0%A4%A', { method: 'DELETE' }, 400, /URL-encoded/],
    ['a catchment of a server without', '/catchment?name=x', {}, 404, /lab catchment/],
    ['a body without end', '/override/a', { method: 'PUT', body: 'x'.repeat(5000) }, 413, /4096/],
  ];
  for (const [what, path, options, status, text] of wrong) {
    it(`not ${what}`, async () => {
      const server = await start({ path: join(folder, 'dns.sock') });
      const reply = await ask(server, path, options);
      expect(reply.text).toMatch(text);
      expect(reply.status).toBe(status);
      expect(JSON.parse(reply.text).error).toEqual(expect.any(String));
    });
  }

  it('no overrides where no file is configured', async () => {
    const server = await start({ path: join(folder, 'dns.sock') }, { override: undefined });
    const reply = await json(server, '/override/a', { method: 'DELETE' });
    expect(reply).toMatchObject({ status: 409, body: { hint: expect.stringContaining('overrides') } });
  });
});

describe('a UNIX socket', () => {
  it('is for its owner and group', async () => {
    const path = join(folder, 'dns.sock');
    await start({ path });
    expect(statSync(path).mode & 0o777).toBe(0o660);
  });

  it('is taken over by a successor, whose socket outlives the predecessor', async () => {
    const path = join(folder, 'dns.sock');
    writeFileSync(path, 'left by a killed process');
    const old = await startAdminServer({ path }, SUBJECT);
    const fresh = await start({ path }, { healthz: () => ({ status: 'ok', who: 'fresh' }) });
    await old.close();
    expect(await json(fresh, '/healthz')).toMatchObject({ body: { who: 'fresh' } });
    await running.pop()?.close();
    expect(existsSync(path)).toBe(false);
  });
});

describe('a TCP port', () => {
  const port = (tokenFile?: string): AdminPlace => ({ address: '127.0.0.1', port: 0, tokenFile });

  it('open to others is refused without a token', async () => {
    for (const address of ['0.0.0.0', '192.0.2.1', '::', '::ffff:127.0.0.1']) {
      await expect(start({ address, port: 0 })).rejects.toThrow(/for everybody.*\n.*loopback/);
    }
  });

  it('on loopback answers programs, and no web page', async () => {
    const server = await start(port());
    expect((await ask(server, '/healthz')).status).toBe(200);
    expect((await ask(server, '/healthz', { headers: { host: 'localhost:8053' } })).status).toBe(200);
    const pages: Record<string, string>[] = [{ origin: 'http://evil.test' }, { host: 'rebound.evil.test' }];
    for (const headers of pages) {
      expect(await json(server, '/reload', { method: 'POST', headers })).toMatchObject({ status: 403 });
    }
  });

  it('with a token answers who has it', async () => {
    const file = join(folder, 'token');
    writeFileSync(file, `${TOKEN}\n`, { mode: 0o600 });
    const server = await start(port(file));
    const status = async (authorization?: string) =>
      (await ask(server, '/healthz', { headers: authorization ? { authorization } : {} })).status;
    expect(await status(`Bearer ${TOKEN}`)).toBe(200);
    expect(await status()).toBe(401);
    expect(await status(TOKEN)).toBe(401);
    for (const wrong of [TOKEN.slice(1), `${TOKEN}x`, TOKEN.toUpperCase()]) {
      expect(await status(`Bearer ${wrong}`)).toBe(401);
    }
    writeFileSync(file, 'another-token-of-the-operator');
    expect(await status(`Bearer ${TOKEN}`)).toBe(401);
    expect(await status('bearer another-token-of-the-operator')).toBe(200);
    rmSync(file);
    expect(await status('Bearer another-token-of-the-operator')).toBe(500);
  });

  const unsafe: [string, string, number, RegExp][] = [
    ['others can read', TOKEN, 0o644, /others can read.*\n.*0600\n.*0644\n.*chmod 600/],
    ['its group can read', TOKEN, 0o640, /others can read/],
    ['is empty', '\n', 0o600, /no safe token/],
    ['is short', 'secret', 0o600, /at least 16/],
    ['has two words', `${TOKEN} ${TOKEN}`, 0o600, /one word/],
  ];
  for (const [what, text, mode, message] of unsafe) {
    it(`is refused with a token file that ${what}`, async () => {
      const file = join(folder, 'token');
      writeFileSync(file, text, { mode });
      await expect(start(port(file))).rejects.toThrow(message);
    });
  }

  it('is refused without its token file', async () => {
    await expect(start(port(join(folder, 'none')))).rejects.toThrow(
      /cannot read the admin token.*\n.*openssl/,
    );
  });

  it('survives what is no HTTP', async () => {
    const server = await start(port());
    const socket = connect(server.port, '127.0.0.1');
    socket.end('\u0000\u0001garbage\r\n\r\n');
    await new Promise((resolve) => socket.on('close', resolve).resume());
    expect((await ask(server, '/healthz')).status).toBe(200);
  });
});
