// The bench's own client, for everything that is checked and not timed to the microsecond: one question, or thousands
// with a window, asked again when lost.

import { createSocket } from 'node:dgram';

/** Undefined after `timeoutMs` without a reply. */
export function askOnce(port: number, query: Buffer, timeoutMs: number): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const finish = (reply?: Buffer) => {
      clearTimeout(timer);
      socket.close();
      resolve(reply);
    };
    const timer = setTimeout(finish, timeoutMs);
    socket.once('message', (reply) => finish(reply));
    socket.once('error', () => finish());
    // Connected, so that a port where nobody listens is known at once.
    socket.connect(port, '127.0.0.1', () => socket.send(query));
  });
}

const WINDOW = 64;
const TIMEOUT_MS = 1000;
const ATTEMPTS = 4;

/** Replies in the order of `queries` (at most 65 536, their ids are overwritten); undefined where none came. */
export async function askAll(port: number, queries: readonly Buffer[]): Promise<(Buffer | undefined)[]> {
  const replies = new Array<Buffer | undefined>(queries.length);
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
  await new Promise<void>((resolve) => socket.connect(port, '127.0.0.1', resolve));
  for (const [i, query] of queries.entries()) query.writeUInt16BE(i, 0);
  let missing = queries.map((_, i) => i);
  for (let attempt = 0; attempt < ATTEMPTS && missing.length > 0; attempt++) {
    await askOneByWindow(missing);
    missing = missing.filter((i) => !replies[i]);
  }
  socket.close();
  return replies;

  function askOneByWindow(indexes: readonly number[]): Promise<void> {
    return new Promise((resolve) => {
      let next = 0;
      let open = 0;
      let idle = setTimeout(finish, TIMEOUT_MS);
      function finish() {
        clearTimeout(idle);
        socket.removeAllListeners('message');
        resolve();
      }
      const fill = () => {
        for (; open < WINDOW && next < indexes.length; open++, next++)
          socket.send(queries[indexes[next] as number] as Buffer, () => {});
        if (open === 0 && next === indexes.length) finish();
      };
      socket.on('error', () => {});
      socket.on('message', (reply) => {
        const i = reply.readUInt16BE(0);
        if (reply.length < 12 || i >= queries.length || replies[i]) return;
        replies[i] = reply;
        open--;
        clearTimeout(idle);
        idle = setTimeout(finish, TIMEOUT_MS);
        fill();
      });
      fill();
    });
  }
}
