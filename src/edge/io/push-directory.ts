// Pushes a directory as a site: every file under its path, `index.html` also under its folder's. The edge then serves it
// without an origin. Files whose names begin with a dot stay at home, and so does what a link points to outside.

import { type Dirent, readdirSync, realpathSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { UserError } from '../../base/errors.ts';
import { PUSHED_TTL_SECONDS, type PushedObject } from './push-object.ts';
import { contentTypeOf } from './push-types.ts';

export interface PushOptions {
  directory: string;
  /** `http://www.cdn.test/docs/`, or a path: what file names are appended to. */
  base: string;
  ttlSeconds?: number | undefined;
  cacheControl?: string | undefined;
  tags?: readonly string[] | undefined;
  pin?: boolean | undefined;
}

export interface PushReport {
  files: number;
  bytes: number;
  urls: number;
  failed: { file: string; error: string }[];
}

/** More is a mistake of the directory's name, such as `/`. */
const MOST_FILES = 100_000;

/** `put` takes an object into the store, here or at another edge. @throws UserError for the directory as such. */
export async function pushDirectory(
  options: PushOptions,
  put: (object: PushedObject) => Promise<void> | void,
): Promise<PushReport> {
  const root = folderOf(options.directory);
  const base = options.base.endsWith('/') ? options.base : `${options.base}/`;
  const report: PushReport = { files: 0, bytes: 0, urls: 0, failed: [] };
  for (const file of filesOf(root)) {
    const path = relative(root, file).split(sep).map(encodeURIComponent).join('/');
    try {
      const body = await readFile(file);
      const urls =
        path === 'index.html' || path.endsWith('/index.html') ? [path, path.slice(0, -10)] : [path];
      for (const url of urls) {
        await put({
          url: `${base}${url}`,
          contentType: contentTypeOf(file),
          body,
          cacheControl: options.cacheControl,
          ttlSeconds: options.ttlSeconds ?? PUSHED_TTL_SECONDS,
          tags: options.tags ?? [],
          pin: options.pin ?? true,
        });
        report.urls++;
      }
      report.files++;
      report.bytes += body.length;
    } catch (error) {
      report.failed.push({ file: path, error: (error as Error).message });
    }
  }
  return report;
}

function folderOf(directory: string): string {
  const hint = 'the folder of the built site, such as ./public';
  try {
    const root = realpathSync(directory);
    if (statSync(root).isDirectory()) return root;
  } catch (error) {
    throw new UserError({ file: directory, message: `cannot read it: ${(error as Error).message}`, hint });
  }
  throw new UserError({ file: directory, message: 'not a directory', hint });
}

/** Regular files, in the order of their names. */
function filesOf(root: string): string[] {
  const files: string[] = [];
  const visit = (folder: string) => {
    const entries = readdirSync(folder, { withFileTypes: true }).sort(byName);
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile() || (entry.isSymbolicLink() && isFileInside(root, path))) files.push(path);
      if (files.length > MOST_FILES)
        throw new UserError({
          file: root,
          message: `more than ${MOST_FILES} files: is it the right folder?`,
        });
    }
  };
  visit(root);
  return files;
}

function byName(a: Dirent, b: Dirent): number {
  return a.name < b.name ? -1 : 1;
}

function isFileInside(root: string, link: string): boolean {
  try {
    const target = realpathSync(link);
    return target.startsWith(`${root}${sep}`) && statSync(target).isFile();
  } catch {
    return false;
  }
}
