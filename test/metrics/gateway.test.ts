// The gateway over real UNIX sockets: real services, a real BIRD, a real unbound, and services that are down, hang,
// break off, talk too much or have odd names.

import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, request, type Server } from 'node:http';
import { connect, createServer as createSocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseMetricsConfig } from '../../src/metrics/config.ts';
import { type Gateway, startGateway } from '../../src/metrics/io/gateway.ts';
import { parseOriginConfig } from '../../src/origin/config.ts';
import { type RunningOrigin, startOrigin } from '../../src/origin/io/start-origin.ts';
import { RealBird } from '../routing/support/real-bird.ts';

const folder = mkdtempSync(join(tmpdir(), 'metrics-'));
const socket = (name: string) => join(folder, `${name}.sock`);
const bird = new RealBird();
const closing: { close(): unknown }[] = [];
let unbound: ChildProcess;
let origin: RunningOrigin;
let gateway: Gateway;

const ODD = 'a b/ü"\\%2F';

beforeAll(async () => {
  await bird.start();
  unbound = await startUnbound();
  origin = await startRealOrigin();
  await listen(createSocketServer(), 'hangs'); // accepts connections and never answers
  await listen(
    createServer((_, response) => response.writeHead(200, { 'content-length': 100 }).write('half')),
    'breaks-off',
  );
  await listen(
    createServer((_, response) => void response.writeHead(404).end('try /state')),
    'no-metrics',
  );
  await listen(
    createServer((_, response) => {
      const piece = Buffer.alloc(1024 * 1024, 'x');
      const more = () => response.writable && response.write(piece, more);
      more();
    }),
    'endless',
  );
  await listen(
    createSocketServer((connection) => void connection.end('\u0000\u0001 not HTTP\r\n\r\n')),
    'no-http',
  );
  const target = (service: string, kind = 'http', path = socket(service), node = 'pop-fra') => ({
    node,
    nodeKind: 'pop',
    city: 'Frankfurt',
    service,
    kind,
    socket: path,
  });
  const config = {
    lab: 'test',
    listen: { address: '127.0.0.1', port: 0 },
    timeoutMs: 500,
    targets: [
      target('origin'),
      target('bird', 'bird', bird.socket),
      target('unbound', 'unbound', socket('unbound')),
      target('bird-down', 'bird'),
      target('unbound-down', 'unbound'),
      target('bird-hangs', 'bird', socket('hangs')),
      target('unbound-hangs', 'unbound', socket('hangs')),
      ...['down', 'hangs', 'breaks-off', 'no-metrics', 'endless', 'no-http'].map((name) => target(name)),
      target('origin', 'http', socket('origin'), ODD),
    ],
    clients: [{ client: 'paris', city: 'Paris', network: '100.64.2.0/24' }],
  };
  gateway = await startGateway(parseMetricsConfig(JSON.stringify(config), 'test'));
});

afterAll(async () => {
  await gateway?.close();
  await origin?.close();
  for (const server of closing) server.close();
  unbound?.kill('SIGKILL');
  await bird.remove();
  rmSync(folder, { recursive: true, force: true });
});

describe('metrics', () => {
  it('of a service come as it sends them', async () => {
    const { status, headers, body } = await get('/metrics/pop-fra/origin');
    expect(status).toBe(200);
    expect(headers['content-type']).toContain('version=0.0.4');
    expect(body).toMatch(/^origin_requests_total 0$/m);
  });

  it('of a service whose names are odd come at their encoded path', async () => {
    const path = `/metrics/${encodeURIComponent(ODD)}/origin`;
    expect((await get(path)).body).toContain('origin_requests_total');
  });

  it('of BIRD come from its control socket', async () => {
    const { status, body } = await get('/metrics/pop-fra/bird');
    expect(status).toBe(200);
    expect(body).toMatch(/^bird_routes 1$/m);
  });

  it('of unbound come from its control socket', async () => {
    await expect
      .poll(async () => (await get('/metrics/pop-fra/unbound')).status, { timeout: 15_000 })
      .toBe(200);
    expect((await get('/metrics/pop-fra/unbound')).body).toMatch(/^unbound_queries_total 0$/m);
  });

  it('of its own name the client networks', async () => {
    const { body } = await get('/metrics');
    expect(body).toContain(
      'catchment_client_network_info{client_network="100.64.2.0/24",client="paris",client_city="Paris"} 1',
    );
  });
});

describe('what gives no metrics is 503 with a sentence', () => {
  it.each([
    ['down', /ENOENT/],
    ['bird-down', /ENOENT/],
    ['unbound-down', /ENOENT/],
    ['hangs', /no whole answer in 500 ms/],
    ['bird-hangs', /no answer to "show protocols all" in 500 ms/],
    ['unbound-hangs', /does not answer/],
    ['breaks-off', /no whole answer in 500 ms/],
    ['no-metrics', /answers 404/],
    ['endless', /answers more than 8388608 bytes/],
    ['no-http', /Parse Error/],
  ])('%s', async (service, why) => {
    const { status, body } = await get(`/metrics/pop-fra/${service}`);
    expect(status).toBe(503);
    expect(body).toMatch(new RegExp(`^pop-fra/${service} gives no metrics: .*\\n$`));
    expect(body).toMatch(why);
  });

  it('and does not keep the others waiting', async () => {
    const slow = get('/metrics/pop-fra/hangs');
    let slowIsThere = false;
    void slow.then(() => {
      slowIsThere = true;
    });
    expect((await get('/metrics/pop-fra/origin')).status).toBe(200);
    expect(slowIsThere).toBe(false);
    await slow;
  });

  it('until it is there again', async () => {
    await origin.close();
    expect((await get('/metrics/pop-fra/origin')).status).toBe(503);
    origin = await startRealOrigin();
    expect((await get('/metrics/pop-fra/origin')).status).toBe(200);
  });
});

describe('the list of targets', () => {
  const groups = async (headers = {}) => {
    const answer = await get('/targets', headers);
    expect(answer.headers['content-type']).toBe('application/json'); // what http_sd asks for, to the letter
    return JSON.parse(answer.body) as { targets: string[]; labels: Record<string, string> }[];
  };

  it('holds every service once, at a path that answers', async () => {
    const list = await groups();
    expect(list).toHaveLength(15);
    expect(new Set(list.map(({ labels }) => labels['__metrics_path__'])).size).toBe(15);
    expect(new Set(list.map(({ labels }) => labels['instance'])).size).toBe(15);
    for (const { labels } of list) expect((await get(labels['__metrics_path__'] ?? '')).status).not.toBe(404);
    expect(list[1]).toEqual({
      targets: [gateway.url.slice('http://'.length)],
      labels: {
        __metrics_path__: '/metrics/pop-fra/origin',
        instance: 'pop-fra/origin',
        lab: 'test',
        node: 'pop-fra',
        node_kind: 'pop',
        city: 'Frankfurt',
        service: 'origin',
      },
    });
  });

  it('names the gateway as the asker does', async () => {
    for (const host of ['metrics:9464', 'localhost', '[::1]:9464'])
      expect((await groups({ host }))[0]?.targets).toEqual([host]);
  });

  it('names the gateway by its address to an asker that gives no sensible name', async () => {
    for (const host of ['', 'a b', 'http://evil/', 'x:123456'])
      expect((await groups({ host }))[0]?.targets).toEqual([`127.0.0.1:${gateway.port}`]);
  });
});

describe('other requests', () => {
  it('/ lists what there is, /healthz answers', async () => {
    expect((await get('/')).body).toContain('/metrics/pop-fra/bird\n');
    expect((await get('/healthz')).status).toBe(200);
  });

  it.each(['/metrics/pop-fra', '/metrics/pop-fra/nothing', '/metrics/pop-fra/origin/..', '/%ff', '/x'])(
    '%s is 404',
    async (path) => {
      expect((await get(path)).status).toBe(404);
    },
  );

  it('that are no GET are refused, and HEAD is answered without a body', async () => {
    expect((await get('/metrics/pop-fra/origin', {}, 'POST')).status).toBe(405);
    expect(await get('/metrics/pop-fra/origin', {}, 'HEAD')).toMatchObject({ status: 200, body: '' });
  });

  it('that are no HTTP do not end it', async () => {
    const { port } = gateway;
    await new Promise<void>((resolve) => {
      const connection = connect(port, '127.0.0.1', () => connection.end('\u0000\u0001\r\n\r\n'));
      connection.on('error', () => {});
      connection.resume().on('close', () => resolve());
    });
    expect((await get('/healthz')).status).toBe(200);
  });
});

function get(
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: gateway.port, path, headers, method, agent: false };
    const outgoing = request(options, async (response) => {
      const body = (await response.toArray()).join('');
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

async function listen(server: Server | ReturnType<typeof createSocketServer>, name: string): Promise<void> {
  await new Promise<void>((resolve) => server.listen(socket(name), resolve));
  closing.push(server);
  closing.push({ close: () => 'closeAllConnections' in server && server.closeAllConnections() });
}

function startRealOrigin(): Promise<RunningOrigin> {
  const config = { listen: [{ address: '127.0.0.1', port: 0 }], admin: { path: socket('origin') } };
  return startOrigin(parseOriginConfig(JSON.stringify(config), 'origin'));
}

async function startUnbound(): Promise<ChildProcess> {
  const port = await freeUdpPort();
  const file = join(folder, 'unbound.conf');
  const text = `server:
  do-daemonize: no
  use-syslog: no
  username: ""
  chroot: ""
  pidfile: ""
  directory: "${folder}"
  interface: 127.0.0.1
  port: ${port}
  module-config: "iterator"
remote-control:
  control-enable: yes
  control-interface: ${socket('unbound')}
  control-use-cert: no
`;
  writeFileSync(file, text);
  return spawn('/usr/sbin/unbound', ['-d', '-p', '-c', file], { stdio: 'ignore' });
}

async function freeUdpPort(): Promise<number> {
  const udp = createSocket('udp4');
  await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve));
  const { port } = udp.address();
  await new Promise<void>((resolve) => udp.close(resolve));
  return port;
}
