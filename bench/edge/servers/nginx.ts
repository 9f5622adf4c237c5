// nginx with proxy_cache: one worker. `default` caches and nothing more; `tuned` is what its documentation advises
// against herds; `fast` is for throughput (tcp_nopush is left off: on loopback it cost nine tenths of the 100 kB rate).

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerKind } from '../server.ts';

const TUNED = `
      proxy_cache_lock on; proxy_cache_background_update on; proxy_cache_revalidate on;
      proxy_cache_use_stale error timeout updating http_500 http_502 http_503 http_504;`;

export function nginx(variant: 'default' | 'tuned'): ServerKind {
  return {
    name: `nginx ${variant}`,
    packages: ['nginx-light'],
    prepare(folder, { port, originPort, cacheBytes }) {
      mkdirSync(join(folder, 'cache'));
      const temporary = ['client_body', 'fastcgi', 'uwsgi', 'scgi', 'proxy'].map(
        (name) => `${name}_temp_path ${folder}/${name};`,
      );
      const file = join(folder, 'nginx.conf');
      writeFileSync(
        file,
        `daemon off; master_process off; worker_processes 1; worker_rlimit_nofile 65536; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 16384; }
http {
  access_log off; sendfile on; keepalive_requests 100000000; open_file_cache max=10000; open_file_cache_valid 60s;
  ${temporary.join(' ')}
  proxy_cache_path ${folder}/cache keys_zone=z:64m max_size=${cacheBytes} inactive=1d use_temp_path=off;
  upstream origin { server 127.0.0.1:${originPort}; keepalive 256; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_cache z; add_header X-Cache-Status $upstream_cache_status;${variant === 'tuned' ? TUNED : ''}
    }
  }
}
`,
      );
      return { argv: ['nginx', '-c', file, '-e', join(folder, 'error.log')] };
    },
  };
}
