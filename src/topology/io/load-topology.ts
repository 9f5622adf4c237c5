// Finds a topology by name (netem/topologies/NAME.yaml) or path, and returns it checked and resolved.

import { readdirSync, readFileSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { UserError } from '../../base/errors.ts';
import { PROJECT_FOLDER } from '../../base/project-folder.ts';
import { nearestNames } from '../../base/suggest.ts';
import { parseTopology } from '../parse.ts';
import { resolveTopology } from '../resolve.ts';
import type { ResolvedTopology } from '../resolved.ts';
import { readReferenceData } from './read-reference-data.ts';

const TOPOLOGY_FOLDER = join(PROJECT_FOLDER, 'netem', 'topologies');

/** Throws a UserError with every problem of the file, or one when there is no such topology. */
export function loadTopology(nameOrPath: string): { topology: ResolvedTopology; file: string } {
  const path = pathOf(nameOrPath);
  const file = shownPath(path);
  const data = readReferenceData();
  const { input, problems } = parseTopology(readText(path, nameOrPath), file, data);
  if (!input) throw new UserError(problems);
  return { topology: resolveTopology(input, data), file };
}

/** Names that loadTopology takes. */
export function topologyNames(): string[] {
  return readdirSync(TOPOLOGY_FOLDER)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort();
}

/** What has a slash or an extension is a path; the rest are names. */
function pathOf(nameOrPath: string): string {
  return /[/.]/.test(nameOrPath) ? nameOrPath : join(TOPOLOGY_FOLDER, `${nameOrPath}.yaml`);
}

function readText(path: string, asked: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const names = topologyNames();
    const near = nearestNames(asked, names);
    throw new UserError(
      {
        message: `no topology ${asked}`,
        expected: `one of ${names.join(', ')}, or the path of a YAML file`,
        found: (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : (cause as Error).message,
        hint:
          near.length > 0
            ? `did you mean ${near.join(' or ')}?`
            : 'name one of those, or give a path such as ./my-internet.yaml',
      },
      2,
      { cause },
    );
  }
}

function shownPath(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return isAbsolute(path) && fromHere.startsWith('..') ? path : fromHere;
}
