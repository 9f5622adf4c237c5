import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from '../../../src/base/schema.ts';
import { checksSchema, type HealthPop, healthSchema } from '../../../src/dns/health/health-config.ts';
import { healthFileProblems } from '../../../src/dns/io/check-plan.ts';
import { type HealthDeps, type HealthService, startHealth } from '../../../src/dns/io/health-service.ts';
import type { PopState } from '../../../src/dns/steering/snapshot.ts';
import { answering, type Endpoint, endpoint, httpReply, recordingLog, until } from './health-parts.ts';

type HealthInput = z.input<typeof healthSchema>;
/** Fast, and without chance, so that tests wait little. */
const FAST: HealthInput = { intervalSeconds: 0.03, timeoutSeconds: 0.2, rise: 2, fall: 2, jitter: 0 };

const closing: (() => unknown)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

interface Setup {
  pops: HealthPop[];
  checks?: z.input<typeof checksSchema>;
  health?: HealthInput;
  overrides?: string;
  server?: string;
}

function start(setup: Setup, deps: Partial<HealthDeps> = {}) {
  const log = recordingLog();
  const service = startHealth(
    {
      pops: setup.pops,
      checks: z.parse(checksSchema, setup.checks ?? {}),
      health: z.parse(healthSchema, setup.health ?? FAST),
      sourceAddresses: {},
      ...(setup.overrides !== undefined && { overrides: setup.overrides }),
      server: setup.server ?? 'test',
    },
    { log, ...deps },
  );
  closing.push(service.stop);
  return { service, log };
}

async function serve(handler: Parameters<typeof endpoint>[0], port?: number): Promise<Endpoint> {
  const server = await endpoint(handler, port);
  closing.push(server.close);
  return server;
}

const urlOf = ({ port }: { port: number }) => `http://127.0.0.1:${port}/`;
const stateOf = (service: HealthService, pop = 'fra') =>
  service.snapshot().pops.find((state) => state.pop === pop) as PopState;

describe('the health service', () => {
  it('begins with unknown and unchecked POPs, all usable', () => {
    const { service } = start({ pops: [{ name: 'fra', healthUrl: 'http://127.0.0.1:9/' }, { name: 'lon' }] });
    expect(stateOf(service)).toMatchObject({ health: 'unknown', usable: true, reason: 'not checked yet' });
    expect(stateOf(service, 'lon')).toMatchObject({ health: 'unchecked', usable: true });
    expect(stateOf(service, 'lon').secondsToChange).toBe(Number.POSITIVE_INFINITY);
  });

  it('sees a POP fall and rise, says so once each, and counts its checks', async () => {
    let status = 200;
    const pop = await serve(answering(() => httpReply(status)));
    const counts = { ok: 0, failed: 0 };
    const { service, log } = start(
      { pops: [{ name: 'fra', healthUrl: urlOf(pop) }] },
      { onCheck: (_pop, ok) => counts[ok ? 'ok' : 'failed']++ },
    );
    await until(() => stateOf(service).health === 'up');
    status = 503;
    await until(() => stateOf(service).health === 'down');
    expect(stateOf(service)).toMatchObject({ usable: false, reason: 'HTTP 503' });
    status = 200;
    await until(() => stateOf(service).health === 'up');
    expect(log.lines).toEqual(['fra is up', 'fra is down', 'fra is up']);
    expect(counts.failed).toBeGreaterThanOrEqual(2);
    expect(counts.ok).toBeGreaterThanOrEqual(3);
  });

  it('checks a TCP port at the address that the POP has', async () => {
    const pop = await serve(() => undefined);
    const { service } = start({
      pops: [
        { name: 'fra', ipv4: '127.0.0.1', check: 'web' },
        { name: 'lon', ipv4: '127.0.0.1', check: 'shut' },
      ],
      checks: { web: { type: 'tcp', port: pop.port }, shut: { type: 'tcp', port: 1 } },
    });
    await until(() => stateOf(service).health === 'up' && stateOf(service, 'lon').health === 'down');
    expect(service.report().pops[0]?.check).toMatchObject({
      target: `tcp 127.0.0.1 port ${pop.port}`,
      state: 'up',
    });
  });

  it('makes new snapshots only for changes', async () => {
    const pop = await serve(answering(httpReply(200)));
    let checks = 0;
    const { service } = start(
      { pops: [{ name: 'fra', healthUrl: urlOf(pop) }] },
      { onCheck: () => checks++ },
    );
    const serials: number[] = [];
    service.onChange(({ serial }) => serials.push(serial));
    await until(() => checks >= 20);
    expect(serials).toEqual([2]);
    expect(service.snapshot().serial).toBe(2);
  });

  it('a hanging POP holds up neither itself nor the others, and never has two checks at once', async () => {
    let most = 0;
    const hanging = await serve(() => {
      most = Math.max(most, hanging.open());
    });
    const well = await serve(answering(httpReply(200)));
    const { service } = start({
      pops: [
        { name: 'fra', healthUrl: urlOf(hanging) },
        { name: 'lon', healthUrl: urlOf(well) },
      ],
    });
    await until(() => stateOf(service).health === 'down' && stateOf(service, 'lon').health === 'up');
    expect(stateOf(service).reason).toBe('timeout after 200 ms');
    expect(most).toBe(1);
    service.stop();
    await until(() => hanging.open() === 0);
  });

  it('at an interval of one second, a POP killed is down within three, and back within three', async () => {
    const pop = await serve(() => undefined);
    const { service } = start({
      pops: [{ name: 'fra', ipv4: '127.0.0.1', check: 'web' }],
      checks: { web: { type: 'tcp', port: pop.port } },
      health: {},
    });
    await until(() => stateOf(service).health === 'up');
    const killed = performance.now();
    await pop.close();
    await until(() => stateOf(service).health === 'down');
    // Loose: the machine may be busy. Without load it is three intervals at most.
    expect(performance.now() - killed).toBeLessThan(4500);
    await serve(() => undefined, pop.port);
    const revived = performance.now();
    await until(() => stateOf(service).health === 'up');
    expect(performance.now() - revived).toBeLessThan(4500);
  });

  it('a wall clock that jumps moves nothing, and is only shown', async () => {
    let status = 200;
    let wallMs = 1_700_000_000_000;
    const pop = await serve(answering(() => httpReply(status)));
    const { service, log } = start(
      {
        pops: [{ name: 'fra', healthUrl: urlOf(pop) }],
        health: { ...FAST, flap: { changes: 2, holdSeconds: 0.2 } },
      },
      {
        // An hour forth and a day back at each look.
        wallMs: () => {
          wallMs += wallMs % 2 === 0 ? 3_600_001 : -86_399_999;
          return wallMs;
        },
      },
    );
    await until(() => stateOf(service).health === 'up');
    status = 503;
    await until(() => stateOf(service).health === 'down');
    status = 200;
    await until(() => stateOf(service).health === 'up');
    expect(log.lines).toEqual(['fra is up', 'fra is down', 'fra is up']);
  });

  it('a flapping endpoint is held down', async () => {
    let asked = 0;
    const pop = await serve(answering(() => httpReply(asked++ % 4 < 2 ? 200 : 503)));
    const { service } = start({
      pops: [{ name: 'fra', healthUrl: urlOf(pop) }],
      health: { ...FAST, flap: { changes: 3, windowSeconds: 60, holdSeconds: 60 } },
    });
    await until(() => stateOf(service).reason.includes('held down because it flapped'));
    expect(stateOf(service).usable).toBe(false);
    expect(stateOf(service).secondsToChange).toBe(32);
  });

  it('stops without a trace', async () => {
    const pop = await serve(answering(httpReply(200)));
    let checks = 0;
    const { service } = start(
      { pops: [{ name: 'fra', healthUrl: urlOf(pop) }] },
      { onCheck: () => checks++ },
    );
    await until(() => checks > 2);
    service.stop();
    await until(() => pop.open() === 0);
    const before = checks;
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(checks).toBe(before);
  });

  it('one that follows another remembers what that one knew', async () => {
    const pop = await serve(answering(httpReply(503)));
    const first = start({ pops: [{ name: 'fra', healthUrl: urlOf(pop) }] }).service;
    await until(() => stateOf(first).health === 'down');
    first.stop();
    const setup = { pops: [{ name: 'fra', healthUrl: urlOf(pop) }, { name: 'lon' }] };
    const second = start(setup, { memory: first.memory() }).service;
    expect(stateOf(second)).toMatchObject({ health: 'down', sinceMs: stateOf(first).sinceMs });
    expect(second.snapshot().serial).toBe(first.snapshot().serial + 1);
  });

  it('a CA or token that cannot be read is said with its place in the configuration, and starts nothing', () => {
    const checks = z.parse(checksSchema, { web: { type: 'https', ca: 'ca.pem' } });
    const quorum = { servers: ['http://192.0.2.1/health-view'], tokenFile: 'token' };
    const health = z.parse(healthSchema, { quorum });
    const problems = healthFileProblems({ checks, health }, (file) => `/nowhere/${file}`);
    expect(problems.map(({ path, file }) => `${path} ${file}`)).toEqual([
      'checks.web.ca /nowhere/ca.pem',
      'health.quorum.tokenFile /nowhere/token',
    ]);
    expect(() => start({ pops: [], health: { quorum } })).toThrow('cannot read it');
  });

  it('a listener with a bug does not end the checks', async () => {
    let status = 200;
    const pop = await serve(answering(() => httpReply(status)));
    const { service, log } = start({ pops: [{ name: 'fra', healthUrl: urlOf(pop) }] });
    service.onChange(() => {
      throw new Error('bug');
    });
    await until(() => stateOf(service).health === 'up');
    status = 500;
    await until(() => stateOf(service).health === 'down');
    expect(log.lines).toContain('a health listener met a bug');
  });
});

describe('overrides', () => {
  const folder = mkdtempSync(join(tmpdir(), 'health-'));
  const file = join(folder, 'overrides.txt');
  afterEach(() => rmSync(file, { force: true }));

  it('beat the checks, live and over restarts', async () => {
    const pop = await serve(answering(httpReply(200)));
    const setup = { pops: [{ name: 'fra', healthUrl: urlOf(pop) }], overrides: file };
    const { service, log } = start(setup);
    await until(() => stateOf(service).health === 'up');
    await service.setOverride('fra', 'drain', 'new racks');
    expect(stateOf(service)).toMatchObject({
      forced: 'drain',
      usable: false,
      health: 'up',
      reason: 'drained by overrides.txt:1 (new racks)',
    });
    expect(log.lines).toContain('fra is drained');
    service.stop();
    const { service: next } = start(setup);
    expect(stateOf(next).forced).toBe('drain');
    expect(await next.clearOverride('fra')).toBe(1);
    expect(stateOf(next)).toMatchObject({ usable: true });
    writeFileSync(file, '* => down\n');
    await until(() => !stateOf(next).usable);
  });

  it('cannot be set where there is no file for them', async () => {
    const { service } = start({ pops: [{ name: 'fra' }] });
    await expect(service.setOverride('fra', 'down')).rejects.toThrow('no overrides file is configured');
  });
});

describe('with other servers', () => {
  /** A server that tells this view of fra. */
  async function peer(health: () => 'up' | 'down' | undefined) {
    const server = createServer((request, response) => {
      const view = health();
      if (view === undefined) return void request.socket.destroy();
      const pops = [{ name: 'fra', health: view, secondsToChange: 60, reason: '' }];
      response.end(JSON.stringify({ server: 'peer', pops }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => new Promise((resolve) => server.close(resolve)));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/health-view`;
  }
  const quorum = { intervalSeconds: 0.03, timeoutSeconds: 0.2, expireSeconds: 0.3, atLeast: 2 };

  it('goes down only when enough of them agree, and trusts itself when they are gone', async () => {
    const views: ('up' | 'down' | undefined)[] = ['up', 'up'];
    const servers = [await peer(() => views[0]), await peer(() => views[1])];
    const pop = await serve(answering(httpReply(503)));
    const { service } = start({
      pops: [{ name: 'fra', healthUrl: urlOf(pop) }],
      health: { ...FAST, quorum: { ...quorum, servers } },
    });
    await until(() => stateOf(service).reason === 'up, down by only 1 of 3; here: HTTP 503');
    expect(stateOf(service)).toMatchObject({ health: 'up', usable: true });
    views[0] = 'down';
    await until(() => stateOf(service).reason === 'down by 2 of 3; here: HTTP 503');
    expect(stateOf(service).usable).toBe(false);
    views.splice(0, 2, 'up', 'up');
    await until(() => stateOf(service).usable);
    views.splice(0, 2, undefined, undefined);
    await until(() => stateOf(service).reason === 'own view, 1 of 3 heard; here: HTTP 503');
    expect(stateOf(service).usable).toBe(false);
    expect(service.report().quorum?.[0]).toMatchObject({
      url: servers[0],
      server: 'peer',
      error: 'socket hang up',
    });
  });

  it('what one tells is what another understands, and it is its own view', async () => {
    const pop = await serve(answering(httpReply(503)));
    const { service } = start({ pops: [{ name: 'fra', healthUrl: urlOf(pop) }], server: 'ns1' });
    expect(service.view().pops).toMatchObject([{ name: 'fra', health: 'unknown' }]);
    await until(() => stateOf(service).health === 'down');
    const server = createServer((_request, response) => response.end(JSON.stringify(service.view())));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => new Promise((resolve) => server.close(resolve)));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const { service: other } = start({
      pops: [{ name: 'fra', healthUrl: urlOf(pop) }],
      health: { ...FAST, quorum: { ...quorum, servers: [url] } },
    });
    await until(() => stateOf(other).reason === 'down by 2 of 2; here: HTTP 503');
  });
});

describe('with loads', () => {
  async function loaded(reply: () => string) {
    const load = await serve(answering(() => httpReply(200, reply())));
    const { service, log } = start({
      pops: [{ name: 'fra', loadUrl: urlOf(load), capacity: 100 }],
      health: {
        shedding: { intervalSeconds: 0.03, settleSeconds: 0.05, staleSeconds: 0.2, timeoutSeconds: 0.2 },
      },
    });
    return { service, log };
  }

  it('sheds what is over the capacity, and takes it back when the load is gone', async () => {
    let load = 150;
    const { service, log } = await loaded(() => JSON.stringify({ load }));
    await until(() => stateOf(service).shedFraction > 0.3);
    expect(stateOf(service).usable).toBe(true);
    expect(service.report().pops[0]?.load).toEqual({ load: 150, capacity: 100 });
    load = 10;
    await until(() => stateOf(service).shedFraction === 0);
    expect(log.lines.at(-1)).toBe('fra sheds 0 %');
  });

  it.each([
    ['not JSON', 'its load is not JSON'],
    ['{"load": -1}', 'its load is not {"load": number}'],
    ['{"load": "150"}', 'its load is not {"load": number}'],
    ['{"load": 1e999}', 'its load is not {"load": number}'],
  ])('a load that is none (%s) sheds nothing and says why', async (reply, error) => {
    const { service } = await loaded(() => reply);
    await until(() => service.report().pops[0]?.load?.error !== undefined);
    expect(service.report().pops[0]?.load).toEqual({ load: null, capacity: 100, error });
    expect(stateOf(service).shedFraction).toBe(0);
  });

  it('a load that is heard no more decays', async () => {
    let reply = '{"load": 150}';
    const { service } = await loaded(() => reply);
    await until(() => stateOf(service).shedFraction > 0.3);
    reply = '';
    await until(() => stateOf(service).shedFraction === 0);
  });
});
