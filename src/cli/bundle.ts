// Bundles the lab's programs (runtimes/programs.ts) into .lab/.cache/bundle, each on its own: a file shared with the
// command line would bring all of zod into every service. The launcher runs this when a source file is newer than the
// bundle. Old chunks stay: a running lab may still load one.

import http from 'node:http';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Plugin, rolldown } from 'rolldown';
import { PROJECT_FOLDER } from '../base/project-folder.ts';
import { BUNDLE_FOLDER, PROGRAMS } from '../runtimes/programs.ts';

/** Data files are found beside the source, wherever the bundle is. */
const whereTheSourceWas: Plugin = {
  name: 'where-the-source-was',
  transform(code, id) {
    if (!code.includes('import.meta.')) return undefined;
    return code
      .replaceAll('import.meta.dirname', JSON.stringify(dirname(id)))
      .replaceAll('import.meta.filename', JSON.stringify(id))
      .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href));
  },
};

/**
 * To import node:http reads all its exports, and one of them (WebSocket, a getter) loads Node's own undici: 6 MB and
 * 20 ms in every process. What has a plain value is enough for us, and taken without an import.
 */
const httpWithoutWebSocket: Plugin = {
  name: 'http-without-websocket',
  resolveId: (id, _, { kind }) => (id === 'node:http' && kind === 'import-statement' ? '\0http' : undefined),
  load(id) {
    if (id !== '\0http') return undefined;
    const properties = Object.entries(Object.getOwnPropertyDescriptors(http));
    const names = properties.flatMap(([name, property]) => ('value' in property ? [name] : []));
    return `export const { ${names.join(', ')} } = process.getBuiltinModule('node:http');`;
  },
};

await Promise.all(Object.entries(PROGRAMS).map(([name, source]) => bundle(name, source)));

async function bundle(name: string, source: string): Promise<void> {
  const build = await rolldown({
    input: { [name]: join(PROJECT_FOLDER, source) },
    platform: 'node',
    // Native, or large and rarely used: resolved from node_modules when they are wanted.
    external: ['koffi', 'dockerode', 'rolldown'],
    plugins: [whereTheSourceWas, httpWithoutWebSocket],
  });
  await build.write({ dir: BUNDLE_FOLDER, format: 'esm', sourcemap: false });
  await build.close();
}
