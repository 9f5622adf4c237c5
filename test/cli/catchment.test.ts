import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DiffOptions, runDiff } from '../../src/cli/catchment/run-diff.ts';
import { runSummary, type SummaryOptions } from '../../src/cli/catchment/run-summary.ts';
import { capturedCli } from './captured-output.ts';
import { CONFIG, dnsFolder, type Folder } from './dns-folder.ts';
import { runLab } from './run-lab.ts';

let folder: Folder;
let config: string;
let changed: string;
beforeAll(() => {
  folder = dnsFolder();
  config = folder.write('dns.json', CONFIG);
  const policy = { type: 'map', rules: { 'prefix:100.64.2.0/24': 'pop-fra' } };
  changed = folder.write('new.json', { ...CONFIG, steering: [{ name: 'www.cdn.test', policy }] });
});
afterAll(() => folder.remove());

describe('./lab catchment --config', () => {
  async function summary(options: Partial<SummaryOptions> = {}, { json = false, name = '' } = {}) {
    const cli = capturedCli({ json });
    await runSummary(cli, name || undefined, { config, family: '4', ...options });
    return cli;
  }

  test('tells shares, distances and countries by POP', async () => {
    const out = (await summary()).out();
    expect(out).toMatch(/^www\.cdn\.test: policy nearest, all POPs up\n/);
    expect(out).toMatch(/pop-sin +83\.3 % +1 280 +5299 +5299 +5299 {2}JP 100 %\npop-fra +16\.7 % +256 +\d+/);
    expect(out).toMatch(/COUNTRY.*JP +83\.3 %.*GB +16\.7 %/s);
  });

  test('as JSON, with a POP down and by users', async () => {
    const users = folder.write('users.csv', 'country,users\nGB,30\nJP,70\n');
    expect((await summary({ down: 'pop-fra', users }, { json: true })).json()).toMatchObject({
      name: 'www.cdn.test',
      unit: 'users',
      total: 100,
      down: ['pop-fra'],
      pops: [
        { pop: 'pop-sin', share: 1 },
        { pop: 'pop-fra', share: 0 },
      ],
    });
  });

  test('as a page that fetches nothing and runs nothing', async () => {
    const page = join(folder.path, 'page.html');
    await summary({ html: page });
    const html = readFileSync(page, 'utf8');
    expect(html).toContain('Catchment of www.cdn.test');
    expect(html).toContain('Tokyo, JP: sin');
    expect(html).not.toMatch(/<script|src="|href="http/);
  });

  test('does not know names that are not steered, or POPs that there are not', async () => {
    await expect(summary({}, { name: 'static.cdn.test' })).rejects.toThrow(/no steered name static.*\n.*www/);
    await expect(summary({ down: 'pop-fro' })).rejects.toThrow(/no POP "pop-fro"\n.*pop-fra/);
  });

  test('needs a GeoIP file', async () => {
    const blind = folder.write('blind.json', { ...CONFIG, geoip: undefined });
    await expect(summary({ config: blind })).rejects.toThrow(/over a GeoIP file.*\n.*set geoip/);
  });

  test('its options need a configuration', () => {
    const { code, err } = runLab(['catchment', '--down', 'pop-fra']);
    expect(err).toContain('add --config FILE');
    expect(code).toBe(2);
  });
});

describe('./lab catchment diff', () => {
  async function diff(files: [string, string], options: Partial<DiffOptions> = {}, json = false) {
    const cli = capturedCli({ json });
    const accepted = await runDiff(cli, files, undefined, { family: '4', ...options });
    return { accepted, cli };
  }

  test('tells what a new configuration moves', async () => {
    const { accepted, cli } = await diff([config, changed]);
    expect(cli.out()).toMatch(
      /^www\.cdn\.test: 16\.67 % of 1 536 IPv4 addresses go to another POP \(1 of \d+ prefixes\)/,
    );
    expect(cli.out()).toMatch(/FROM.*pop-sin +pop-fra +16\.67 % +256 +1 +5299 +\d+/s);
    expect(cli.out()).toMatch(/LOSES MOST.*Tokyo, JP/s);
    expect(accepted).toBe(true);
  });

  test('gates a deployment', async () => {
    expect((await diff([config, changed], { maxMoved: 20 })).accepted).toBe(true);
    const { accepted, cli } = await diff([config, changed], { maxMoved: 10 }, true);
    expect(accepted).toBe(false);
    expect(cli.json()).toMatchObject({ accepted: false, names: [{ name: 'www.cdn.test' }] });
  });

  test('of health alone, and of nothing', async () => {
    const { cli } = await diff([config, config], { down: 'pop-sin' }, true);
    expect((cli.json() as { movedPercent: number }).movedPercent).toBeCloseTo(83.33, 1);
    expect((await diff([config, config])).cli.out()).toContain('0.00 % of 1 536 IPv4 addresses move');
  });

  test('ends with 1 when too much moves', () => {
    const { code, err } = runLab(['catchment', 'diff', config, changed, '--max-moved', '10%']);
    expect(err).toContain('--max-moved allows 10 %');
    expect(code).toBe(1);
  });
});
