// A real lab, from the launcher to the last packet: BIRD, unbound, GeoDNS, edges, failures, crashes, and nothing left.
// Uses its own folder, so that a lab of yours goes on undisturbed.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROJECT_FOLDER } from '../../src/base/project-folder.ts';
import { type FoundLab, findLab } from '../../src/deployment/labs.ts';
import { predictCatchment } from '../../src/routing/predict-catchment.ts';
import type { LabStatus } from '../../src/runtimes/runtime.ts';

const folder = mkdtempSync(join(tmpdir(), 'catchment-lab-'));
process.env['CATCHMENT_LAB_DIR'] = folder;

function lab(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(join(PROJECT_FOLDER, 'lab'), args, {
    encoding: 'utf8',
    env: { ...process.env, CATCHMENT_LAB_DIR: folder, NO_COLOR: '1' },
  });
}

function status(): LabStatus {
  return JSON.parse(lab('status', '--json').stdout) as LabStatus;
}

async function until(what: string, check: () => boolean | Promise<boolean>, seconds = 20): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await sleep(200);
  }
}

/** Pids in the PID namespace of the lab's init: the lab's processes and no others. */
function labProcesses(initPid: number): number[] {
  const namespaceOf = (pid: string | number) => {
    try {
      return readlinkSync(`/proc/${pid}/ns/pid`);
    } catch {
      return undefined;
    }
  };
  const wanted = namespaceOf(initPid);
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && wanted !== undefined && namespaceOf(entry) === wanted)
    .map(Number);
}

let found: FoundLab;
const initPid = () => JSON.parse(readFileSync(join(folder, 'tiny/state.json'), 'utf8')).initPid as number;
const rootAddresses = () => execFileSync('ip', ['-o', 'address'], { encoding: 'utf8' });
const addressesBefore = rootAddresses();

beforeAll(async () => {
  const up = lab('up', 'tiny', '--no-compare', '--yes');
  expect(up.stderr).toBe('');
  expect(up.status).toBe(0);
  found = await findLab('tiny');
});

afterAll(() => {
  lab('down', '--all', '--yes');
  rmSync(folder, { recursive: true, force: true });
});

describe('a running lab', () => {
  it('says that it is ready, with every service healthy and every POP announced', () => {
    const { state, nodes, pops } = status();
    expect(nodes.flatMap((node) => node.services.filter((service) => !service.healthy))).toEqual([]);
    expect(state).toBe('ready');
    expect(pops.map(({ name, announced }) => [name, announced])).toEqual([
      ['pop-fra', ['anycast-http', 'anycast-dns']],
      ['pop-lon', ['anycast-http', 'anycast-dns']],
    ]);
  });

  it('changes nothing on a second up', () => {
    const before = initPid();
    const again = lab('up', 'tiny', '--no-compare');
    expect(again.status).toBe(0);
    expect(again.stdout).toContain('nothing changed');
    expect(initPid()).toBe(before);
  });

  it('answers dig @resolver www.cdn.test in every client, in both families', async () => {
    for (const client of found.topology.clients) {
      for (const type of ['A', 'AAAA']) {
        const { stdout } = await found.lab.exec(client.name, [
          'dig',
          '+short',
          '@resolver',
          'www.cdn.test',
          type,
        ]);
        expect(stdout.trim(), `${client.name} ${type}`).toMatch(
          type === 'A' ? /^203\.0\.113\.\d+$/ : /^2001:db8:b00/,
        );
      }
    }
  });

  it('shows city names in a traceroute', async () => {
    const { stdout } = await found.lab.exec('paris', ['traceroute', '-w', '2', 'anycast.cdn.test']);
    expect(stdout).toContain('t2-fra.frankfurt.net.test');
  });

  it('takes every client to the POP that the topology predicts, in both families', async () => {
    for (const family of [4, 6] as const) {
      const predicted = predictCatchment(found.topology, family);
      const address = family === 4 ? '192.0.2.1' : '[2001:db8:a000::1]';
      for (const client of found.topology.clients) {
        const { stdout } = await found.lab.exec(client.name, ['curl', '-sgi', `http://${address}/healthz`]);
        expect(`pop-${/^x-pop: (\S+)/im.exec(stdout)?.[1]}`, `${client.name} IPv${family}`).toBe(
          predicted.get(client.name)?.pop,
        );
      }
    }
  });

  it('explains a DNS answer', () => {
    const explained = lab('explain', 'dns', '--client', '100.64.2.7', '--json');
    expect(explained.status).toBe(0);
    expect(JSON.parse(explained.stdout)).toMatchObject({ name: 'www.cdn.test' });
  });

  it('is closed: no address of it on the host, no way out of it', async () => {
    expect(rootAddresses()).toBe(addressesBefore);
    const outside = await found.lab.exec('paris', ['ping', '-c', '1', '-W', '5', '8.8.8.8']);
    expect(outside.exitCode).not.toBe(0);
    expect(outside.stdout).toMatch(/[Uu]nreachable/);
    const routes = await found.lab.exec('t1-fra', ['ip', 'route', 'show', 'default']);
    expect(routes.stdout).toBe('');
  });
});

describe('failures', () => {
  it('a silent POP is found by its neighbours, its clients move, and restore brings them back', async () => {
    const popOf = async () => {
      const { stdout } = await found.lab.exec('amsterdam', [
        'curl',
        '-sgi',
        '-m',
        '1',
        'http://192.0.2.1/healthz',
      ]);
      return /^x-pop: (\S+)/im.exec(stdout)?.[1];
    };
    expect(await popOf()).toBe('fra');
    expect(lab('fail', 'pop-fra').status).toBe(0);
    await until('amsterdam at lon', async () => (await popOf()) === 'lon');
    expect(status().pops.find((pop) => pop.name === 'pop-fra')?.healthy).toBe(false);
    expect(lab('restore', 'pop-fra').status).toBe(0);
    await until('amsterdam back at fra', async () => (await popOf()) === 'fra');
  });

  it('a drained POP withdraws and serves on', async () => {
    expect(lab('fail', 'pop-fra', '--how', 'drain').status).toBe(0);
    await until(
      'withdrawn',
      () => status().pops.find((pop) => pop.name === 'pop-fra')?.announced.length === 0,
    );
    const { stdout } = await found.lab.exec('dublin', ['curl', '-si', 'http://203.0.113.2/json/drained']);
    expect(stdout).toMatch(/^HTTP\/1.1 200/);
    expect(lab('restore', 'pop-fra').status).toBe(0);
    await until(
      'announced',
      () => status().pops.find((pop) => pop.name === 'pop-fra')?.announced.length === 2,
    );
  });

  it('a failed service stays down until it is restored; its POP withdraws that prefix only', async () => {
    expect(lab('fail', 'pop-fra/edge', '--how', 'clean').status).toBe(0);
    await until('http withdrawn', () => {
      const pop = status().pops.find((each) => each.name === 'pop-fra');
      return pop?.announced.join() === 'anycast-dns';
    });
    await sleep(1500);
    const edge = () =>
      status()
        .nodes.find((node) => node.name === 'pop-fra')
        ?.services.find((service) => service.name === 'edge');
    expect(edge()?.state).toBe('stopped');
    expect(lab('restore', 'pop-fra/edge').status).toBe(0);
    await until('edge healthy', () => edge()?.healthy === true);
  });

  it('a service that dies by itself is started again', async () => {
    const bird = () =>
      status()
        .nodes.find((node) => node.name === 't1-lon')
        ?.services.find((service) => service.name === 'bird');
    // The status gives pids as the lab sees them; the host sees others.
    await found.lab.exec('t1-lon', ['kill', '-9', String(bird()?.pid)]);
    await until('restarted', () => (bird()?.restarts ?? 0) > 0 && bird()?.healthy === true);
  });

  it('a link goes down on both ends and comes back with its IPv6 addresses', async () => {
    const link = 'pop-fra--t1-fra';
    const port = found.topology.nodes
      .find((node) => node.name === 'pop-fra')
      ?.interfaces.find((each) => each.link === link);
    const address = port?.addresses?.ipv6.split('/')[0] ?? '';
    const ping = () => found.lab.exec('t1-fra', ['ping', '-c1', '-W1', address]);
    expect((await ping()).exitCode).toBe(0);
    expect(lab('fail', link, '--how', 'clean').status).toBe(0);
    expect((await ping()).exitCode).not.toBe(0);
    expect(lab('restore', link).status).toBe(0);
    await until('IPv6 over the link', async () => (await ping()).exitCode === 0);
  });

  it('an unknown target is exit 2 with the nearest names', () => {
    const wrong = lab('fail', 'pop-fro');
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toContain('pop-fra');
  });
});

describe('crashes', () => {
  it('kill -9 of the supervisor ends everything; status says so, down cleans, up works again', async () => {
    const init = initPid();
    const processes = labProcesses(init);
    const supervisor = processes.find((pid) => {
      const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return argv[0]?.endsWith('/node') && argv.some((part) => /supervisor(\.js|\/main\.ts)$/.test(part));
    });
    process.kill(supervisor ?? Number.NaN, 'SIGKILL');
    await until('all processes gone', () => processes.every((pid) => !existsSync(`/proc/${pid}/exe`)));
    expect(status().state).toBe('dead');
    expect(lab('down').status).toBe(0);
    expect(existsSync(join(folder, 'tiny/state.json'))).toBe(false);
    expect(lab('up', 'tiny', '--no-compare', '--yes').status).toBe(0);
    expect(status().state).toBe('ready');
  });

  it('down leaves no process, namespace, interface, mount or state', () => {
    const processes = labProcesses(initPid());
    expect(processes.length).toBeGreaterThan(20);
    expect(lab('down').status).toBe(0);
    expect(processes.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
    expect(rootAddresses()).toBe(addressesBefore);
    expect(execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })).toBe('');
    expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(folder);
    expect(readdirSync(join(folder, 'tiny')).sort()).toEqual(['logs']);
  });
});
