// Servers of this checkout's Node.js that are no GeoDNS: dns2's own server, and a socket of node:dgram that answers with
// bytes made beforehand, the least that any server on node:dgram can cost.

import { join } from 'node:path';
import type { ServerKind } from '../server.ts';

export const dns2 = program('dns2', 'dns2-server.ts');
export const bareDgram = program('bare dgram', 'bare-dgram-server.ts');

function program(name: string, file: string): ServerKind {
  return {
    name,
    packages: [],
    prepare: (_folder, { port }) => ({
      argv: [
        process.execPath,
        '--disable-warning=ExperimentalWarning',
        join(import.meta.dirname, '../programs', file),
        String(port),
      ],
    }),
  };
}
