// The plan names no machine's paths: `{node}`, `{program:NAME}`, `{lab}` and `{run}` stand for them until a runtime
// puts its own in. The same plan then serves namespaces, containers and golden files.

import type { ProgramName } from './programs.ts';

export interface RuntimePaths {
  /** Folder of the rendered files. */
  lab: string;
  /** The node's volatile folder. */
  run: string;
  /** The Node.js executable. */
  node: string;
  /** What it is to run. */
  program(name: ProgramName): string;
}

export function expandPlaceholders(text: string, paths: RuntimePaths): string {
  return text.replace(/\{(?:program:([\w-]+)|node|lab|run)\}/g, (placeholder, program?: string) => {
    if (program) return paths.program(program as ProgramName);
    return placeholder === '{node}' ? paths.node : placeholder === '{lab}' ? paths.lab : paths.run;
  });
}

export function expandArgv(argv: string[], paths: RuntimePaths): string[] {
  return argv.map((argument) => expandPlaceholders(argument, paths));
}
