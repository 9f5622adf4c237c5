// The plan names no machine's paths: `{node}`, `{project}`, `{lab}` and `{run}` stand for them until a runtime
// puts its own in. The same plan then serves namespaces, containers and golden files.

import { PROJECT_FOLDER } from './lab-folder.ts';

export interface RuntimePaths {
  /** Folder of the rendered files. */
  lab: string;
  /** The node's volatile folder. */
  run: string;
  node?: string;
  project?: string;
}

export function expandPlaceholders(text: string, paths: RuntimePaths): string {
  const values: Record<string, string> = { node: process.execPath, project: PROJECT_FOLDER, ...paths };
  return text.replace(/\{(node|project|lab|run)\}/g, (_, name: string) => values[name] ?? '');
}

export function expandArgv(argv: string[], paths: RuntimePaths): string[] {
  return argv.map((argument) => expandPlaceholders(argument, paths));
}
