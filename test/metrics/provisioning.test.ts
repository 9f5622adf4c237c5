// What Prometheus and Grafana are told in compose/: its shape, and that it fits together and to what services export.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { PROJECT_FOLDER } from '../../src/base/project-folder.ts';
import { prometheusConfig, scrapeConfig } from '../../src/metrics/scrape-config.ts';
import { gatewayConfig, observabilityServices } from '../../src/runtimes/docker/observability.ts';
import { loadDashboards, metricNames, panelsOf, withVariables } from './support/dashboards.ts';
import { exportedPages, seriesNames } from './support/exported-names.ts';

const PROMTOOL = '/usr/bin/promtool';
const read = (path: string) => readFileSync(join(PROJECT_FOLDER, 'compose', path), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'provisioning-'));
const dashboards = loadDashboards();
const datasources = z
  .strictObject({
    apiVersion: z.literal(1),
    datasources: z.array(
      z.strictObject({
        name: z.string(),
        uid: z.string(),
        type: z.literal('prometheus'),
        access: z.literal('proxy'),
        url: z.url(),
        isDefault: z.boolean(),
        editable: z.literal(false),
        jsonData: z.strictObject({ httpMethod: z.literal('POST'), timeInterval: z.string() }),
      }),
    ),
  })
  .parse(parse(read('grafana/provisioning/datasources/prometheus.yaml')));
const prometheus = z
  .strictObject({
    global: z.strictObject({ scrape_interval: z.string(), scrape_timeout: z.string() }),
    scrape_configs: z.array(
      z.strictObject({
        job_name: z.string(),
        http_sd_configs: z.array(z.strictObject({ url: z.url(), refresh_interval: z.string() })),
      }),
    ),
  })
  .parse(parse(read('prometheus/prometheus.yml')));
const compose = observabilityServices({
  images: { service: 'catchment/service:1' },
  user: '1000:1000',
  paths: { files: '/labs/x/files', run: '/labs/x/run', compose: join(PROJECT_FOLDER, 'compose') },
  labels: { 'io.catchment.lab': 'x' },
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(dashboards)('dashboard $file', (dashboard) => {
  const panels = panelsOf(dashboard);

  it('gives every panel an id and a title of its own', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const titles = panels.map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
  });

  it('asks the provisioned data source', () => {
    const known = datasources.datasources.map(({ uid }) => uid);
    for (const { datasource } of [...panels, ...dashboard.templating.list])
      expect(known).toContain(datasource.uid);
  });

  it('has panels that do not overlap', () => {
    const taken = new Set<string>();
    for (const { gridPos, title } of dashboard.panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x} ${y}`), `${title} at ${x},${y}`).toBe(false);
          taken.add(`${x} ${y}`);
        }
    }
  });

  it('asks one lab only, the chosen one', () => {
    expect(dashboard.templating.list.map(({ name }) => name)).toEqual(['lab']);
    for (const { targets } of panels)
      for (const { expr } of targets)
        for (const [selector] of expr.matchAll(/\{[^}]*\}/g)) expect(selector).toContain('lab="$lab"');
  });

  it('tells lines apart by labels that its queries keep', () => {
    for (const { title, targets } of panels)
      for (const { expr, legendFormat = '' } of targets)
        for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
          expect(expr, title).toContain(label);
  });

  it('links to dashboards that are there', () => {
    const uids = dashboards.map(({ uid }) => `/d/${uid}`);
    for (const { url } of dashboard.links) expect(uids).toContain(url);
  });
});

describe('queries', () => {
  let exported: string[];
  beforeAll(async () => {
    const pages = await exportedPages(folder);
    // Prometheus' own, of every scrape.
    exported = ['up', ...Object.values(pages).flatMap(seriesNames)];
  });

  const queries = dashboards.flatMap((dashboard) =>
    panelsOf(dashboard).flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr }))),
  );

  it('name only metrics that services export', () => {
    for (const { title, expr } of queries) {
      expect(metricNames(expr).length, title).toBeGreaterThan(0);
      for (const name of metricNames(expr)) expect(exported, `${title}: ${name}`).toContain(name);
    }
    for (const { templating } of dashboards)
      for (const { query } of templating.list)
        expect(exported).toContain(/label_values\((\w+), lab\)/.exec(query.query)?.[1]);
  });

  it('and the documentation lists exactly those', async () => {
    const text = readFileSync(join(PROJECT_FOLDER, 'docs/observability.md'), 'utf8');
    const documented = new Set(text.match(/\b(?:edge|dns|agent|origin|bird|unbound|catchment)_\w+/g));
    const pages = Object.values(await exportedPages(folder)).join('');
    const names = new Set([...pages.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name));
    expect([...documented].sort()).toEqual([...names].sort());
  });

  it.skipIf(!existsSync(PROMTOOL))('are PromQL', () => {
    const rules = queries.map(({ expr }, i) => ({ record: `query_${i}`, expr: withVariables(expr, 'x') }));
    const file = join(folder, 'rules.yml');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboards', rules }] }));
    const { status, stderr } = spawnSync(PROMTOOL, ['check', 'rules', file], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it('are of metrics that Prometheus would not warn about', async () => {
    for (const page of Object.values(await exportedPages(folder))) {
      for (const [, name = '', type] of page.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
        expect(name.endsWith('_total'), name).toBe(type === 'counter');
        expect(name).not.toMatch(/_ms$|_milliseconds$|_pop$/);
      }
    }
  });
});

describe('Prometheus', () => {
  it.skipIf(!existsSync(PROMTOOL))('takes its configuration, for any gateway', () => {
    const template = read('prometheus/prometheus.yml');
    const gateway = 'http://[::1]:9464';
    for (const text of [template, prometheusConfig(template, gateway), scrapeConfig(template, gateway)]) {
      const file = join(folder, 'prometheus.yml');
      writeFileSync(file, text);
      const { status, stdout } = spawnSync(PROMTOOL, ['check', 'config', file], { encoding: 'utf8' });
      expect(stdout).toContain('SUCCESS');
      expect(status).toBe(0);
    }
  });

  it('is told of another gateway in its whole configuration and in what is to be pasted', () => {
    const template = read('prometheus/prometheus.yml');
    for (const text of [
      prometheusConfig(template, 'http://127.0.0.1:1'),
      scrapeConfig(template, 'http://127.0.0.1:1'),
    ])
      expect(parse(text).scrape_configs[0].http_sd_configs[0].url).toBe('http://127.0.0.1:1/targets');
    expect(scrapeConfig(template, 'x')).toMatch(/^scrape_configs:\n/);
    expect(scrapeConfig(template, 'x')).not.toContain('#');
  });

  it('asks what Grafana expects, where the gateway is', () => {
    expect(datasources.datasources[0]?.jsonData.timeInterval).toBe(prometheus.global.scrape_interval);
    const url = new URL(prometheus.scrape_configs[0]?.http_sd_configs[0]?.url ?? '');
    expect(Object.keys(compose)).toContain(url.hostname);
    expect(JSON.parse(gatewayConfig('x', [])).listen.port).toBe(Number(url.port));
  });
});

describe('the compose services', () => {
  it('are in the profile, on the management network alone, published on loopback alone', () => {
    expect(Object.keys(compose)).toEqual(['metrics', 'prometheus', 'grafana']);
    for (const [name, service] of Object.entries(compose)) {
      expect(service.profiles).toEqual(['observability']);
      expect(service.networks).toEqual(['management']);
      expect(service.labels).toEqual({ 'io.catchment.lab': 'x', 'io.catchment.service': name });
      for (const port of service.ports ?? [])
        expect(port).toMatch(/^127\.0\.0\.1:\$\{CATCHMENT_\w+_PORT:-\d+\}:\d+$/);
    }
    expect(compose['metrics']?.ports).toBeUndefined();
  });

  it('may do little: not root, nothing writable but memory, no capability, limits', () => {
    for (const service of Object.values(compose)) {
      expect(service.user).not.toMatch(/^0(:|$)/);
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], restart: 'unless-stopped' });
      expect(service.mem_limit).toMatch(/^\d+[mg]$/);
      for (const volume of service.volumes) expect(volume.read_only).toBe(true);
      expect(service.healthcheck.test[0]).toBe('CMD');
    }
  });

  it('come from images of a fixed version', () => {
    for (const { image } of Object.values(compose)) expect(image).toMatch(/:v?\d/);
  });

  it('find the provisioning where Grafana and its provider look', () => {
    const grafana = compose['grafana'];
    const targets = new Map(grafana?.volumes.map(({ source, target }) => [target, source]));
    const provisioning = targets.get('/etc/grafana/provisioning') ?? '';
    expect(readdirSync(provisioning).sort()).toEqual(['dashboards', 'datasources']);
    const provider = parse(readFileSync(join(provisioning, 'dashboards/catchment.yaml'), 'utf8'));
    const { path } = provider.providers[0].options;
    expect(readdirSync(targets.get(path) ?? '').sort()).toEqual(dashboards.map(({ file }) => file));
    const home = grafana?.environment?.['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH'] ?? '';
    expect(dashboards.map(({ file }) => `${path}/${file}`)).toContain(home);
  });
});
