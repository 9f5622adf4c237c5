// The images' names say what is in them: what changes which tag, what stands on what.

import { describe, expect, test } from 'vitest';
import { bundlePrograms } from '../../../src/runtimes/bundle-programs.ts';
import {
  IMAGE_NAMES,
  type ImageInputs,
  type ImageName,
  planImages,
} from '../../../src/runtimes/docker/images/plan-images.ts';
import { PROJECT } from '../../cli/run-lab.ts';

const INPUTS: ImageInputs = {
  base: { tag: 'debian:bookworm-slim', id: 'sha256:aaaa' },
  dockerfiles: Object.fromEntries(IMAGE_NAMES.map((name) => [name, `FROM x # ${name}`])) as Record<
    ImageName,
    string
  >,
  whenPlumbed: '#!/bin/sh',
  node: { version: '24.0.0', executable: '/checkout/node' },
  packages: [{ name: 'koffi', version: '3.0.0', folder: '/checkout/node_modules/koffi' }],
  programs: [{ name: 'dns.js', code: 'dns()' }],
};

const tags = (inputs: ImageInputs) =>
  Object.fromEntries(planImages(inputs).map(({ name, tag }) => [name, tag]));

describe('a tag', () => {
  test('is the same for the same inputs, wherever the checkout is', () => {
    const elsewhere: ImageInputs = {
      ...INPUTS,
      node: { version: '24.0.0', executable: '/other/node' },
      packages: [{ name: 'koffi', version: '3.0.0', folder: '/other/koffi' }],
    };
    expect(tags(elsewhere)).toEqual(tags(INPUTS));
    expect(tags(INPUTS)['router']).toMatch(/^catchment\/router:[0-9a-f]{12}$/);
  });

  test.each<[string, Partial<ImageInputs>, ImageName[]]>([
    ['the programs', { programs: [{ name: 'dns.js', code: 'dns(1)' }] }, ['service', 'client']],
    ['a program more', { programs: [...INPUTS.programs, { name: 'x.js', code: '' }] }, ['service', 'client']],
    [
      'Node.js',
      { node: { version: '24.0.1', executable: '/checkout/node' } },
      ['node', 'tools', 'service', 'client'],
    ],
    [
      'an npm package',
      { packages: [{ name: 'koffi', version: '3.0.1', folder: '/checkout/node_modules/koffi' }] },
      ['node', 'tools', 'service', 'client'],
    ],
    [
      'the Dockerfile of tools',
      { dockerfiles: { ...INPUTS.dockerfiles, tools: 'FROM y' } },
      ['tools', 'client'],
    ],
    [
      'the base of the same name',
      { base: { tag: 'debian:bookworm-slim', id: 'sha256:bbbb' } },
      [...IMAGE_NAMES],
    ],
    ['the entry script', { whenPlumbed: '#!/bin/bash' }, [...IMAGE_NAMES]],
  ])('changes with %s, where it is in', (_, change, expected) => {
    const before = tags(INPUTS);
    const after = tags({ ...INPUTS, ...change });
    const changed = IMAGE_NAMES.filter((name) => before[name] !== after[name]);
    expect(changed.sort()).toEqual([...expected].sort());
  });
});

test('parents come first, and only the last two hold the project', () => {
  const plan = planImages(INPUTS);
  const known = new Set([INPUTS.base.tag]);
  for (const { from, tag } of plan) {
    expect(known).toContain(from);
    known.add(tag);
  }
  const withProject = plan.filter(({ context }) => context.some(({ path }) => path.startsWith('programs/')));
  expect(withProject.map(({ name }) => name)).toEqual(['service', 'client']);
});

test('bundles for images are the same bytes twice and know nothing of the checkout', async () => {
  const programs = { edge: 'src/edge/main.ts', relay: 'src/shaping/relay/main.ts' };
  const [first, second] = [
    await bundlePrograms(programs, '/catchment'),
    await bundlePrograms(programs, '/catchment'),
  ];
  expect(second).toEqual(first);
  for (const { name, code } of first) expect([name, code.includes(`${PROJECT}/`)]).toEqual([name, false]);
  expect(first.map(({ name }) => name)).toContain('edge.js');
});
