// What real caching resolvers make of our answers: unbound that hands on client networks and keeps an answer for each scope,
// and one that knows nothing of them. The bar is the fault measured in another server: its first client without a location
// got scope 0, and unbound then gave that answer to everybody until the TTL ended.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installed, run } from '../support/command.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { HANDS_ON_NETWORKS, startUnbound, type Unbound } from '../support/unbound.ts';
import { ADDRESS_OF, worldConfig, worldFiles } from '../support/world.ts';

let server: RunningServer;
let folder: string;
const resolvers: Unbound[] = [];

beforeAll(async () => {
  server = await startServer({ config: worldConfig(), files: worldFiles() });
  folder = mkdtempSync(join(tmpdir(), 'catchment-dns-resolver-'));
});
afterAll(async () => {
  for (const resolver of resolvers) resolver.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const WITH_SUBNETS = ['module-config: "subnetcache iterator"', ...HANDS_ON_NETWORKS];

async function resolverWith(modules: readonly string[]): Promise<(...args: string[]) => Promise<string>> {
  const ask = async (port: number, ...args: string[]) =>
    (await run('dig', ['@127.0.0.1', '-p', String(port), '+tries=1', '+time=3', ...args])).out;
  const unbound = await startUnbound({
    folder,
    settings: ['harden-referral-path: yes', 'use-caps-for-id: yes', 'qname-minimisation: yes', ...modules],
    stubs: { 'cdn.test.': [`stub-addr: 127.0.0.1@${server.port}`] },
    answers: async (port) => expect(await ask(port, '+short', 'static.cdn.test')).toContain('192.0.2.10'),
  });
  resolvers.push(unbound);
  return (...args) => ask(unbound.port, ...args);
}

describe.skipIf(!installed('unbound'))('unbound with a cache by client network', () => {
  let resolve: (...args: string[]) => Promise<string>;
  const address = async (subnet: string, name = 'www.cdn.test') =>
    (await resolve('+short', `+subnet=${subnet}`, name)).trim().split('\n').at(-1);
  beforeAll(async () => {
    resolve = await resolverWith(WITH_SUBNETS);
  });

  it('is not poisoned by a first client without a location', async () => {
    expect(await address('1.1.1.0/24')).toMatch(/^203\.0\.113\./);
    expect(await address('193.0.0.0/24')).toBe(ADDRESS_OF.fra);
    expect(await address('133.11.0.0/24')).toBe(ADDRESS_OF.sin);
    expect(await address('8.8.8.0/24')).toBe(ADDRESS_OF.iad);
  });

  it('is not poisoned by a client that gives no network, or by one of IPv6', async () => {
    await address('0.0.0.0/0', 'a.geo.cdn.test');
    await address('::/0', 'a.geo.cdn.test');
    expect(await address('2001:db8:4002::/56', 'a.geo.cdn.test')).toBe(ADDRESS_OF.sin);
    expect(await address('2001:db8:4001::/56', 'a.geo.cdn.test')).toBe(ADDRESS_OF.fra);
    expect(await address('133.11.0.0/24', 'a.geo.cdn.test')).toBe(ADDRESS_OF.sin);
    expect(await address('193.0.0.0/24', 'a.geo.cdn.test')).toBe(ADDRESS_OF.fra);
  });

  it('is not poisoned through an alias, asked for first by somebody without a location', async () => {
    await address('1.1.1.0/24', 'alias2.cdn.test');
    expect(await address('133.11.0.0/24', 'alias2.cdn.test')).toBe(ADDRESS_OF.sin);
    expect(await address('193.0.0.0/24', 'alias2.cdn.test')).toBe(ADDRESS_OF.fra);
  });

  it('keeps negative and unsteered answers once, for all networks', async () => {
    expect(await resolve('+subnet=193.0.0.0/24', 'nope.cdn.test')).toContain('NXDOMAIN');
    expect(await resolve('+subnet=133.11.0.0/24', 'nope.cdn.test')).toContain('NXDOMAIN');
    expect(await address('133.11.0.0/24', 'static.cdn.test')).toMatch(/^192.0.2.1[01]$/);
  });
});

describe.skipIf(!installed('unbound'))('unbound that knows nothing of client networks', () => {
  let resolve: (...args: string[]) => Promise<string>;
  beforeAll(async () => {
    resolve = await resolverWith(['module-config: "iterator"']);
  });

  it.each([
    ['www.cdn.test', 'A', /203\.0\.113\./],
    ['static.cdn.test', 'AAAA', /2001:db8::10/],
    ['alias2.cdn.test', 'A', /CNAME\s+alias[\s\S]*203\.0\.113\./],
    ['deep.down.wild.cdn.test', 'A', /192\.0\.2\.20/],
    ['a.b.ent.cdn.test', 'A', /192\.0\.2\.30/],
    ['b.ent.cdn.test', 'A', /NOERROR[\s\S]*ANSWER: 0/],
    ['x.b.ent.cdn.test', 'A', /NXDOMAIN/],
    ['broken.cdn.test', 'A', /NXDOMAIN/],
    ['cdn.test', 'MX', /10 mail\.cdn\.test/],
    ['big.cdn.test', 'TXT', /x{200}/],
    ['svc.cdn.test', 'TYPE65', /alpn|\\# 10/],
  ])('%s %s', async (name, type, printed) => {
    expect(await resolve(name, type)).toMatch(printed);
  });
});
