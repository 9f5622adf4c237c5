// A client of unbound's control socket without TLS (unbound-control(8)): `UBCT1 command` in, text out, in place of an
// unbound-control process per question.

import { createConnection } from 'node:net';

/** All that unbound answers; rejects when the socket is absent or nothing comes in time. */
export function unboundCommand(socketPath: string, command: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path: socketPath });
    let answer = '';
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error('does not answer')));
    socket.on('connect', () => socket.write(`UBCT1 ${command}\n`));
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}
