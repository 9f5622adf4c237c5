// The files of a static site, each with the URLs it answers for: its own path, and for `index.html` its folder's too. Files
// and folders whose names begin with a dot stay at home (they are the author's, not the site's), and so does what a link
// points to outside.

import { type Dirent, readdirSync, realpathSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { UserError } from '../../base/errors.ts';

export interface SiteFile {
  /** Where it is. */
  path: string;
  /** Under the site's folder, with slashes. */
  name: string;
  urls: string[];
}

/** How many were not taken, a folder counted as one. */
export interface LeftOut {
  dotFiles: number;
  /** To outside, to a folder, or to nothing. */
  links: number;
  /** Sockets, pipes and devices. */
  special: number;
}

export interface SiteFiles {
  /** In the order of their names. */
  files: SiteFile[];
  leftOut: LeftOut;
}

/** More is a mistake of the directory's name, such as `/`. */
const MOST_FILES = 100_000;
const HINT = 'the folder of the built site, such as ./public';
const INDEX = 'index.html';

/** `base`: `http://www.cdn.test/docs/`, or a path: what file names are appended to. @throws UserError */
export function siteFiles(directory: string, base: string): SiteFiles {
  const root = folderOf(directory);
  const site: SiteFiles = { files: [], leftOut: { dotFiles: 0, links: 0, special: 0 } };
  const visit = (folder: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort(byName)) {
      const path = join(folder, entry.name);
      if (entry.name.startsWith('.')) site.leftOut.dotFiles++;
      else if (entry.isDirectory()) visit(path);
      else if (entry.isFile() || (entry.isSymbolicLink() && isFileInside(root, path)))
        site.files.push(siteFile(root, path, base));
      else if (entry.isSymbolicLink()) site.leftOut.links++;
      else site.leftOut.special++;
      if (site.files.length > MOST_FILES)
        throw new UserError({ file: directory, message: `more than ${MOST_FILES} files`, hint: HINT });
    }
  };
  visit(root);
  return site;
}

function siteFile(root: string, path: string, base: string): SiteFile {
  const names = relative(root, path).split(sep);
  const url = `${base}${base.endsWith('/') ? '' : '/'}${names.map(encodeSegment).join('/')}`;
  const isIndex = names.at(-1) === INDEX;
  return { path, name: names.join('/'), urls: isIndex ? [url, url.slice(0, -INDEX.length)] : [url] };
}

/** As browsers write it: a path segment may have these as they are (RFC 3986 section 3.3), as in `logo@2x.png`. */
function encodeSegment(name: string): string {
  return encodeURIComponent(name).replace(/%(?:24|26|2B|2C|3A|3B|3D|40)/g, decodeURIComponent);
}

function folderOf(directory: string): string {
  try {
    const root = realpathSync(directory);
    if (statSync(root).isDirectory()) return root;
  } catch (cause) {
    const message = `cannot read it: ${(cause as Error).message}`;
    throw new UserError({ file: directory, message, hint: HINT }, 1, { cause });
  }
  throw new UserError({ file: directory, message: 'not a directory', hint: HINT });
}

function byName(a: Dirent, b: Dirent): number {
  return a.name < b.name ? -1 : 1;
}

function isFileInside(root: string, link: string): boolean {
  try {
    const target = realpathSync(link);
    return target.startsWith(root.endsWith(sep) ? root : `${root}${sep}`) && statSync(target).isFile();
  } catch {
    return false;
  }
}
