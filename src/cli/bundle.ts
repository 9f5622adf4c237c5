// Bundles the lab's programs into .lab/.cache/bundle. The launcher runs this when a source file is newer than the bundle.
// Old chunks stay for a week: a running lab may still load one.

import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundlePrograms } from '../runtimes/bundle-programs.ts';
import { BUNDLE_FOLDER, PROGRAMS } from '../runtimes/programs.ts';

mkdirSync(BUNDLE_FOLDER, { recursive: true });
const files = await bundlePrograms(PROGRAMS);
// The command line last: the launcher takes its age for that of the whole.
files.sort((a, b) => Number(a.name === 'cli.js') - Number(b.name === 'cli.js'));
for (const { name, code } of files) writeFileSync(join(BUNDLE_FOLDER, name), code);

const WEEK_MS = 7 * 24 * 3600 * 1000;
const current = new Set(files.map(({ name }) => name));
for (const name of readdirSync(BUNDLE_FOLDER)) {
  const file = join(BUNDLE_FOLDER, name);
  if (!current.has(name) && Date.now() - statSync(file).mtimeMs > WEEK_MS) rmSync(file);
}
