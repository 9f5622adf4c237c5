// The edge as a service: health and drain, several addresses, metrics, and the processes that main.ts make.

import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseEdgeConfig } from '../../../src/edge/config.ts';
import { startEdge } from '../../../src/edge/io/start-edge.ts';
import { fetchOnce, loopback, startPair } from '../support/edge-and-origin.ts';

const folder = await mkdtemp(join(tmpdir(), 'edge-test-'));
afterAll(() => rm(folder, { recursive: true }));

describe('health', () => {
  it('turns to 503 while the drain file exists, and everything else is served on', async () => {
    const drainFile = join(folder, 'drain');
    const pair = await startPair({ drainFile });
    const health = async () => {
      const reply = await pair.get('/healthz');
      return [reply.status, JSON.parse(reply.body.toString())];
    };
    expect(await health()).toEqual([200, { pop: 'fra', status: 'ok' }]);
    await writeFile(drainFile, '');
    expect(await health()).toEqual([503, { pop: 'fra', status: 'draining' }]);
    expect((await pair.get('/json/1?max_age=60')).status).toBe(200);
    await rm(drainFile);
    expect((await health())[0]).toBe(200);
    expect(pair.asked('/healthz')).toBe(0);
    await pair.close();
  });
});

describe('listening', () => {
  it('shares one cache among addresses of both families', async () => {
    const pair = await startPair({ listen: [loopback, { address: '::1', port: 0 }] });
    const [four, six] = pair.edge.addresses;
    await fetch(`http://127.0.0.1:${four?.port}/json/1?max_age=60`);
    const reply = await fetch(`http://[::1]:${six?.port}/json/1?max_age=60`);
    expect(reply.headers.get('cache-status')).toContain('; hit;');
    await pair.close();
  });

  it('says which address is taken and what to do', async () => {
    const pair = await startPair();
    const port = pair.edge.addresses[0]?.port;
    const config = {
      listen: [{ address: '127.0.0.1', port }],
      pop: 'fra',
      origin: { host: 'o', address: '127.0.0.1', port: 1 },
    };
    await expect(startEdge(parseEdgeConfig(JSON.stringify(config), 'x'))).rejects.toThrow(
      new RegExp(`cannot listen on 127.0.0.1 port ${port}(.|\\n)*hint: +another process`),
    );
    await pair.close();
  });
});

describe('metrics', () => {
  it('count requests by result, bytes and the time of the origin', async () => {
    const pair = await startPair({ admin: loopback });
    for (let i = 0; i < 3; i++) await pair.get('/bytes/1000?max_age=60');
    await pair.raw('nonsense\r\n\r\n');
    const scrape = async () =>
      (await fetchOnce(pair.edge.adminAddress?.port ?? 0, '/metrics')).body.toString();
    await scrape();
    const lines = (await scrape()).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'edge_requests_total{result="hit",pop="fra"} 2',
        'edge_requests_total{result="miss",pop="fra"} 1',
        'edge_requests_total{result="bad-request",pop="fra"} 1',
        'edge_response_bytes_total{result="hit",pop="fra"} 2000',
        'edge_upstream_requests_total{class="2xx",pop="fra"} 1',
        'edge_upstream_head_seconds_count{pop="fra"} 1',
        'edge_cache_objects{pop="fra"} 1',
      ]),
    );
    await pair.close();
  });
});

describe('state', () => {
  it('counts the lines that a full disk took from the access log', async () => {
    const accessLog = { file: '/dev/full', format: 'json' as const, every: 1 };
    const pair = await startPair({ admin: loopback, accessLog });
    const state = async () =>
      JSON.parse((await fetchOnce(pair.edge.adminAddress?.port ?? 0, '/state')).body.toString());
    expect((await state()).accessLog).toEqual({ droppedLines: 0 });
    await pair.get('/json/1?max_age=60');
    await expect.poll(state).toMatchObject({ accessLog: { droppedLines: 1 } });
    await pair.close();
  });
});

describe('main.ts', () => {
  it('runs origin and edge from their configurations and ends cleanly on SIGTERM', async () => {
    const origin = await startService('origin', { listen: [loopback], admin: loopback });
    const edge = await startService('edge', {
      listen: [loopback],
      pop: 'gru',
      origin: { host: 'origin.cdn.test', address: '127.0.0.1', port: origin.port },
      admin: loopback,
    });
    const reply = await fetchOnce(edge.port, '/json/1?max_age=60');
    expect([reply.status, reply.headers['x-pop']]).toEqual([200, 'gru']);
    expect([await edge.stop(), await origin.stop()]).toEqual([0, 0]);
  });

  it.each([
    [['--config', '/nonexistent/edge.json'], 1, /cannot read it/],
    [[], 2, /--config is missing[\s\S]*hint:/],
    [['--bogus'], 2, /bogus/],
  ] as const)('%j exits %d', async (args, code, message) => {
    const process = run('edge', [...args]);
    let text = '';
    process.stderr.on('data', (chunk) => {
      text += chunk;
    });
    expect(await new Promise((resolve) => process.once('close', resolve))).toBe(code);
    expect(text).toMatch(message);
  });
});

function run(service: string, args: string[]) {
  return spawn(process.execPath, [`src/${service}/main.ts`, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function startService(service: string, config: object) {
  const file = join(folder, `${service}.json`);
  await writeFile(file, JSON.stringify(config));
  const child = run(service, ['--config', file]);
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (chunk) => resolve(String(chunk)));
    child.once('exit', () => reject(new Error(`${service} ended`)));
  });
  return {
    port: JSON.parse(line.split('\n', 1)[0] ?? '').addresses[0].port as number,
    stop: () =>
      new Promise<number | null>((resolve) => {
        child.once('exit', resolve);
        child.kill('SIGTERM');
      }),
  };
}
