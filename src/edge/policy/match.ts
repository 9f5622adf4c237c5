// Which route a request belongs to: the first whose host and path match. Patterns are compiled and sorted into a tree by
// the path segments that they begin with, so that a request is compared with few of them: those of its own folder.

import { compileGlob, type Matches } from './glob.ts';
import { normalPath } from './normal-path.ts';
import { DEFAULT_ROUTE, type RoutePolicy } from './route-policy.ts';

export interface RouteTable {
  readonly routes: readonly RoutePolicy[];
  /** `authority` as the client sent it; the path is matched in its normal form. Never undefined: else the default route. */
  match(authority: string, pathAndQuery: string): RoutePolicy;
}

interface Candidate {
  order: number;
  route: RoutePolicy;
  /** Undefined: any. */
  host: Matches | undefined;
  path: Matches;
}

/** A folder: all that could match below it, in the order of the configuration, its parents' candidates included. */
interface Folder {
  candidates: Candidate[];
  folders: Map<string, Folder>;
}

export function compileRoutes(routes: readonly RoutePolicy[]): RouteTable {
  if (routes.length === 0) return { routes, match: () => DEFAULT_ROUTE };
  const root: Folder = { candidates: [], folders: new Map() };
  routes.forEach((route, order) => {
    const hosts = route.match.hosts.map(compileGlob);
    const host = hosts.length === 0 ? undefined : (text: string) => hosts.some((matches) => matches(text));
    const patterns = route.match.paths.length === 0 ? ['*'] : route.match.paths;
    for (const pattern of patterns) {
      folderOf(root, pattern).candidates.push({ order, route, host, path: compileGlob(pattern) });
    }
  });
  inherit(root, []);
  const needsHost = routes.some(({ match }) => match.hosts.length > 0);
  // A connection asks for one host again and again.
  let lastAuthority = '';
  let lastHost = '';
  const match = (authority: string, pathAndQuery: string): RoutePolicy => {
    const path = normalPath(pathOf(pathAndQuery));
    if (needsHost && authority !== lastAuthority) {
      lastHost = hostName(authority);
      lastAuthority = authority;
    }
    const { candidates } = deepest(root, path);
    for (let i = 0; i < candidates.length; i++) {
      const candidate = candidates[i] as Candidate;
      if (candidate.path(path) && (candidate.host === undefined || candidate.host(lastHost)))
        return candidate.route;
    }
    return DEFAULT_ROUTE;
  };
  return { routes, match };
}

export function pathOf(pathAndQuery: string): string {
  const query = pathAndQuery.indexOf('?');
  return query < 0 ? pathAndQuery : pathAndQuery.slice(0, query);
}

/** Lower case, without a port. */
export function hostName(authority: string): string {
  const colon = authority.lastIndexOf(':');
  const name = colon > authority.lastIndexOf(']') ? authority.slice(0, colon) : authority;
  return name.toLowerCase();
}

/** The deepest folder of whose segments every path of the pattern has all. */
function folderOf(root: Folder, pattern: string): Folder {
  const star = pattern.indexOf('*');
  const sure = star < 0 ? `${pattern}/` : pattern.slice(0, star);
  let folder = root;
  // What follows the last slash before a star is only the beginning of a segment.
  for (const segment of sure.split('/').slice(1, -1)) {
    let next = folder.folders.get(segment);
    if (!next) {
      next = { candidates: [], folders: new Map() };
      folder.folders.set(segment, next);
    }
    folder = next;
  }
  return folder;
}

function inherit(folder: Folder, above: readonly Candidate[]): void {
  folder.candidates = [...above, ...folder.candidates].sort((a, b) => a.order - b.order);
  for (const below of folder.folders.values()) inherit(below, folder.candidates);
}

function deepest(root: Folder, path: string): Folder {
  let folder = root;
  let from = 1;
  while (folder.folders.size > 0 && from <= path.length) {
    const slash = path.indexOf('/', from);
    const to = slash < 0 ? path.length : slash;
    const next = folder.folders.get(path.slice(from, to));
    if (!next) return folder;
    folder = next;
    from = to + 1;
  }
  return folder;
}
