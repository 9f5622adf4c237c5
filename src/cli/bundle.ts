// Bundles the lab's programs into .lab/.cache/bundle. The launcher runs this when a source file is newer than the bundle.
// Old chunks stay: a running lab may still load one.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundlePrograms } from '../runtimes/bundle-programs.ts';
import { BUNDLE_FOLDER, PROGRAMS } from '../runtimes/programs.ts';

mkdirSync(BUNDLE_FOLDER, { recursive: true });
const files = await bundlePrograms(PROGRAMS);
// The command line last: the launcher takes its age for that of the whole.
files.sort((a, b) => Number(a.name === 'cli.js') - Number(b.name === 'cli.js'));
for (const { name, code } of files) writeFileSync(join(BUNDLE_FOLDER, name), code);
