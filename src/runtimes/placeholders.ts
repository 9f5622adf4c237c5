// The plan names no machine's paths: `{node}`, `{program:NAME}`, `{lab}` and `{run}` stand for them until a runtime
// puts its own in. The same plan then serves namespaces, containers and golden files.

import { type ProgramName, programPath } from './programs.ts';

export interface RuntimePaths {
  /** Folder of the rendered files. */
  lab: string;
  /** The node's volatile folder. */
  run: string;
}

export function expandPlaceholders(text: string, paths: RuntimePaths): string {
  return text.replace(/\{(?:program:(\w+)|node|lab|run)\}/g, (placeholder, program?: string) => {
    if (program) return programPath(program as ProgramName);
    if (placeholder === '{node}') return process.execPath;
    return placeholder === '{lab}' ? paths.lab : paths.run;
  });
}

export function expandArgv(argv: string[], paths: RuntimePaths): string[] {
  return argv.map((argument) => expandPlaceholders(argument, paths));
}
