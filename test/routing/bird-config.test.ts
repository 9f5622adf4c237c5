// The generated configurations: the same text every time (golden files), and BIRD itself takes each of them.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { birdConfig, runsBird } from '../../src/routing/bird-config.ts';
import { loadBirdFragments } from '../../src/routing/io/load-fragments.ts';
import { loadTopology, topologyNames } from '../../src/topology/io/load-topology.ts';
import type { ResolvedTopology, TimerProfileName } from '../../src/topology/resolved.ts';
import { crossroads } from './support/crossroads.ts';

const fragments = loadBirdFragments();
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bird-config-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What `bird -p` says to all configurations of a topology; empty when it takes them. */
function birdsComplaints(topology: ResolvedTopology): string {
  const files = topology.nodes.filter(runsBird).map((node) => {
    const file = join(folder, `${node.name}.conf`);
    writeFileSync(file, birdConfig(topology, node.name, fragments));
    return file;
  });
  return execFileSync('sh', ['-c', 'for f; do bird -p -c "$f" 2>&1; done; true', 'sh', ...files], {
    encoding: 'utf8',
  });
}

describe('BIRD configurations', () => {
  const tiny = loadTopology('tiny').topology;

  test.each(tiny.nodes.filter(runsBird).map((node) => node.name))(
    'of tiny: %s is the golden one',
    async (name) => {
      await expect(birdConfig(tiny, name, fragments)).toMatchFileSnapshot(`golden/${name}.conf`);
    },
  );

  test.each(topologyNames())('of %s are all accepted by BIRD', (name) => {
    expect(birdsComplaints(loadTopology(name).topology)).toBe('');
  });

  test.each<TimerProfileName>(['fast', 'default', 'internet'])(
    'with timers %s are accepted by BIRD',
    (timers) => {
      expect(birdsComplaints({ ...crossroads(), timers })).toBe('');
    },
  );

  test('are the same text from the same topology', () => {
    expect(birdConfig(crossroads(), 't1-lon', fragments)).toBe(birdConfig(crossroads(), 't1-lon', fragments));
  });

  test('a POP starts with its anycast protocols disabled', () => {
    const config = birdConfig(crossroads(), 'pop-fra', fragments);
    for (const name of ['anycast_http4', 'anycast_http6', 'anycast_dns4', 'anycast_dns6']) {
      expect(config).toContain(`protocol static ${name} {\n\tdisabled;`);
    }
  });

  test('only a POP refuses its own anycast prefixes and accepts its own AS in a path', () => {
    const refuses = (node: string) =>
      birdConfig(crossroads(), node, fragments).includes('OWN_ANYCAST4 = [ 192.0.2.0/24');
    const allows = (node: string) => birdConfig(crossroads(), node, fragments).includes('allow local as 1;');
    expect([refuses('pop-fra'), allows('pop-fra')]).toEqual([true, true]);
    expect([refuses('isp-london'), allows('isp-london')]).toEqual([false, false]);
  });

  test('a route server forwards nothing: it has no kernel protocol', () => {
    expect(birdConfig(crossroads(), 'ix-lon', fragments)).not.toContain('protocol kernel');
  });

  test('a client has none: asking for it is our mistake', () => {
    expect(() => birdConfig(crossroads(), 'london', fragments)).toThrow('london is a client');
  });

  test('a broken configuration would be noticed by this test', () => {
    const file = join(folder, 'broken.conf');
    writeFileSync(file, 'router id 1.2.3.4;\nprotocol bgp { nonsense }\n');
    expect(spawnSync('bird', ['-p', '-c', file]).status).not.toBe(0);
  });
});
