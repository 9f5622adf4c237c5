// The programs that a lab runs, by name. Each is bundled into one JavaScript file (bundle-programs.ts, called by the
// launcher when a source is newer): Node.js can run the TypeScript, but the compiler in the process costs 25 MB and a
// fifth of a second, times two dozen processes. Without a bundle the source is run.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PROJECT_FOLDER } from '../base/project-folder.ts';

export const PROGRAMS = {
  agent: 'src/agent/main.ts',
  cli: 'src/cli/main.ts',
  dns: 'src/dns/main.ts',
  edge: 'src/edge/main.ts',
  load: 'src/load/main.ts',
  metrics: 'src/metrics/main.ts',
  origin: 'src/origin/main.ts',
  'relay-host': 'src/shaping/relay/host-main.ts',
  probe: 'src/measurement/io/probe-main.ts',
  relay: 'src/shaping/relay/main.ts',
  supervisor: 'src/runtimes/netns/supervisor/main.ts',
} as const;

export type ProgramName = keyof typeof PROGRAMS;

/** Those that run on the host, never in a container. */
const HOST_PROGRAMS: ReadonlySet<string> = new Set(['cli', 'supervisor']);

/** What the images of the docker runtime carry: name to source file. */
export const IMAGE_PROGRAMS: Record<string, string> = Object.fromEntries(
  Object.entries(PROGRAMS).filter(([name]) => !HOST_PROGRAMS.has(name)),
);

/** Not under CATCHMENT_LAB_DIR: bundles belong to the checkout, labs to whoever runs them. */
export const BUNDLE_FOLDER = resolve(PROJECT_FOLDER, '.lab/.cache/bundle');

/**
 * Flags of every Node.js process in the lab, since two dozen share the machine: a small young generation and one
 * compiler thread. Not every V8 flag would do: some make Node.js reject the compiled code it carries, which costs each
 * process 40 ms at its start.
 */
export const NODE_FLAGS = [
  '--max-semi-space-size=1',
  '--v8-pool-size=1',
  '--disable-warning=ExperimentalWarning',
];

/** Such a flag, where it pays: undici parses HTTP in WebAssembly, and without its optimizing compiler an edge is 9 MB smaller. */
export const EDGE_FLAGS = [...NODE_FLAGS, '--liftoff-only'];

/** Absolute path of what Node.js is to run. */
export function programPath(name: ProgramName): string {
  const bundle = join(BUNDLE_FOLDER, `${name}.js`);
  return existsSync(bundle) ? bundle : join(PROJECT_FOLDER, PROGRAMS[name]);
}
