// Bundles programs (programs.ts) into plain JavaScript, each on its own: a file shared with the command line would
// bring all of zod into every service. For this checkout (cli/bundle.ts), or as they are to be seen inside an image.

import type nodeHttp from 'node:http';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Plugin, rolldown } from 'rolldown';
import { PROJECT_FOLDER } from '../base/project-folder.ts';

export interface BundledFile {
  /** `dns.js`, or a chunk that one of the programs imports: `prom-client-BQYc0lXs.js`. */
  name: string;
  code: string;
}

/**
 * The files of all programs, sorted by name; the same sources give the same bytes, wherever the checkout is.
 * `programs` maps a name to a source file relative to the project. `seenAs` is where the bundled code believes the
 * project is: what it finds by its own place (data files, node_modules) it finds from there.
 */
export async function bundlePrograms(
  programs: Record<string, string>,
  seenAs = PROJECT_FOLDER,
): Promise<BundledFile[]> {
  const bundles = await Promise.all(
    Object.entries(programs).map(([name, source]) => bundle(name, source, seenAs)),
  );
  // A chunk's name holds a digest of its content: two programs with the same chunk need it once.
  const byName = new Map(bundles.flat().map((file) => [file.name, file]));
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function bundle(name: string, source: string, seenAs: string): Promise<BundledFile[]> {
  const build = await rolldown({
    // Paths in the output are relative to it.
    cwd: PROJECT_FOLDER,
    input: { [name]: join(PROJECT_FOLDER, source) },
    platform: 'node',
    // Native, or large and rarely used: resolved from node_modules when they are wanted.
    external: ['koffi', 'dockerode', 'rolldown'],
    plugins: [whereTheSourceWas(seenAs), httpWithoutWebSocket],
  });
  const { output } = await build.generate({ format: 'esm', sourcemap: false });
  await build.close();
  return output.map((file) => {
    if (file.type !== 'chunk') throw new Error(`${name}: a bundle has no use for the asset ${file.fileName}`);
    return { name: file.fileName, code: file.code };
  });
}

/** Not spelled out, or this plugin would rewrite itself when the command line is bundled. */
const META = ['import', 'meta'].join('.');

/** Data files are found beside the source, wherever the bundle is. */
function whereTheSourceWas(seenAs: string): Plugin {
  return {
    name: 'where-the-source-was',
    transform(code, id) {
      // Rolldown's own runtime is no file of ours, and looks for modules from where the bundle is.
      if (id.startsWith('\0') || !code.includes(`${META}.`)) return undefined;
      const path = id.startsWith(`${PROJECT_FOLDER}/`) ? seenAs + id.slice(PROJECT_FOLDER.length) : id;
      return code
        .replaceAll(`${META}.dirname`, JSON.stringify(dirname(path)))
        .replaceAll(`${META}.filename`, JSON.stringify(path))
        .replaceAll(`${META}.url`, JSON.stringify(pathToFileURL(path).href));
    },
  };
}

/**
 * To import node:http reads all its exports, and one of them (WebSocket, a getter) loads Node's own undici: 6 MB and
 * 20 ms in every process. What has a plain value is enough for us, and taken without an import.
 */
const httpWithoutWebSocket: Plugin = {
  name: 'http-without-websocket',
  resolveId: (id, _, { kind }) => (id === 'node:http' && kind === 'import-statement' ? '\0http' : undefined),
  load(id) {
    if (id !== '\0http') return undefined;
    const http = process.getBuiltinModule('node:http') as typeof nodeHttp;
    const properties = Object.entries(Object.getOwnPropertyDescriptors(http));
    const names = properties.flatMap(([name, property]) => ('value' in property ? [name] : []));
    return `export const { ${names.join(', ')} } = process.getBuiltinModule('node:http');`;
  },
};
