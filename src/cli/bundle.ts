// Bundles the lab's programs (runtimes/programs.ts) into .lab/.cache/bundle. The launcher runs this when a source file
// is newer than the bundle. Old chunks stay: a running lab may still load one.

import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { PROJECT_FOLDER } from '../runtimes/lab-folder.ts';
import { BUNDLE_FOLDER, PROGRAMS } from '../runtimes/programs.ts';

const input = Object.fromEntries(
  Object.entries(PROGRAMS).map(([name, source]) => [name, join(PROJECT_FOLDER, source)]),
);

const bundle = await rolldown({
  input,
  platform: 'node',
  // Native, or large and rarely used: resolved from node_modules when they are wanted.
  external: ['koffi', 'dockerode', 'rolldown'],
  plugins: [
    {
      name: 'where-the-source-was',
      // Data files are found beside the source, wherever the bundle is.
      transform(code, id) {
        if (!code.includes('import.meta.')) return undefined;
        return code
          .replaceAll('import.meta.dirname', JSON.stringify(dirname(id)))
          .replaceAll('import.meta.filename', JSON.stringify(id))
          .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href));
      },
    },
  ],
});
await bundle.write({ dir: BUNDLE_FOLDER, format: 'esm', sourcemap: false });
await bundle.close();
