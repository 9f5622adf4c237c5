import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UserError } from '../../src/base/errors.ts';
import { runCheck } from '../../src/cli/edge/check.ts';
import { CTL_ACTIONS, type CtlOptions, runCtl } from '../../src/cli/edge/ctl.ts';
import { purgeText, statusText } from '../../src/cli/edge/ctl-text.ts';
import { adminEndpoint } from '../../src/cli/edge/endpoint.ts';
import { type ExplainOptions, runExplain } from '../../src/cli/edge/explain.ts';
import { TRACE_FIELD, traceHeaderValue } from '../../src/edge/explain-header.ts';
import { capturedCli } from './captured-output.ts';

const CONFIG = {
  listen: [{ address: '127.0.0.1', port: 0 }],
  pop: 'fra',
  origin: { host: 'origin.test', address: '127.0.0.1', port: 80 },
  routes: [
    { match: { path: '/static/*' }, key: { query: { keep: ['v'] } }, stale: { ifError: 60 } },
    { match: { path: '/app/*' }, bypass: { cookies: ['session'] }, stale: { ifError: 60 } },
  ],
};

let folder: string;
let server: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'catchment-cli-edge-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  server?.close();
  server = undefined;
});

function write(name: string, content: string | object): string {
  const file = join(folder, name);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

async function failure(task: () => unknown): Promise<{ code: number; err: string }> {
  try {
    await task();
  } catch (error) {
    if (error instanceof UserError) return { code: error.exitCode, err: error.message };
    throw error;
  }
  throw new Error('it did not fail');
}

/** A server that answers what it was asked, or `reply`. */
async function answering(
  reply?: (headers: NodeJS.Dict<string | string[]>) => Record<string, string>,
): Promise<string> {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      for (const [name, value] of Object.entries(reply?.(request.headers) ?? {}))
        response.setHeader(name, value);
      response.end(
        JSON.stringify({ method: request.method, target: request.url, body: body && JSON.parse(body) }),
      );
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('./lab edge check', () => {
  const check = async (file: string, strict = false) => {
    const cli = capturedCli();
    return { ok: await runCheck(cli, file, { strict }), out: cli.out() };
  };

  test('is content with a sound configuration, and tells consequences', async () => {
    const { ok, out } = await check(write('edge.json', CONFIG));
    expect(ok).toBe(true);
    expect(out).toMatch(/note: routes\[0\].stale: s-maxage.*\n {2}breaks: .*\n {2}hint: /);
    expect(out).toContain('ok: 2 routes');
    expect(out).toMatch(/edge.json: 0 errors, 0 warnings$/);
  });

  test('warns of what hurts, and with --strict that is an error', async () => {
    const file = write('edge.json', { ...CONFIG, routes: [{ key: { headers: ['user-agent'] } }] });
    expect((await check(file)).ok).toBe(true);
    expect(await check(file, true)).toMatchObject({
      ok: false,
      out: expect.stringContaining('warning: routes[0].key'),
    });
    const cli = capturedCli({ json: true });
    await runCheck(cli, file, {});
    expect(cli.json()).toMatchObject({ ok: true, errors: [], warnings: [{ path: 'routes[0].key.headers' }] });
  });

  test('tells everything that is wrong at once, of YAML with lines', async () => {
    const yaml = `listen: []
pop: FRA
origin: {host: o, address: x, port: 80}
routes:
  - match: {path: nope}
    ttl: {defalt: 5}
trace: {allow: [everyone]}
`;
    const { ok, out } = await check(write('edge.yaml', yaml));
    expect(ok).toBe(false);
    for (const message of [
      /edge.yaml:1: listen: /,
      /edge.yaml:2: pop: not a POP name/,
      /origin.address: not an IP address/,
      /edge.yaml:5: routes.0.match.path: not a path pattern/,
      /routes.0.ttl: .*"defalt"\n {2}hint: .*did you mean default/,
      /trace.allow.0: not a prefix/,
    ]) {
      expect(out).toMatch(message);
    }
    expect((await check(write('broken.json', '{'))).out).toMatch(/not JSON/);
    expect((await check(join(folder, 'none'))).out).toMatch(/cannot read it/);
  });
});

describe('./lab edge explain', () => {
  async function explain(url: string, options: Partial<ExplainOptions>, json = false) {
    const cli = capturedCli({ json });
    await runExplain(cli, url, { method: 'GET', header: [], ...options });
    return cli;
  }

  test('by a configuration says route, key, and what the origin would see', async () => {
    const config = write('edge.json', CONFIG);
    const header = ['X-Forwarded-Host: evil.test', 'Accept: text/html'];
    const out = (await explain('http://www.test/static/a?v=1&x=2', { config, header })).out();
    expect(out).toContain('Route routes[0] is the first that matches, by /static/*.');
    expect(out).toContain('The key is http://origin.test/static/a?v=1.');
    expect(out).toContain('It does not see the parameters x and the fields x-forwarded-host');
    expect(out).toMatch(/the origin gets:\n {2}Accept: text\/html$/);
  });

  test('says why a request goes past the cache', async () => {
    const config = write('edge.json', CONFIG);
    const cli = await explain('www.test/app/', { config, header: ['Cookie: session=1'] }, true);
    expect(cli.json()).toMatchObject({
      steps: [{}, {}, { about: 'bypass', data: { bypass: 'cookie:session' } }],
    });
    const post = await explain('www.test/', { config, method: 'post' });
    expect(post.out()).toContain('It goes past the cache: its method is POST.');
  });

  test('of a running edge shows the trace that it gives', async () => {
    const steps = [{ about: 'lookup' as const, text: 'The store has it, and it is fresh.' }];
    const connect = await answering((headers) => ({
      'Cache-Status': 'catchment-fra; hit',
      'X-POP': `${headers['host']}`,
      [TRACE_FIELD]: headers['x-catchment-trace'] === '1' ? traceHeaderValue('r1', steps) : '',
    }));
    const out = (await explain('http://www.test/a', { connect })).out();
    expect(out).toContain('200 from POP www.test');
    expect(out).toContain('catchment-fra; hit');
    expect(out).toContain('The store has it, and it is fresh.');
  });

  const wrong: [string, string, Partial<ExplainOptions>, RegExp][] = [
    ['another scheme', 'ftp://a/', {}, /is not an http URL/],
    ['a field that is none', 'http://a/', { header: ['nonsense'] }, /nonsense is not a field/],
    ['a line break in a field', 'http://a/', { header: ['A: b\r\nC: d'] }, /is not a field/],
    ['a place that is none', 'http://a/', { connect: 'a/b' }, /is not an address and port/],
  ];
  for (const [what, url, options, message] of wrong) {
    test(`is wrong usage with ${what}`, async () => {
      const { code, err } = await failure(() => explain(url, options));
      expect(err).toMatch(message);
      expect(code).toBe(2);
    });
  }
});

describe('./lab edge ctl', () => {
  async function asked(words: string[], options: CtlOptions = {}) {
    const cli = capturedCli({ json: true });
    const admin = await answering();
    await runCtl(() => adminEndpoint(cli, { admin }), words, options, cli);
    return cli.json();
  }

  const questions: [string[], CtlOptions, object][] = [
    [['status'], {}, { method: 'GET', target: '/state' }],
    [
      ['purge', 'http://a/b'],
      { soft: true },
      { method: 'POST', target: '/purge', body: { url: 'http://a/b', soft: true } },
    ],
    [['purge'], { tag: ['a', 'b'], broadcast: true }, { body: { tags: ['a', 'b'], broadcast: true } }],
    [['purge'], { all: true }, { body: { all: true } }],
    [['purge'], { prefix: '/a' }, { body: { prefix: '/a' } }],
    [
      ['warm', '/a', '/b'],
      { concurrency: '8' },
      { target: '/warm', body: { urls: ['/a', '/b'], concurrency: 8 } },
    ],
    [['pin', '/a'], {}, { method: 'POST', target: '/pin', body: { url: '/a' } }],
    [['unpin', '/a b'], {}, { method: 'DELETE', target: '/pin?url=%2Fa+b' }],
    [['drain'], {}, { method: 'POST', target: '/drain' }],
    [['undrain'], {}, { method: 'DELETE', target: '/drain' }],
    [['reload'], {}, { method: 'POST', target: '/reload' }],
    [['trace', 'a/b'], {}, { target: '/traces/a%2Fb' }],
  ];
  for (const [words, options, expected] of questions) {
    test(`${words.join(' ')} ${JSON.stringify(options)} asks what it says`, async () => {
      expect(await asked(words, options)).toMatchObject(expected);
    });
  }

  test('warm reads a list', async () => {
    const file = write('urls.txt', '# ours\n/a\n\n http://b/c \n');
    expect(await asked(['warm'], { file })).toMatchObject({ body: { urls: ['/a', 'http://b/c'] } });
  });

  const wrong: [string[], CtlOptions, RegExp][] = [
    [['purg'], {}, /no action "purg"\n {2}expected: purge/],
    [['purge'], {}, /name one thing to purge/],
    [['purge', '/a'], { all: true }, /found: +URL and --all/],
    [['warm'], {}, /warm takes URLs/],
    [['warm', '/a'], { concurrency: 'x' }, /not a number of requests/],
    [['pin'], {}, /pin takes URL/],
    [['push'], {}, /push takes DIRECTORY/],
    [['push', '.'], { maxAge: '1h', prefix: 'docs' }, /--prefix docs: .*\n.*\n--max-age 1h: not a number/],
    [['push', '.'], { concurrency: '0' }, /--concurrency 0: not a number from 1/],
    [['drain', 'now'], {}, /takes no more words/],
    [['status'], {}, /which edge\?/],
  ];
  for (const [words, options, message] of wrong) {
    test(`${words.join(' ')} ${JSON.stringify(options)} is wrong usage`, async () => {
      const cli = capturedCli();
      const { code, err } = await failure(() => runCtl(() => adminEndpoint(cli, {}), words, options, cli));
      expect(err).toMatch(message);
      expect(code).toBe(2);
    });
  }

  test('finds the edge by its configuration, or says what that lacks', async () => {
    const ask = (config: string) =>
      failure(() => runCtl(() => adminEndpoint(capturedCli(), { config }), ['status'], {}, capturedCli()));
    expect((await ask(write('a.json', { ...CONFIG, admin: { path: 'edge.sock' } }))).err).toContain(
      `no edge answers at ${folder}/edge.sock`,
    );
    expect((await ask(write('b.json', CONFIG))).err).toMatch(/has no admin server/);
  });

  test('a purge that goes on says that its number is not all', () => {
    const report = { purged: 'prefix /a', objects: 1, soft: false, repeated: false, milliseconds: 2 };
    const text = (more: object) => purgeText(JSON.stringify({ ...report, confirmed: true, ...more }));
    expect(text({ lazy: false })).toBe('prefix /a: 1 object dropped in 2.0 ms');
    expect(text({ lazy: true, soft: true, objects: 0 })).toBe(
      'prefix /a: at least 0 objects marked stale, the rest as they are met, in 2.0 ms',
    );
  });

  test('a purge says who did not confirm, that there was nobody to tell, and what was not written down', () => {
    const report = { purged: 'all', objects: 1, soft: false, repeated: false, milliseconds: 2, lazy: false };
    const text = (more: object) => purgeText(JSON.stringify({ ...report, confirmed: false, ...more }));
    const peer = { name: 'sin', confirmed: false, milliseconds: 3000, error: 'no answer in 3000 ms' };
    expect(text({ peers: [peer] })).toMatch(
      /sin: did not confirm: no answer in 3000 ms[\s\S]*not every peer/,
    );
    expect(text({ peers: [] })).toContain('nobody else was told');
    expect(text({ unwritten: 'ENOSPC: write' })).toMatch(/not written down.*ENOSPC/);
    expect(text({ unwritten: 'ENOSPC: write' })).not.toContain('peer');
  });

  test('status tells of lost log lines, if there are any', () => {
    const text = (more: object) =>
      statusText(
        JSON.stringify({
          pop: 'fra',
          objects: 1,
          bytes: 2,
          inFlight: 0,
          requests: {},
          hitRatio: null,
          ...more,
        }),
      );
    expect(text({ accessLog: { droppedLines: 7 } })).toContain('log:       7 lines lost');
    expect(text({ accessLog: { droppedLines: 0 } })).not.toContain('log:');
    expect(text({})).not.toContain('log:');
  });

  test('knows the actions of its help', () => {
    expect(CTL_ACTIONS).toEqual(
      expect.arrayContaining(['status', 'purge', 'warm', 'push', 'pin', 'drain', 'reload', 'stats']),
    );
  });
});
