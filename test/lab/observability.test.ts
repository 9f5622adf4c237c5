// Metrics as users get them: `./lab metrics` over a running lab, a real Prometheus that finds and scrapes every service
// through it, and every query of the dashboards with data in its answer.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDashboards, panelsOf, withVariables } from '../metrics/support/dashboards.ts';
import { freePort } from '../net/support/free-port.ts';
import { labRunner, processesMentioning, until } from './lab-runner.ts';

const PROMETHEUS = '/usr/bin/prometheus';
const LAB = 'observed';
/** Panels of a lab at rest with some traffic that may show nothing but zeros. */
const MAY_BE_ZERO = new Set([
  'Services without answer',
  'Errors',
  'BGP sessions down',
  'RTT lost by DNS',
  'Failed health checks',
  'Route changes',
]);
const runner = labRunner();
let metrics: ChildProcess;
let gateway: string;
/** Of Prometheus' HTTP API. */
let api: string;
const started: ChildProcess[] = [];

beforeAll(() => {
  const { code, err } = runner.lab('up', 'tiny', '--name', LAB, '--no-compare');
  expect(code, err).toBe(0);
});

afterAll(async () => {
  for (const child of started) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  runner.clear();
});

describe('./lab metrics', () => {
  it('says where it is, and lists every service of the lab', async () => {
    ({ child: metrics, url: gateway } = await startMetrics());
    const services = runner
      .status('--name', LAB)
      .nodes.flatMap(({ name, services }) => services.map((service) => `${name}/${service.name}`));
    const groups = (await json(`${gateway}/targets`)) as { labels: Record<string, string> }[];
    expect(groups.map(({ labels }) => labels['instance']).sort()).toEqual([...services, 'gateway'].sort());
  });

  it('gives the metrics of each', async () => {
    const groups = (await json(`${gateway}/targets`)) as { labels: Record<string, string> }[];
    for (const { labels } of groups) {
      const response = await fetch(`${gateway}${labels['__metrics_path__']}`);
      expect(response.status, `${labels['instance']}: ${await response.text()}`).toBe(200);
    }
  });

  it('refuses an address that it cannot have, and one that is none', () => {
    expect(runner.lab('metrics', '--name', LAB, '--listen', new URL(gateway).host)).toMatchObject({
      code: 1,
      err: expect.stringContaining('another process has this port'),
    });
    expect(runner.lab('metrics', '--listen', 'localhost').code).toBe(2);
    expect(runner.lab('metrics', '--name', 'nosuch').code).toBe(2);
  });
});

describe.skipIf(!existsSync(PROMETHEUS))('Prometheus', () => {
  let clients: Promise<unknown>;

  beforeAll(async () => {
    const { host } = new URL(gateway);
    const folder = join(runner.folder, 'prometheus');
    mkdirSync(folder);
    const config = join(folder, 'prometheus.yml');
    writeFileSync(config, runner.lab('metrics', '--prometheus-config', '--listen', host).out);
    const address = `127.0.0.1:${await freePort()}`;
    const prometheus = spawn(
      PROMETHEUS,
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=${address}`,
      ],
      { stdio: 'ignore' },
    );
    started.push(prometheus);
    api = `http://${address}/api/v1`;
    await until(
      'Prometheus is ready',
      async () => (await fetch(`http://${address}/-/ready`).catch(() => undefined))?.ok ?? false,
    );
    clients = browse();
  });

  it('finds and scrapes every service', async () => {
    await until('every target is up', async () => {
      const down = await query(`up{lab="${LAB}"} == 0`);
      const up = await query(`count(up{lab="${LAB}"} == 1)`);
      return down.length === 0 && Number(up[0]?.value) === 23;
    });
  });

  it('needs to rename no label', async () => {
    const { data } = (await json(`${api}/labels`)) as { data: string[] };
    expect(data.filter((label) => label.startsWith('exported_'))).toEqual([]);
  });

  it('knows the lab, for the variable of the dashboards', async () => {
    const { data } = (await json(`${api}/label/lab/values?match[]=catchment_targets`)) as { data: string[] };
    expect(data).toEqual([LAB]);
  });

  describe.each(loadDashboards())('answers every query of dashboard $title', (dashboard) => {
    it.each(panelsOf(dashboard))('$title', async ({ title, targets }) => {
      await until(`data for ${title}`, async () => {
        const answers = await Promise.all(targets.map(({ expr }) => query(withVariables(expr, LAB))));
        const finite = answers.map((answer) => answer.filter(({ value }) => Number.isFinite(value)));
        const something = finite.flat().some(({ value }) => value > 0) || MAY_BE_ZERO.has(title);
        return something && finite.every((answer) => answer.length > 0);
      });
    });
  });

  it('tells catchments as the lab does', async () => {
    await clients;
    const rows = runner.json<{ client: string; measured: { pop: string } | string }[]>(
      'catchment',
      '--name',
      LAB,
    );
    const { expr } = panelNamed('Anycast catchment');
    await until('the catchment panel agrees', async () => {
      const answer = await query(withVariables(expr, LAB));
      const seen = answer
        .filter(({ labels }) => !labels['client_network']?.includes(':'))
        .map(({ labels }) => `${labels['client']} ${labels['node']}`);
      const wanted = rows.map(
        ({ client, measured }) => `${client} ${typeof measured === 'string' ? measured : measured.pop}`,
      );
      return wanted.every((row) => seen.includes(row));
    });
  });

  it('sees a service that stops, a POP that withdraws, and both come back', async () => {
    const value = async (title: string) =>
      (await query(withVariables(panelNamed(title).expr, LAB)))[0]?.value;
    expect(await value('Services without answer')).toBe(0);
    expect(await value('POPs announcing anycast')).toBe(2);
    expect(runner.lab('fail', 'pop-fra/edge', '--how', 'clean', '--name', LAB).code).toBe(0);
    await until('the edge is missed', async () => (await value('Services without answer')) === 1);
    await until('its POP has withdrawn', async () => (await value('POPs announcing anycast')) === 1);
    await until('DNS leaves it out', async () => (await value('POPs in DNS')) === 1);
    const answer = await fetch(`${gateway}/metrics/pop-fra/edge`);
    expect(answer.status).toBe(503);
    expect(await answer.text()).toMatch(/^pop-fra\/edge gives no metrics: .+\n$/);
    expect(runner.lab('restore', 'pop-fra/edge', '--name', LAB).code).toBe(0);
    await until('it is back', async () => (await value('Services without answer')) === 0);
    await until('it is announced', async () => (await value('POPs announcing anycast')) === 2);
    await until('DNS has it', async () => (await value('POPs in DNS')) === 2);
  });
});

describe('the gateway ends', () => {
  it('on SIGTERM', async () => {
    process.kill(metrics.pid ?? 0, 'SIGTERM');
    expect(await once(metrics, 'exit')).toEqual([0, null]);
    await expect(fetch(`${gateway}/healthz`)).rejects.toThrow();
  });

  it('with its lab, and nothing is left', async () => {
    const { child } = await startMetrics();
    const ended = once(child, 'exit');
    expect(runner.lab('down', '--name', LAB).code).toBe(0);
    expect(await ended).toEqual([0, null]);
    expect(processesMentioning(runner.folder)).toEqual([]);
  });
});

/** Traffic of three users for a while: objects that are cached and such that are not, by anycast and by every policy. */
async function browse(): Promise<void> {
  const round = [
    'for name in www anycast nearest latency; do',
    '  for family in -4 -6; do curl $family -s -o /dev/null -m 5 "http://$name.cdn.test/bytes/2000?max_age=60"; done',
    '  curl -4 -s -o /dev/null -m 5 "http://$name.cdn.test/json/$i-$name?max_age=1"',
    '  dig +tries=1 +time=2 @resolver $i.$name.cdn.test >/dev/null',
    'done',
  ].join('\n');
  const script = `i=0; while [ $i -lt 25 ]; do i=$((i+1)); ${round}\nsleep 0.3; done`;
  const ended = ['amsterdam', 'paris', 'dublin'].map((client) => {
    const child = runner.start('exec', '--name', LAB, client, '--', 'sh', '-c', script);
    started.push(child);
    return once(child, 'exit');
  });
  await Promise.all(ended);
}

async function startMetrics(): Promise<{ child: ChildProcess; url: string }> {
  const child = runner.start('metrics', '--name', LAB, '--listen', '127.0.0.1:0', '--json');
  started.push(child);
  let said = '';
  for await (const chunk of child.stdout ?? []) {
    said += chunk;
    if (said.includes('\n}')) break;
  }
  const { url } = JSON.parse(said) as { url: string };
  return { child, url };
}

function panelNamed(title: string): { expr: string } {
  const panel = loadDashboards()
    .flatMap(panelsOf)
    .find((each) => each.title === title);
  if (!panel?.targets[0]) throw new Error(`no panel is named ${title}`);
  return panel.targets[0];
}

async function json(url: string): Promise<unknown> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response.json();
}

async function query(expr: string): Promise<{ labels: Record<string, string>; value: number }[]> {
  const { data } = (await json(`${api}/query?${new URLSearchParams({ query: expr })}`)) as {
    data: { result: { metric: Record<string, string>; value: [number, string] }[] };
  };
  return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}
