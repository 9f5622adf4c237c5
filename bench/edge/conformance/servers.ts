// The five caches as the suite meets them: what the bench starts, with the client's Host passed on and part of the key,
// and with what makes each more conforming than its defaults. Nothing that its documentation does not offer.

import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerKind } from '../server.ts';
import { catchment } from '../servers/catchment.ts';
import { nginx } from '../servers/nginx.ts';
import { squid } from '../servers/squid.ts';
import { trafficserver } from '../servers/trafficserver.ts';
import { varnish } from '../servers/varnish.ts';

export function conformanceServers(main: string, originPort: number): ServerKind[] {
  const origin = { host: 'conformance.test', address: '127.0.0.1', port: originPort, forwardHost: true };
  return [
    catchment(main, { name: 'catchment', more: { origin } }),
    changed(nginx('default'), 'nginx', (folder) =>
      edit(
        join(folder, 'nginx.conf'),
        'proxy_cache z;',
        'proxy_cache z; proxy_cache_key $host$request_uri; proxy_cache_revalidate on; proxy_set_header Host $host;',
      ),
    ),
    // By default it serves what is expired for another ten seconds, and keeps nothing longer to ask about.
    { ...varnish, prepare: withArguments(varnish, ['-p', 'default_grace=0', '-p', 'default_keep=600']) },
    changed(trafficserver, 'trafficserver', (folder) => {
      edit(
        join(folder, 'etc/remap.config'),
        /^[\s\S]*$/,
        `map / http://127.0.0.1:${originPort}/ @plugin=cachekey.so @pparam=--uri-type=pristine\n`,
      );
      // By default nothing without explicit freshness is kept.
      appendFileSync(
        join(folder, 'etc/records.config'),
        'CONFIG proxy.config.http.cache.required_headers INT 0\n',
      );
    }),
    changed(squid('default'), 'squid', (folder) =>
      edit(join(folder, 'squid.conf'), /accel defaultsite=\S+/, 'accel vhost'),
    ),
  ];
}

function changed(kind: ServerKind, name: string, change: (folder: string) => void): ServerKind {
  return {
    ...kind,
    name,
    prepare(folder, options) {
      const command = kind.prepare(folder, options);
      change(folder);
      return command;
    },
  };
}

function withArguments(kind: ServerKind, more: readonly string[]): ServerKind['prepare'] {
  return (folder, options) => {
    const { argv, ...rest } = kind.prepare(folder, options);
    return { ...rest, argv: [...argv, ...more] };
  };
}

/** @throws Error when the configuration no longer has what is to be changed. */
function edit(file: string, found: string | RegExp, wanted: string): void {
  const before = readFileSync(file, 'utf8');
  const after = before.replace(found, wanted);
  if (after === before) throw new Error(`${file} has no ${found}`);
  writeFileSync(file, after);
}
