// The folder that a build sees: made for the build, with the modes that files shall have in the image, whatever the
// umask of whoever checked the project out.

import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import type { ContextEntry, PlannedImage } from './plan-images.ts';

/** Then the pid of whoever builds. */
const PREFIX = 'catchment-build-';

/** Calls `use` with the folder of an image's context and removes it afterwards. */
export async function withBuildContext<T>(
  image: Pick<PlannedImage, 'dockerfile' | 'context'>,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  removeAbandoned();
  const folder = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  try {
    const entries: ContextEntry[] = [{ path: 'Dockerfile', text: image.dockerfile }, ...image.context];
    for (const entry of entries) write(folder, entry);
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What builds have left whose process was killed. */
function removeAbandoned(): void {
  for (const entry of readdirSync(tmpdir())) {
    const pid = entry.startsWith(PREFIX) ? Number.parseInt(entry.slice(PREFIX.length), 10) : Number.NaN;
    if (Number.isNaN(pid) || existsSync(`/proc/${pid}`)) continue;
    try {
      rmSync(join(tmpdir(), entry), { recursive: true, force: true });
    } catch {
      // Another user's: theirs to remove.
    }
  }
}

function write(folder: string, entry: ContextEntry): void {
  const path = join(folder, entry.path);
  makeFolder(folder, dirname(entry.path));
  if ('text' in entry) writeFileSync(path, entry.text);
  else cpSync(entry.copyOf, path, { recursive: true, filter: isNeeded });
  setModes(path, entry.executable ?? false);
}

function makeFolder(root: string, path: string): void {
  if (path === '.') return;
  makeFolder(root, dirname(path));
  mkdirSync(join(root, path), { recursive: true });
  chmodSync(join(root, path), 0o755);
}

/** Of an npm package: what runs, and its licence. Not what builds it, describes it, or runs on another C library. */
function isNeeded(source: string): boolean {
  if (lstatSync(source).isDirectory()) return !UNNEEDED_FOLDERS.test(basename(source));
  return /^licen[cs]e/i.test(basename(source)) || NEEDED_EXTENSIONS.has(extname(source));
}

const NEEDED_EXTENSIONS = new Set(['.js', '.cjs', '.mjs', '.json', '.node', '.wasm', '']);
const UNNEEDED_FOLDERS = /^(doc|docs|types|test|vendor|scripts|musl_.*)$/;

function setModes(path: string, executable: boolean): void {
  const isFolder = lstatSync(path).isDirectory();
  chmodSync(path, isFolder || executable ? 0o755 : 0o644);
  if (isFolder) for (const entry of readdirSync(path)) setModes(join(path, entry), false);
}
