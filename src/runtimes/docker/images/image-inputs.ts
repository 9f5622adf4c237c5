// Gathers what the images are made from: the Dockerfiles, the pinned Node.js, the npm packages that programs load by
// name, and the bundled programs.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { UserError } from '../../../base/errors.ts';
import { PROJECT_FOLDER } from '../../../base/project-folder.ts';
import { IMAGE_PROGRAMS } from '../../programs.ts';
import { IMAGE_NAMES, type ImageInputs, type ImageName, type NpmPackage } from './plan-images.ts';

/** Where the project is inside an image. */
export const IMAGE_PROJECT_FOLDER = '/catchment';

/** `architecture` is the engine's, as Node.js names it: `x64`, `arm64`. */
export async function gatherImageInputs(
  base: ImageInputs['base'],
  architecture: string,
): Promise<ImageInputs> {
  const { bundlePrograms } = await import('../../bundle-programs.ts');
  const compose = join(PROJECT_FOLDER, 'compose');
  const dockerfiles = Object.fromEntries(
    IMAGE_NAMES.map((name) => [name, readFileSync(join(compose, `${name}.Dockerfile`), 'utf8')]),
  ) as Record<ImageName, string>;
  const node = npmPackage(`node-linux-${architecture}`);
  return {
    base,
    dockerfiles,
    whenPlumbed: readFileSync(join(compose, 'when-plumbed.sh'), 'utf8'),
    node: { version: node.version, executable: join(node.folder, 'bin', 'node') },
    packages: ['koffi', `@koromix/koffi-linux-${architecture}`, 'undici'].map(npmPackage),
    programs: await bundlePrograms(IMAGE_PROGRAMS, IMAGE_PROJECT_FOLDER).catch(cannotBundle),
  };
}

/** A source that somebody is editing, most likely. */
function cannotBundle(cause: unknown): never {
  const [reason = ''] = stripVTControlCharacters((cause as Error).message)
    .trim()
    .split('\n');
  throw new UserError(
    {
      message: `the programs of the images cannot be bundled: ${reason}`,
      hint: 'npm run check says what is wrong with the sources',
    },
    1,
    { cause },
  );
}

function npmPackage(name: string): NpmPackage {
  const folder = join(PROJECT_FOLDER, 'node_modules', name);
  const file = join(folder, 'package.json');
  if (!existsSync(file)) {
    throw new UserError({
      message: `the images need the npm package ${name}, which is not in node_modules`,
      hint: 'npm ci, on the kind of machine that the engine runs on (x86-64 or arm64 Linux)',
    });
  }
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return { name, version, folder };
}
