// Squid as a reverse proxy with memory only; with or without collapsed_forwarding, which is off in its defaults.

import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HOST } from '../client.ts';
import type { ServerKind } from '../server.ts';

export function squid(variant: 'default' | 'collapsed'): ServerKind {
  return {
    name: `squid ${variant}`,
    packages: ['squid'],
    prepare(folder, { port, originPort, cacheBytes }) {
      const file = join(folder, 'squid.conf');
      const root = process.getuid?.() === 0;
      writeFileSync(
        file,
        `http_port 127.0.0.1:${port} accel defaultsite=${HOST}
cache_peer 127.0.0.1 parent ${originPort} 0 no-query no-digest no-netdb-exchange originserver name=origin
acl everybody src all
http_access allow everybody
cache_peer_access origin allow everybody
never_direct allow everybody
cache_mem ${Math.round(cacheBytes / 1024)} KB
maximum_object_size_in_memory 2 GB
memory_cache_shared off
access_log none
cache_store_log none
cache_log ${folder}/cache.log
coredump_dir ${folder}
pid_filename none
netdb_filename none
shutdown_lifetime 0 seconds
max_filedescriptors 65536
${root ? 'cache_effective_user proxy\n' : ''}collapsed_forwarding ${variant === 'collapsed' ? 'on' : 'off'}
`,
      );
      // It gives up root's rights and writes its log then.
      if (root) {
        chmodSync(folder, 0o755);
        chownSync(folder, Number(execFileSync('id', ['-u', 'proxy'], { encoding: 'utf8' })), 0);
      }
      return { argv: ['squid', '-N', '-f', file] };
    },
  };
}
