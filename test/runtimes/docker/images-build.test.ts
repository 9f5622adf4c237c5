// Around a build: the context's files and modes, what is told of a failure, where Debian packages come from.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatProblem } from '../../../src/base/errors.ts';
import { withBuildContext } from '../../../src/runtimes/docker/images/build-context.ts';
import { buildProblem, readBuildOutput } from '../../../src/runtimes/docker/images/build-output.ts';
import { debianSources } from '../../../src/runtimes/docker/images/debian-sources.ts';

describe('a build context', () => {
  test('has the modes of an image whatever the umask, only what runs of a package, and is gone afterwards', async () => {
    const umask = process.umask(0o077);
    const npm = mkdtempSync(join(tmpdir(), 'catchment-context-test-'));
    for (const path of [
      'lib/deep/x.js',
      'doc/manual.md',
      'lib/x.d.ts',
      'build/x.node',
      'LICENSE',
      'package.json',
    ]) {
      mkdirSync(join(npm, path, '..'), { recursive: true });
      writeFileSync(join(npm, path), 'x');
    }
    let made = '';
    await withBuildContext(
      {
        dockerfile: 'FROM x',
        context: [
          { path: 'run.sh', text: '#!/bin/sh', executable: true },
          { path: 'catchment/node_modules/@a/b', copyOf: npm },
        ],
      },
      async (folder) => {
        made = folder;
        expect(readdirSync(folder).sort()).toEqual(['Dockerfile', 'catchment', 'run.sh']);
        const mode = (path: string) => (statSync(join(folder, path)).mode & 0o777).toString(8);
        expect([mode('Dockerfile'), mode('run.sh')]).toEqual(['644', '755']);
        const inside = 'catchment/node_modules/@a/b';
        expect([mode('catchment'), mode(`${inside}/lib/deep`), mode(`${inside}/lib/deep/x.js`)]).toEqual([
          '755',
          '755',
          '644',
        ]);
        const files = readdirSync(join(folder, inside), { recursive: true, withFileTypes: true });
        expect(files.filter((file) => file.isFile()).map(({ name }) => name)).toEqual(
          expect.arrayContaining(['LICENSE', 'package.json', 'x.js', 'x.node']),
        );
        expect(files.map(({ name }) => name)).not.toContain('manual.md');
        expect(files.map(({ name }) => name)).not.toContain('x.d.ts');
      },
    );
    process.umask(umask);
    rmSync(npm, { recursive: true });
    expect(existsSync(made)).toBe(false);
  });
});

describe('a build that fails', () => {
  /** As an engine 20.10 writes it. */
  const MESSAGES = [
    { stream: 'Step 1/3 : FROM debian:bookworm-slim' },
    { stream: '\n' },
    { stream: 'Step 2/3 : RUN apt-get update  && apt-get install --yes bird2' },
    { stream: '\n' },
    {
      stream:
        "Err:1 http://deb.debian.org/debian bookworm InRelease\n  Temporary failure resolving 'deb.debian.org'\n",
    },
    {
      errorDetail: {
        code: 100,
        message: "The command '/bin/sh -c apt-get ...' returned a non-zero code: 100",
      },
      error: "The command '/bin/sh -c apt-get ...' returned a non-zero code: 100",
    },
  ];

  test('is told with its step, its last lines, what to do and where the log is', () => {
    const output = readBuildOutput();
    const steps = MESSAGES.map((message) => output.add(message)).filter(Boolean);
    expect(steps).toEqual([
      'step 1/3, FROM debian:bookworm-slim',
      'step 2/3, RUN apt-get update && apt-get install --yes bird2',
    ]);
    const failure = output.failure();
    if (!failure) throw new Error('no failure');
    expect(
      formatProblem(buildProblem('router', failure, '.lab/.launcher/build-router.log')),
    ).toMatchInlineSnapshot(`
      "the image router could not be built: step 2/3, RUN apt-get update && apt-get install --yes bird2: The command '/bin/sh -c apt-get ...' returned a non-zero code: 100
        found:    
          Step 1/3 : FROM debian:bookworm-slim
          Step 2/3 : RUN apt-get update  && apt-get install --yes bird2
          Err:1 http://deb.debian.org/debian bookworm InRelease
            Temporary failure resolving 'deb.debian.org'
        hint:     containers that build reach no package archive: go online once, or set HTTP_PROXY if there is a proxy; then the same command again; all of it: .lab/.launcher/build-router.log"
    `);
  });

  test('is told whatever the engine writes', () => {
    const value = fc.oneof(fc.string(), fc.constant(undefined), fc.integer(), fc.constant(null));
    const message = fc.record({ stream: value, status: value, error: value }, { requiredKeys: [] });
    fc.assert(
      fc.property(fc.array(message), (messages) => {
        const output = readBuildOutput();
        for (const each of messages) output.add(each);
        const failed = messages.some(({ error }) => typeof error === 'string');
        expect(output.failure() !== undefined).toBe(failed);
      }),
    );
  });
});

describe('Debian packages come from', () => {
  const DEB822 = `Types: deb
# http://snapshot.debian.org/archive/debian/20250520T000000Z
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main

Types: deb
URIs: http://mirror.example/debian-security/
Suites: bookworm-security
Components: main
`;

  test.each([
    ['nowhere in particular', [], 'http://deb.debian.org/debian'],
    ['deb822 sources', [DEB822], 'http://mirror.example/debian'],
    [
      'one-line sources',
      ['deb [signed-by=/x.gpg] https://near.example/debian/ trixie main\n'],
      'https://near.example/debian',
    ],
    [
      'sources of another distribution',
      ['deb http://archive.ubuntu.com/ubuntu noble main\n'],
      'http://deb.debian.org/debian',
    ],
    [
      'sources that are commented out',
      ['# deb http://old.example/debian bookworm main\n'],
      'http://deb.debian.org/debian',
    ],
  ])('%s: %o', (_, files, mirror) => {
    expect(debianSources(files, 'bookworm').mirror).toBe(mirror);
  });

  test('the security archive too, where apt knows one', () => {
    expect(debianSources([DEB822], 'bookworm').sourcesList).toBe(
      'deb http://mirror.example/debian bookworm main\ndeb http://mirror.example/debian bookworm-updates main\ndeb http://mirror.example/debian-security bookworm-security main\n',
    );
    expect(debianSources(['deb http://near.example/debian bookworm main'], 'bookworm').sourcesList).toBe(
      'deb http://near.example/debian bookworm main\n',
    );
  });
});
