// What a real caching resolver hands on. The bar is the fault measured in another server: its first client without a
// location got scope /0, and the resolver then gave that answer to everyone until the TTL ended.

import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { freePort } from '../../net/support/free-port.ts';
import { dig, type Lab, startLab } from './lab.ts';

let lab: Lab;
let unbound: ChildProcess;
let port: number;

beforeAll(async () => {
  lab = await startLab();
  // Between its choice and unbound's use of it another test may take the port.
  for (let tries = 1; ; tries++) {
    port = await freePort();
    startUnbound();
    try {
      await vi.waitFor(async () => expect(await resolve('static.cdn.test')).toBe('192.0.2.10'), {
        timeout: 5000,
      });
      return;
    } catch (error) {
      unbound.kill();
      if (tries === 3) throw error;
    }
  }
});

afterAll(async () => {
  unbound.kill();
  await lab.close();
});

it('gives each network its own POP, also after a client without a location', async () => {
  expect(await resolve('www.cdn.test', '+subnet=9.9.9.0/24')).toBe('203.0.113.2');
  expect(await resolve('www.cdn.test', '+subnet=100.64.2.0/24')).toBe('203.0.113.34');
  expect(await resolve('www.cdn.test', '+subnet=100.64.1.0/24')).toBe('203.0.113.2');
  expect(await resolve('www.cdn.test', '+subnet=100.64.2.0/24')).toBe('203.0.113.34');
});

it('is asked once for a network and a policy`s name, then the cache answers', async () => {
  const asked = () =>
    lab.service.metrics().families.steered_answers.of('latency', 'pop-sin', 'no-rtt-nearest-healthy').count;
  for (let i = 0; i < 3; i++)
    expect(await resolve('a.latency.cdn.test', '+subnet=100.64.2.0/24')).toBe('203.0.113.34');
  expect(asked()).toBe(1);
});

it('follows aliases, and caches what is not there', async () => {
  expect(await resolve('alias.cdn.test', '+subnet=100.64.2.0/24')).toBe('www.cdn.test.\n203.0.113.34');
  expect(await dig(port, '+recurse', 'nope.cdn.test')).toContain('status: NXDOMAIN');
  expect(await dig(port, '+recurse', 'www.cdn.test', 'AAAA')).toMatch(/status: NOERROR[\s\S]*ANSWER: 0/);
  expect(await resolve('big.cdn.test', 'TXT')).toContain('x'.repeat(200));
});

function startUnbound(): void {
  const config = `
server:
  interface: 127.0.0.1@${port}
  access-control: 127.0.0.0/8 allow
  chroot: ""
  username: ""
  directory: "${lab.folder}"
  pidfile: "${lab.folder}/unbound.pid"
  use-syslog: no
  do-daemonize: no
  do-not-query-localhost: no
  module-config: "subnetcache iterator"
  send-client-subnet: 127.0.0.1
  client-subnet-always-forward: yes
  local-zone: "test." nodefault
  qname-minimisation: no
stub-zone:
  name: "cdn.test."
  stub-addr: 127.0.0.1@${lab.port}
`;
  writeFileSync(join(lab.folder, 'unbound.conf'), config);
  unbound = spawn('unbound', ['-d', '-c', join(lab.folder, 'unbound.conf')], {
    stdio: 'ignore',
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` },
  });
}

function resolve(...args: string[]): Promise<string> {
  return dig(port, '+recurse', '+short', ...args);
}
