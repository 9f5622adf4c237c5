// Varnish as Debian ships it (grace 10 s, its built-in VCL, which passes every request with a Cookie).

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerKind } from '../server.ts';

export const varnish: ServerKind = {
  name: 'varnish',
  packages: ['varnish'],
  prepare(folder, { port, originPort, cacheBytes }) {
    mkdirSync(join(folder, 'work'));
    const file = join(folder, 'default.vcl');
    writeFileSync(file, `vcl 4.1;\nbackend default { .host = "127.0.0.1"; .port = "${originPort}"; }\n`);
    const listen = ['-a', `127.0.0.1:${port}`, '-p', 'listen_depth=4096'];
    // Without a jail it needs neither users of its own nor root.
    const process = ['-F', '-j', 'none', '-n', join(folder, 'work'), '-f', file];
    return { argv: ['varnishd', ...process, ...listen, '-s', `malloc,${cacheBytes}`] };
  },
};
