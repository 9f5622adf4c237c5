// A real caching resolver on loopback in front of servers under test, on a port that nobody else took meanwhile.

import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { freePort } from '../../net/support/free-port.ts';
import { environment } from './command.ts';

export interface Unbound {
  port: number;
  close(): void;
}

export interface UnboundOptions {
  /** Its configuration goes there. */
  folder: string;
  /** Lines of unbound.conf(5)'s server clause, beyond those that loopback takes. */
  settings: readonly string[];
  /** By name of the zone, lines of its stub-zone clause. */
  stubs: Readonly<Record<string, readonly string[]>>;
  /** Throws as long as the resolver at that port does not answer. */
  answers(port: number): Promise<void>;
}

/** Hands on the networks of its clients (RFC 7871) to what is on loopback; with `subnetcache` among its modules. */
export const HANDS_ON_NETWORKS = ['send-client-subnet: 127.0.0.1', 'client-subnet-always-forward: yes'];

/** Between the choice of a port and its use another test may take it. */
const TRIES = 3;

export async function startUnbound(options: UnboundOptions): Promise<Unbound> {
  for (let tries = 1; ; tries++) {
    const port = await freePort();
    const unbound = spawnUnbound(options, port);
    try {
      await vi.waitFor(() => options.answers(port), { timeout: 5000 });
      return { port, close: () => void unbound.kill() };
    } catch (error) {
      unbound.kill();
      if (tries === TRIES) throw error;
    }
  }
}

function spawnUnbound({ folder, settings, stubs }: UnboundOptions, port: number): ChildProcess {
  const file = join(folder, `unbound-${port}.conf`);
  const lines = [
    'server:',
    `  interface: 127.0.0.1@${port}`,
    '  access-control: 127.0.0.0/8 allow',
    '  chroot: ""',
    '  username: ""',
    `  directory: "${folder}"`,
    `  pidfile: "${file}.pid"`,
    '  use-syslog: no',
    '  do-daemonize: no',
    '  do-not-query-localhost: no',
    '  local-zone: "test." nodefault',
    ...settings.map((line) => `  ${line}`),
    ...Object.entries(stubs).flatMap(([zone, clause]) => [
      'stub-zone:',
      `  name: "${zone}"`,
      ...clause.map((line) => `  ${line}`),
    ]),
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return spawn('unbound', ['-d', '-c', file], { stdio: 'ignore', env: environment() });
}
