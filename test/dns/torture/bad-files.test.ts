// Files that go bad while the server runs: it reads them again when told to, keeps what it had, and says in the log which
// file was refused and why. Then they are put right.

import { rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addressesFor, CLIENTS } from '../support/query.ts';
import { type LogLine, type RunningServer, startServer } from '../support/server.ts';
import { ADDRESS_OF, geoipBytes, worldConfig, worldFiles, ZONE } from '../support/world.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ config: worldConfig(), files: worldFiles() });
});
afterAll(async () => {
  expect((await server.stop()).code).toBe(0);
  expect(server.noise).toEqual([]);
});
beforeEach(async () => {
  for (const [path, contents] of Object.entries(worldFiles())) server.write(path, contents);
  expect((await reload()).level, 'good files are taken').toBe('info');
});

/** SIGHUP, then what the log says of it. */
async function reload(): Promise<LogLine> {
  const from = server.log.length;
  server.signal('SIGHUP');
  return server.logged(/reload/i, from);
}

const answer = (client: keyof typeof CLIENTS = 'europe', name = 'www.cdn.test') =>
  addressesFor(server, name, CLIENTS[client]);

describe('the GeoIP database', () => {
  it.each<[string, () => void]>([
    ['cut in the middle', () => truncateSync(join(server.folder, 'geoip.mmdb'), 700)],
    ['emptied', () => truncateSync(join(server.folder, 'geoip.mmdb'), 0)],
    ['deleted', () => rmSync(join(server.folder, 'geoip.mmdb'))],
    ['replaced by text', () => server.write('geoip.mmdb', 'this is not a database')],
    ['replaced by zeros', () => server.write('geoip.mmdb', Buffer.alloc(5000))],
    ['still compressed', () => server.write('geoip.mmdb', Buffer.from('1f8b0800000000000003', 'hex'))],
  ])('%s: the old one stays until there is a good one', async (_sentence, harm) => {
    expect(await answer()).toBe(ADDRESS_OF.fra);
    harm();
    expect(await answer(), 'before the reload').toBe(ADDRESS_OF.fra);
    const refused = await reload();
    expect(refused.level).not.toBe('info');
    expect(JSON.stringify(refused)).toContain('geoip.mmdb');
    expect(await answer(), 'after the reload').toBe(ADDRESS_OF.fra);
    expect(await answer('asia')).toBe(ADDRESS_OF.sin);

    server.write('geoip.mmdb', geoipBytes(true));
    expect((await reload()).level).toBe('info');
    expect(await answer()).toBe(ADDRESS_OF.sin);
    expect(await answer('asia')).toBe(ADDRESS_OF.fra);
  });

  it('with a tree whose pointers lead nowhere is refused, or at least never ends the server', async () => {
    const broken = Buffer.from(geoipBytes());
    broken.fill(0xff, 40, 400);
    server.write('geoip.mmdb', broken);
    await reload();
    for (const client of ['europe', 'asia', 'nowhere'] as const)
      expect(await answer(client)).toMatch(/^203\.0\.113\./);
  });
});

describe('a zone file', () => {
  it.each<[string, string, RegExp]>([
    ['with a record that cannot be read', `${ZONE}\nbad A 300.1.2.3\n`, /cdn\.zone/],
    ['without a SOA', ZONE.replace(/@ +SOA[^)]*\)/, ''), /SOA/],
    ['cut in the middle of a record', ZONE.slice(0, ZONE.indexOf('one" "two')), /cdn\.zone/],
    ['emptied', '', /cdn\.zone/],
    ['of binary noise', '\u0000\u0001\u0002\ufffd', /cdn\.zone/],
    ['that includes itself', `${ZONE}\n$INCLUDE cdn.zone\n`, /cdn\.zone/],
    ['with an alias beside data', `${ZONE}\nstatic CNAME www\n`, /static/],
  ])('%s is refused, and the old one stays', async (_sentence, text, said) => {
    server.write('cdn.zone', text);
    const refused = await reload();
    expect(refused.level).not.toBe('info');
    expect(JSON.stringify(refused)).toMatch(said);
    expect(await answer('europe', 'static.cdn.test')).toBe('192.0.2.10 192.0.2.11');
    expect(await answer()).toBe(ADDRESS_OF.fra);

    server.write('cdn.zone', ZONE.replace('static  A 192.0.2.10', 'static  A 192.0.2.77'));
    expect((await reload()).level).toBe('info');
    expect(await answer('europe', 'static.cdn.test')).toBe('192.0.2.77 192.0.2.11');
  });

  it('that loses a steered name`s zone is refused', async () => {
    server.write('cdn.zone', ZONE.replace('$ORIGIN cdn.test.', '$ORIGIN other.test.'));
    const refused = await reload();
    expect(refused.level).not.toBe('info');
    expect(await answer()).toBe(ADDRESS_OF.fra);
  });
});
