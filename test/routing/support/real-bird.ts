// A real BIRD with nothing but static protocols: no kernel, no neighbours, no root needed. For what talks to a control
// socket.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { birdCommand } from '../../../src/routing/io/bird-control.ts';

const CONFIG = `router id 198.18.0.1;
protocol static unicast4 { ipv4; route 203.0.113.0/28 unreachable; }
protocol static anycast_http4 { disabled; ipv4; route 192.0.2.0/24 unreachable; }
protocol static anycast_http6 { disabled; ipv6; route 2001:db8:a000::/48 unreachable; }
protocol static anycast_dns4 { disabled; ipv4; route 198.51.100.0/24 unreachable; }
`;

export class RealBird {
  readonly folder = mkdtempSync(join(tmpdir(), 'bird-'));
  readonly socket = join(this.folder, 'bird.ctl');
  #process: ChildProcess | undefined;

  async start(): Promise<void> {
    const config = join(this.folder, 'bird.conf');
    writeFileSync(config, CONFIG);
    const paths = ['-s', this.socket, '-P', join(this.folder, 'bird.pid')];
    this.#process = spawn('bird', ['-f', '-c', config, ...paths], { stdio: 'ignore' });
    while (
      !existsSync(this.socket) ||
      !(await birdCommand(this.socket, 'show status').catch(() => undefined))
    ) {
      await sleep(10);
    }
  }

  /** As `kill -9` would. */
  async kill(): Promise<void> {
    const process = this.#process;
    if (!process || process.exitCode !== null || process.signalCode !== null) return;
    const gone = new Promise((resolve) => process.once('exit', resolve));
    process.kill('SIGKILL');
    await gone;
    rmSync(this.socket, { force: true });
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** `up` or `down`. */
  async protocolState(name: string): Promise<string | undefined> {
    const { lines } = await birdCommand(this.socket, `show protocols "${name}"`);
    return lines.find((line) => line.startsWith(name))?.split(/\s+/)[3];
  }
}
