import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROJECT_FOLDER } from '../../src/base/project-folder.ts';
import { generateTopology } from '../../src/topology/generate.ts';
import { generatedFiles } from '../../src/topology/generated-files.ts';
import { loadTopology, topologyNames } from '../../src/topology/io/load-topology.ts';

describe('made files', () => {
  // When one fails: node src/topology/io/write-generated-files.ts
  it.each(Object.keys(generatedFiles()))('%s is what the code makes', (path) => {
    expect(readFileSync(join(PROJECT_FOLDER, path), 'utf8')).toBe(generatedFiles()[path]);
  });

  it('hundred has a hundred POPs and more client locations', () => {
    const { topology } = loadTopology('hundred');
    expect(topology.pops.length).toBeGreaterThanOrEqual(100);
    expect(topology.clients.length).toBeGreaterThanOrEqual(100);
  });

  it('every topology names the schema for editors', () => {
    for (const name of topologyNames()) {
      const text = readFileSync(join(PROJECT_FOLDER, 'netem', 'topologies', `${name}.yaml`), 'utf8');
      expect(text).toMatch(/^# yaml-language-server: \$schema=\.\.\/topology\.schema\.json\n/);
    }
  });
});

describe('the generator', () => {
  it('makes the same topology from the same seed and another from another', () => {
    expect(generateTopology({ routers: 50, seed: 7 })).toEqual(generateTopology({ routers: 50, seed: 7 }));
    expect(generateTopology({ routers: 50, seed: 8 })).not.toEqual(
      generateTopology({ routers: 50, seed: 7 }),
    );
  });
});
