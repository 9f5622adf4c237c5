// Edges with a disk behind their memory and a shield before the origin, on `tiny`: asked by real clients, killed, and cut off.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROJECT_FOLDER } from '../../src/base/project-folder.ts';
import { isReady, labRunner, serviceIn, until } from './lab-runner.ts';

const runner = labRunner();
const { lab, json, status } = runner;
afterAll(runner.clear);

/** By latency Dublin's POP is London, and Amsterdam's Frankfurt, the shield. */
function fetchFrom(client: string, path: string): { status: string; cacheStatus: string[] } {
  const { out, err } = lab(
    'exec',
    client,
    '--',
    ...['curl', '-4', '-sS', '-i', '-m', '10', `http://latency.cdn.test${path}`],
  );
  const head = out.split('\r\n\r\n')[0] ?? '';
  const cacheStatus = /^cache-status: (.*)$/im.exec(head)?.[1]?.split(/, (?=catchment-)/) ?? [];
  return { status: /^HTTP\/1.1 (\d+)/.exec(head)?.[1] ?? err, cacheStatus };
}

interface EdgeState {
  upstream: { members: { tier: string; name: string; requests: number }[] };
  store: { disk?: { records: number } };
}
const stateOf = (pop: string) => json<EdgeState>('edge', 'ctl', 'status', '--pop', pop);
const askedOf = (pop: string, tier: string) =>
  stateOf(pop)
    .upstream.members.filter((member) => member.tier === tier)
    .reduce((sum, { requests }) => sum + requests, 0);

describe('edges with a shield and a disk', () => {
  beforeAll(() => {
    const tiny = readFileSync(join(PROJECT_FOLDER, 'netem/topologies/tiny.yaml'), 'utf8');
    const file = join(runner.folder, 'tiers.yaml');
    writeFileSync(
      file,
      tiny
        .replace('name: tiny', 'name: tiers')
        .replace(
          'cdn: {asn: 64500}',
          'cdn: {asn: 64500, cache: {memoryMegabytes: 4, diskMegabytes: 50, shields: [fra]}}',
        ),
    );
    const { code, err } = lab('up', file, '--no-compare', '--yes');
    expect(code, err).toBe(0);
  });
  afterAll(() => {
    lab('down');
  });

  it('ask the origin once for what clients of both POPs want', () => {
    const path = '/bytes/20000?max_age=600&n=1';
    const first = fetchFrom('dublin', path);
    expect(first.status).toBe('200');
    // The shield's word is nearer to the origin, and so the first (RFC 9211 section 2).
    expect(first.cacheStatus).toEqual([
      expect.stringMatching(/^catchment-fra;.*fwd=uri-miss/),
      expect.stringMatching(/^catchment-lon;.*fwd=uri-miss/),
    ]);
    expect(fetchFrom('amsterdam', path).cacheStatus).toEqual([expect.stringMatching(/^catchment-fra;.*hit/)]);
    expect(fetchFrom('dublin', path).cacheStatus.at(-1)).toMatch(/^catchment-lon;.*hit/);
    expect(askedOf('pop-lon', 'origin')).toBe(0);
    expect(askedOf('pop-fra', 'origin')).toBeGreaterThan(0);
  });

  it('have on disk what their memory has lost when they are killed', async () => {
    const paths = Array.from({ length: 40 }, (_, n) => `/bytes/200000?max_age=600&disk=${n}`);
    // Twice the memory: the earlier ones are on disk by then.
    for (const path of paths) expect(fetchFrom('dublin', path).status).toBe('200');
    await until('records are on disk', () => (stateOf('pop-lon').store.disk?.records ?? 0) > 15);
    const pid = serviceIn(status(), 'pop-lon/edge')?.pid;
    expect(lab('exec', 'pop-lon', '--', 'kill', '-9', String(pid)).code).toBe(0);
    await until('the edge is back', () => {
      const now = status();
      return serviceIn(now, 'pop-lon/edge')?.pid !== pid && isReady(now);
    });
    const shieldAsked = askedOf('pop-lon', 'shield');
    const hits = paths.filter((path) =>
      /^catchment-lon;.*hit/.test(fetchFrom('dublin', path).cacheStatus.at(-1) ?? ''),
    );
    expect(hits.length).toBeGreaterThan(10);
    expect(askedOf('pop-lon', 'shield') - shieldAsked).toBe(paths.length - hits.length);
  });

  it('go to the origin themselves while the shield is silent', async () => {
    expect(lab('fail', 'pop-fra').code).toBe(0);
    const { status: answered, cacheStatus } = fetchFrom('dublin', '/bytes/1000?max_age=600&alone=1');
    expect(answered).toBe('200');
    expect(cacheStatus).toEqual([expect.stringMatching(/^catchment-lon;/)]);
    expect(askedOf('pop-lon', 'origin')).toBeGreaterThan(0);
    expect(lab('restore', 'pop-fra').code).toBe(0);
    await until('the shield is asked again', () => {
      const path = `/bytes/1000?max_age=600&again=${Date.now()}`;
      return fetchFrom('dublin', path).cacheStatus[0]?.startsWith('catchment-fra') === true;
    });
  });
});
