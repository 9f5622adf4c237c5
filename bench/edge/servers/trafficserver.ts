// Apache Traffic Server as a reverse proxy: one event thread, its own defaults otherwise, the cache in a file of the
// scratch folder with a RAM cache in front.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HOST } from '../client.ts';
import type { ServerKind } from '../server.ts';

export const trafficserver: ServerKind = {
  name: 'trafficserver',
  packages: ['trafficserver'],
  prepare(folder, { port, originPort, cacheBytes }) {
    for (const name of ['etc', 'run', 'log', 'cache', 'share']) mkdirSync(join(folder, name));
    const put = (name: string, text: string) => writeFileSync(join(folder, 'etc', name), text);
    const settings = {
      'http.server_ports STRING': `${port}:ip-in=127.0.0.1`,
      'exec_thread.autoconfig INT': 0,
      'exec_thread.limit INT': 1,
      'accept_threads INT': 0,
      'task_threads INT': 1,
      'cache.threads_per_disk INT': 2,
      'cache.ram_cache.size INT': cacheBytes,
      'cache.ram_cache_cutoff INT': cacheBytes,
      'admin.user_id STRING': '#-1',
      'url_remap.pristine_host_hdr INT': 1,
      'log.logging_enabled INT': 0,
      'diags.output.error STRING': 'E',
      'net.connections_throttle INT': 20_000,
      'net.listen_backlog INT': 4096,
    };
    put(
      'records.config',
      Object.entries(settings)
        .map(([name, value]) => `CONFIG proxy.config.${name} ${value}\n`)
        .join(''),
    );
    put(
      'remap.config',
      `map http://${HOST}/ http://127.0.0.1:${originPort}/\nmap / http://127.0.0.1:${originPort}/\n`,
    );
    put('storage.config', `${folder}/cache ${Math.max(268_435_456, cacheBytes)}\n`);
    put('ip_allow.yaml', 'ip_allow:\n- {apply: in, ip_addrs: [0/0, "::/0"], action: allow, methods: ALL}\n');
    for (const name of ['plugin.config', 'cache.config', 'hosting.config', 'parent.config', 'volume.config'])
      put(name, '');
    const runroot = join(folder, 'runroot.yaml');
    writeFileSync(
      runroot,
      Object.entries({
        prefix: folder,
        exec_prefix: folder,
        bindir: '/usr/bin',
        sbindir: '/usr/sbin',
        sysconfdir: join(folder, 'etc'),
        datadir: join(folder, 'cache'),
        includedir: '/usr/include',
        libdir: '/usr/lib/trafficserver',
        libexecdir: '/usr/lib/trafficserver/modules',
        localstatedir: join(folder, 'run'),
        runtimedir: join(folder, 'run'),
        logdir: join(folder, 'log'),
        mandir: '/usr/share/man',
        infodir: '/usr/share/info',
        cachedir: join(folder, 'cache'),
      })
        .map(([name, path]) => `${name}: ${path}\n`)
        .join(''),
    );
    return { argv: ['traffic_server', `--run-root=${runroot}`] };
  },
};
