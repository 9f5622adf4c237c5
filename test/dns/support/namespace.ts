// A network of a test's own: addresses of the real Internet on a loopback interface that nothing leaves. Needs root.

import { spawn } from 'node:child_process';
import { environment } from './command.ts';

export interface Namespace {
  /** Before a command: runs it inside. */
  prefix: string[];
  close(): void;
}

/** `setup` is a shell script run inside once the loopback interface is up. */
export async function openNamespace(addresses: readonly string[], setup = 'true'): Promise<Namespace> {
  const script = [
    'set -e',
    'ip link set lo up',
    ...addresses.map(
      (address) => `ip address add ${address}${address.includes(':') ? '/128 nodad' : '/32'} dev lo`,
    ),
    // Whatever else is asked for goes to nobody, at once.
    'ip route add default dev lo',
    'ip -6 route add default dev lo',
    setup,
    'echo ready',
    'exec sleep infinity',
  ].join('\n');
  const child = spawn('unshare', ['--net', '--mount', 'sh', '-c', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment(),
  });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    const onData = (chunk: Buffer) => {
      said += chunk;
      if (said.includes('ready')) resolve();
    };
    child.stdout.on('data', onData);
    child.stderr.on('data', onData);
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`no namespace: ${said}`)));
  });
  return {
    prefix: ['nsenter', '--target', String(child.pid), '--net', '--mount'],
    close: () => void child.kill('SIGKILL'),
  };
}
