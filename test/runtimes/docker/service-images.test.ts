// The images of single services hold what the service imports, and no more: followed through the sources, since a package
// that is loaded lazily would be missed only when somebody asks for metrics. test/lab/docker-services.test.ts runs them.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PROJECT_FOLDER } from '../../../src/base/project-folder.ts';

describe.each([
  ['edge', 'src/edge/main.ts'],
  ['geodns', 'src/dns/main.ts'],
])('Dockerfile.%s', (name, main) => {
  const dockerfile = readFileSync(join(PROJECT_FOLDER, 'compose', `Dockerfile.${name}`), 'utf8');
  const { packages, rooms } = importsOf(main);

  test('installs the packages that the program imports', () => {
    const [, dependencies = ''] = /'dependencies=(\{.*\})'/.exec(dockerfile) ?? [];
    expect(Object.keys(JSON.parse(dependencies))).toEqual(packages);
  });

  test('copies the rooms that the program imports', () => {
    const copied = [...dockerfile.matchAll(/^COPY (src\/\S+) \1$/gm)].map(([, room]) => room);
    expect(copied.sort()).toEqual(rooms);
  });
});

/** Names of packages and folders under src that a program's files import, types apart. */
function importsOf(main: string): { packages: string[]; rooms: string[] } {
  const files = new Set([main]);
  const packages = new Set<string>();
  // A set's walk goes on with what is added on the way.
  for (const file of files) {
    const text = readFileSync(join(PROJECT_FOLDER, file), 'utf8');
    const imports = text.matchAll(/(?<!import type [^;]*)(?:from |import\(|require\()'([@\w./-]+)'/g);
    for (const [, specifier = ''] of imports) {
      if (specifier.startsWith('node:')) continue;
      if (!specifier.startsWith('.')) packages.add(/^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? '');
      else {
        const imported = join(dirname(file), specifier);
        if (!existsSync(join(PROJECT_FOLDER, imported))) throw new Error(`${file} imports ${specifier}?`);
        files.add(imported);
      }
    }
  }
  const rooms = new Set([...files].map((file) => file.split('/').slice(0, 2).join('/')));
  return { packages: [...packages].sort(), rooms: [...rooms].sort() };
}
