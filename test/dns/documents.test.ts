// What the documents show is what happens: configurations are read, policies compile, the README's example is checked and
// its explanation is the real one.

import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { PROJECT_FOLDER } from '../../src/base/project-folder.ts';
import { runCheck } from '../../src/cli/dns/check.ts';
import { runExplain } from '../../src/cli/dns/explain.ts';
import { parseDnsConfig } from '../../src/dns/config.ts';
import { parseOverrides } from '../../src/dns/health/overrides.ts';
import { buildGeoDatabase } from '../../src/geoip/build-database.ts';
import { capturedCli } from '../cli/captured-output.ts';

const README = 'src/dns/README.md';

function blocks(file: string, language: string): string[] {
  const text = readFileSync(join(PROJECT_FOLDER, file), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, body = '']) => body,
  );
}

/** What fragments of configurations are put into; enough POPs and policies for all of them. */
const BASE = {
  listen: [{ address: '127.0.0.1', port: 0 }],
  zones: ['cdn.zone'],
  checks: { web: { type: 'tcp', port: 80 } },
  pops: ['pop-fra', 'pop-iad', 'pop-sin', 'pop-new'].map((name, i) => ({
    name,
    code: name,
    latitude: i,
    longitude: i,
    ipv4: `192.0.2.${i}`,
  })),
};

describe.each(globSync('docs/dns/*.md', { cwd: PROJECT_FOLDER }))('%s', (file) => {
  test('shows configurations that are right', async () => {
    for (const block of blocks(file, 'yaml')) {
      const config = { ...BASE, ...(parse(block) as object) };
      await parseDnsConfig(JSON.stringify(config), `${file}: ${block}`);
    }
  });
});

test('overrides are written as the operator is told', () => {
  const [block = ''] = blocks('docs/dns/operations.md', 'overrides');
  expect(parseOverrides(block, 'overrides')).toMatchObject({
    problems: [],
    rules: [{}, { why: 'new disks' }],
  });
});

describe('the example of the README', () => {
  let folder: string;
  let config: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'catchment-readme-'));
    const [zone = ''] = blocks(README, 'zone');
    const [yaml = ''] = blocks(README, 'yaml');
    writeFileSync(join(folder, 'cdn.zone'), zone);
    const place = { name: 'Amsterdam', country: 'NL', continent: 'EU', latitude: 52.37, longitude: 4.9 };
    writeFileSync(
      join(folder, 'City.mmdb'),
      buildGeoDatabase([{ prefix: '193.0.0.0/20', city: place }]).bytes,
    );
    config = join(folder, 'dns.yaml');
    writeFileSync(config, yaml);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('is a configuration without errors', async () => {
    const cli = capturedCli();
    expect(await runCheck(cli, config, { proof: true })).toBe(true);
    // The GeoIP file of the test is old, as the lab's always is.
    expect(cli.out()).toMatch(/0 errors, 1 warning$/);
  });

  test('is explained as it says', async () => {
    const cli = capturedCli();
    await runExplain(cli, 'www.cdn.test', { client: '193.0.0.7', type: 'A', config });
    const shown = cli.out().replaceAll(config, 'dns.yaml');
    expect(blocks(README, 'text')[0]).toBe(`${shown}\n`);
  });
});
