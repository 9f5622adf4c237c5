// `./lab dns --config FILE` as operators run it: a process in the foreground, and `./lab dns ctl` beside it.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCtl } from '../../src/cli/dns/ctl.ts';
import { adminEndpoint } from '../../src/cli/dns/endpoint.ts';
import { capturedCli } from './captured-output.ts';
import { CONFIG, dnsFolder, type Folder, ZONE } from './dns-folder.ts';
import { PROJECT, runLab } from './run-lab.ts';

let folder: Folder;
beforeEach(() => {
  folder = dnsFolder();
});
afterEach(() => folder.remove());

test('without a configuration is wrong usage', () => {
  expect(runLab(['dns'])).toMatchObject({ code: 2, err: expect.stringContaining('./lab dns --config') });
});

test('that cannot start says every problem and ends with 1', () => {
  const { code, err } = runLab(['dns', '--config', folder.write('dns.json', { listen: [], zones: [] })]);
  expect(err.trim().split('\n').length).toBeGreaterThan(1);
  expect(code).toBe(1);
});

test('check ends with 1 for errors', () => {
  folder.write('geoip.mmdb', 'no database');
  expect(runLab(['dns', 'check', folder.write('dns.json', CONFIG)])).toMatchObject({ code: 1 });
});

test('is asked, drained, reloaded and ended', async () => {
  const path = join(folder.path, 'dns.sock');
  const config = folder.write('dns.json', { ...CONFIG, nsid: 'here', admin: { path } });
  const main = join(PROJECT, 'src/cli/main.ts');
  const argv = ['--disable-warning=ExperimentalWarning', main, 'dns', '--config', config];
  const server = spawn(process.execPath, argv, { stdio: ['ignore', 'inherit', 'pipe'] });
  let log = '';
  server.stderr.setEncoding('utf8').on('data', (chunk) => {
    log += chunk;
  });
  const ended = new Promise<number | null>((resolve) => server.once('close', resolve));
  const logged = (what: string, times = 1) =>
    new Promise<void>((resolve, reject) => {
      const look = () => log.split(what).length > times && resolve();
      server.stderr.on('data', look);
      server.once('close', () => reject(new Error(`it ended before "${what}": ${log}`)));
      look();
    });
  const ctl = async (words: string[], options = {}, json = false) => {
    const cli = capturedCli({ json });
    await runCtl(() => adminEndpoint(cli, { config }), words, options, cli.output);
    return cli;
  };
  try {
    await logged('"ready"');
    const status = (await ctl(['status'])).out();
    expect(status).toMatch(/^server here, 1 zone, 1 steered name\n\nPOP.*\npop-fra {2}unchecked {2}auto/);
    const drained = await ctl(['drain', 'pop-fra'], { reason: 'new disks' });
    expect(drained.out()).toBe('pop-fra is forced: drain');
    const overrides = join(folder.path, 'overrides.txt');
    expect(readFileSync(overrides, 'utf8')).toBe('pop-fra => drain # new disks\n');
    const explained = (await ctl(['explain', 'www.cdn.test'], { client: '100.64.1.9' })).out();
    expect(explained).toContain('www.cdn.test. 20 IN A 203.0.113.3');
    expect(explained).toContain('new disks');
    expect((await ctl(['auto', 'pop-fra'])).out()).toBe('pop-fra follows the checks again');
    expect((await ctl(['status'], {}, true)).json()).toMatchObject({
      pops: [{ name: 'pop-fra', usable: true }, {}],
    });
    expect((await ctl(['metrics'])).out()).toContain('# HELP');
    expect((await ctl(['reload'])).out()).toBe('reloaded');
    folder.write('cdn.zone', 'broken\n');
    await expect(ctl(['reload'])).rejects.toThrow(/the old one stays.*cdn.zone/s);
    folder.write('cdn.zone', ZONE);
    // Two in a row: to the command line they would be impatience.
    for (const times of [2, 3]) {
      server.kill('SIGHUP');
      await logged('"reloaded"', times);
    }
    server.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(existsSync(path)).toBe(false);
  } finally {
    server.kill('SIGKILL');
  }
});
