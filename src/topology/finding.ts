// Something wrong at a path of a topology file; parse.ts adds file and line and makes it a Problem.

import type { Problem } from '../base/errors.ts';
import type { ValuePath } from '../base/yaml-source.ts';

export interface Finding extends Omit<Problem, 'file' | 'line' | 'path'> {
  path: ValuePath;
}

/** `transits.t1.routers[2]`. */
export function formatPath(path: ValuePath): string {
  return path
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : `${i > 0 ? '.' : ''}${step}`))
    .join('');
}
