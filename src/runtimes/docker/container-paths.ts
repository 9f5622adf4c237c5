// Where things are inside a lab's containers. The images (compose/*.Dockerfile) are built for these paths.

import type { ProgramName } from '../programs.ts';

/** The lab's rendered files: a read-only mount. */
export const LAB_PATH = '/lab';
/** The node's volatile folder: sockets, and `plumbed` once its links are there. */
export const RUN_PATH = '/run/catchment';
export const NODE_PATH = '/usr/local/bin/node';

/** A file in the node's folder that says its addresses and links are there; services wait for it (compose/when-plumbed.sh). */
export const PLUMBED_FILE = 'plumbed';

export function programInImage(name: ProgramName): string {
  return `/catchment/${name}.js`;
}
