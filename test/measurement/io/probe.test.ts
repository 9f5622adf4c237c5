// The probe as it runs in a lab: its own process, a real resolver and real HTTP servers, here on the loopback.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { runCampaign } from '../../../src/measurement/io/run-campaign.ts';
import { runProbe } from '../../../src/measurement/io/run-probe.ts';
import type { PacedJob, ProbeLine, ProbeTask, TasksJob } from '../../../src/measurement/probe-job.ts';
import { loopbackLab, startEdge, startResolver } from './loopback-lab.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function edge(handle: Parameters<typeof startEdge>[0]) {
  const started = await startEdge(handle);
  cleanups.push(() => started.close());
  return started;
}

async function resolver(zone: Parameters<typeof startResolver>[0]) {
  const started = await startResolver(zone);
  cleanups.push(() => started.close());
  return started;
}

function task(port: number, of: Partial<ProbeTask>): ProbeTask {
  return {
    id: 'one',
    atMs: 0,
    strategy: 'anycast',
    phase: 'warm',
    family: 4,
    host: 'www.cdn.test',
    path: '/',
    port,
    timeoutMs: 2000,
    ...of,
  };
}

async function run(job: TasksJob | PacedJob): Promise<ProbeLine[]> {
  const lines: ProbeLine[] = [];
  await runProbe(loopbackLab, 'here', job, { onLine: (line) => lines.push(line) });
  return lines;
}

async function sampleOf(one: ProbeTask) {
  const lines = await run({ mode: 'tasks', tasks: [one] });
  return lines.find((line) => line.kind === 'sample');
}

const ok = (body: string) => (_url: string, response: import('node:http').ServerResponse) => {
  response.writeHead(200, { 'X-POP': 'fra', 'Cache-Status': 'fra; hit', 'Content-Length': body.length });
  response.end(body);
};

test('a request by name is resolved, fetched and timed, and tells POP and cache', async () => {
  const { port } = await edge(ok('hello'));
  const dns = await resolver({ 'www.cdn.test': '127.0.0.1' });
  const sample = await sampleOf(
    task(port, { name: 'www.cdn.test', resolver: '127.0.0.1', resolverPort: dns.port }),
  );
  expect(sample).toMatchObject({ address: '127.0.0.1', pop: 'fra', cache: 'hit', status: 200, bytes: 5 });
  expect(sample).not.toHaveProperty('error');
  if (sample?.kind !== 'sample') throw new Error('no sample');
  const { resolveMs = 0, connectMs = 0, firstByteMs = 0, totalMs = 0 } = sample;
  for (const time of [resolveMs, connectMs, firstByteMs]) expect(time).toBeGreaterThan(0);
  expect(totalMs).toBeGreaterThanOrEqual(resolveMs + connectMs + firstByteMs);
});

test('the Host header and the path are sent as asked', async () => {
  const seen: string[] = [];
  const { port, server } = await edge((url, response) => {
    seen.push(url);
    response.end();
  });
  server.on('request', (request) => seen.push(String(request.headers.host)));
  await sampleOf(task(port, { address: '127.0.0.1', path: '/json/1?max_age=60', host: 'fra.cdn.test' }));
  expect(seen).toEqual(['/json/1?max_age=60', 'fra.cdn.test']);
});

test('a truncated answer is asked again over TCP', async () => {
  const { port } = await edge(ok('x'));
  const dns = await resolver({ 'big.cdn.test': 'truncated' });
  const sample = await sampleOf(
    task(port, { name: 'big.cdn.test', resolver: '127.0.0.1', resolverPort: dns.port }),
  );
  expect(sample).toMatchObject({ address: '127.0.0.1', status: 200 });
  expect(dns.queries).toEqual(['big.cdn.test', 'big.cdn.test']);
});

test('failures say how far the request came and why', async () => {
  const dns = await resolver({ 'silent.cdn.test': 'silent', 'here.cdn.test': '127.0.0.1' });
  const { port } = await edge((url, response) => {
    if (url === '/503') response.writeHead(503).end();
    if (url === '/reset') response.socket?.resetAndDestroy();
    if (url === '/short') {
      response.writeHead(200, { 'Content-Length': 10 });
      response.write('abc', () => response.socket?.end());
    }
  });
  const closed = await startEdge(() => {});
  closed.close();
  const named = { resolver: '127.0.0.1', resolverPort: dns.port, timeoutMs: 300 };
  const here = { address: '127.0.0.1', timeoutMs: 300 };
  const lines = await run({
    mode: 'tasks',
    tasks: [
      task(port, { ...named, id: 'nxdomain', name: 'no.cdn.test' }),
      task(port, { ...named, id: 'no resolver', name: 'silent.cdn.test' }),
      task(closed.port, { ...here, id: 'refused' }),
      task(port, { ...here, id: 'no answer', path: '/silence' }),
      task(port, { ...here, id: '503', path: '/503' }),
      task(port, { ...here, id: 'reset', path: '/reset' }),
      task(port, { ...here, id: 'short', path: '/short' }),
    ],
  });
  const errors = Object.fromEntries(
    lines.flatMap((line) =>
      line.kind === 'sample' ? [[line.id, `${line.error?.stage}: ${line.error?.reason}`]] : [],
    ),
  );
  expect(errors).toEqual({
    nxdomain: 'resolve: NXDOMAIN',
    'no resolver': 'resolve: timeout',
    refused: 'connect: ECONNREFUSED',
    'no answer': 'first-byte: timeout',
    '503': 'body: status 503',
    reset: 'first-byte: reset',
    short: 'body: connection closed',
  });
});

test('a paced job asks at its rate, the resolver anew each time, and does not wait for slow answers', async () => {
  const dns = await resolver({ 'www.cdn.test': '127.0.0.1' });
  const { port } = await edge((url, response) => {
    if (url !== '/never') ok('x')(url, response);
  });
  const target = task(port, { name: 'www.cdn.test', resolver: '127.0.0.1', resolverPort: dns.port });
  const stuck = task(port, { strategy: 'dns-latency', address: '127.0.0.1', path: '/never', timeoutMs: 400 });
  const lines = await run({
    mode: 'paced',
    durationMs: 500,
    ratePerSecond: 20,
    offsetMs: 0,
    targets: [target, stuck],
    downloads: [],
    stallMs: 300,
  });
  const samples = lines.filter((line) => line.kind === 'sample');
  expect(samples.filter((line) => line.strategy === 'anycast' && !line.error)).toHaveLength(10);
  expect(samples.filter((line) => line.strategy === 'dns-latency' && line.error)).toHaveLength(10);
  expect(dns.queries).toHaveLength(10);
});

test('long downloads that are reset, stall or end early are told apart, and begun again', async () => {
  let resets = 0;
  const { port } = await edge((url, response) => {
    response.writeHead(200, { 'X-POP': 'lon', 'Content-Length': 1000 });
    response.write('first bytes');
    if (url.startsWith('/reset') && resets++ === 0) setTimeout(() => response.socket?.resetAndDestroy(), 50);
    else if (url.startsWith('/close')) setTimeout(() => response.socket?.end(), 50);
    else if (!url.startsWith('/stall')) {
      const timer = setInterval(() => response.write('x'), 50);
      response.on('close', () => clearInterval(timer));
    }
  });
  const to = (path: string) => task(port, { address: '127.0.0.1', path });
  const lines = await run({
    mode: 'paced',
    durationMs: 600,
    ratePerSecond: 1,
    offsetMs: 0,
    targets: [],
    downloads: [to('/reset'), to('/stall'), to('/close'), to('/steady')],
    stallMs: 250,
  });
  const outcomes = lines.flatMap((line) => (line.kind === 'download' ? [line.outcome] : []));
  expect(new Set(outcomes)).toEqual(new Set(['reset', 'stalled', 'closed', 'ended']));
  const [reset] = lines.filter((line) => line.kind === 'download' && line.outcome === 'reset');
  expect(reset).toMatchObject({ pop: 'lon', bytes: 'first bytes'.length });
});

test('a campaign over two clients writes its samples as JSON lines and tells its progress', async () => {
  const { port } = await edge(ok('x'));
  const folder = await mkdtemp(join(tmpdir(), 'catchment-campaign-'));
  cleanups.push(() => rm(folder, { recursive: true }));
  const samplesFile = join(folder, 'run', 'samples.jsonl');
  const job = (id: string): TasksJob => ({
    mode: 'tasks',
    tasks: [task(port, { id, address: '127.0.0.1' })],
  });
  const plan = {
    family: 4 as const,
    requests: 2,
    durationMs: 0,
    batches: [
      [
        { client: 'london', job: job('a') },
        { client: 'paris', job: job('b') },
      ],
    ],
  };
  const progress: number[] = [];
  const { samples, host } = await runCampaign(loopbackLab, plan, {
    samplesFile,
    onProgress: ({ done }) => progress.push(done),
  });
  expect(samples.map((sample) => sample.client).sort()).toEqual(['london', 'paris']);
  expect(progress).toEqual([1, 2]);
  expect(host.cores).toBeGreaterThan(0);
  const written = (await readFile(samplesFile, 'utf8')).trim().split('\n');
  expect(written.map((line) => JSON.parse(line))).toEqual(samples);
});

test('a probe that cannot run is an error with a hint, and aborting ends a probe', async () => {
  const noJob = { mode: 'nothing' } as unknown as TasksJob;
  await expect(runProbe(loopbackLab, 'london', noJob)).rejects.toThrow(
    'the probe in node london ended with exit code 2',
  );
  const { port } = await edge(() => {});
  const abort = new AbortController();
  const running = runProbe(
    loopbackLab,
    'london',
    { mode: 'tasks', tasks: [task(port, { address: '127.0.0.1', timeoutMs: 60_000 })] },
    { signal: abort.signal, onLine: () => abort.abort(new Error('stopped by the test')) },
  );
  await expect(running).rejects.toThrow();
});
