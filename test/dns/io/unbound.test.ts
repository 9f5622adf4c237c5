// What a real caching resolver hands on. The bar is the fault measured in another server: its first client without a
// location got scope /0, and the resolver then gave that answer to everyone until the TTL ended.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { HANDS_ON_NETWORKS, startUnbound, type Unbound } from '../support/unbound.ts';
import { dig, type Lab, startLab } from './lab.ts';

let lab: Lab;
let unbound: Unbound;

beforeAll(async () => {
  lab = await startLab();
  unbound = await startUnbound({
    folder: lab.folder,
    settings: ['module-config: "subnetcache iterator"', ...HANDS_ON_NETWORKS, 'qname-minimisation: no'],
    stubs: { 'cdn.test.': [`stub-addr: 127.0.0.1@${lab.port}`] },
    answers: async (port) =>
      expect(await dig(port, '+recurse', '+short', 'static.cdn.test')).toBe('192.0.2.10'),
  });
});

afterAll(async () => {
  unbound.close();
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
  expect(await dig(unbound.port, '+recurse', 'nope.cdn.test')).toContain('status: NXDOMAIN');
  expect(await dig(unbound.port, '+recurse', 'www.cdn.test', 'AAAA')).toMatch(
    /status: NOERROR[\s\S]*ANSWER: 0/,
  );
  expect(await resolve('big.cdn.test', 'TXT')).toContain('x'.repeat(200));
});

function resolve(...args: string[]): Promise<string> {
  return dig(unbound.port, '+recurse', '+short', ...args);
}
