// Hot restart without loss. The new process asks the old one, over a UNIX socket, for its open sockets; it gets the very same
// queues and backlogs, so nothing that has arrived or arrives can be lost, however long either takes:
//
//   new: {"take": PATH}      PATH is where it waits for descriptors (hot-restart-descriptors.ts)
//   old: {"sent": N}
//   new: {"ready": true}     it reads the sockets too by now
//   old: {"released": true}  it has closed this socket and its admin sockets, whose paths are free
//   old stops reading, answers what it has read, ends.
//
// Until "ready" nothing has changed for the old process: if the new one cannot start, it goes on. (Alone, SO_REUSEPORT
// does not do it: a socket's queue dies with it; and steering by SO_ATTACH_REUSEPORT_CBPF has to be timed.)

import { existsSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { UserError } from '../../base/errors.ts';
import { listenOn } from '../../net/io/listen.ts';
import type { Log } from './log.ts';

const ANSWER_WITHIN_MS = 5_000;

export interface HandedSocket {
  use: 'udp' | 'tcp' | 'dot' | 'doh';
  address: string;
  port: number;
  fd: number;
}

export interface TakenOver {
  sockets: HandedSocket[];
  /** Tells the old process that we serve; fulfilled when its paths are free, and it ends by itself. */
  ready(): Promise<void>;
  /** We cannot serve: the old process goes on as if nothing had been. */
  abandon(): void;
}

/**
 * The sockets of the server that offers them at `path`; undefined when nobody is there. @throws UserError when somebody is
 * there who does not hand over
 */
export async function takeOver(path: string): Promise<TakenOver | undefined> {
  if (!existsSync(path)) return undefined;
  const channel = await openChannel(path);
  if (!channel) return undefined;
  const { DescriptorInbox } = await import('./hot-restart-descriptors.ts');
  const inbox = new DescriptorInbox(`${path}.${process.pid}`);
  try {
    await channel.ask({ take: inbox.path }, 'sent');
    const { text, fds } = inbox.receive();
    const described = JSON.parse(text) as Omit<HandedSocket, 'fd'>[];
    const sockets = described.map((socket, i) => ({ ...socket, fd: fds[i] as number }));
    return {
      sockets,
      ready: async () => {
        await channel.ask({ ready: true }, 'released');
        channel.close();
      },
      abandon: () => channel.close(),
    };
  } catch (error) {
    channel.close();
    throw new UserError({
      message: `the server at ${path} does not hand over its sockets: ${(error as Error).message}`,
      hint: 'stop it, then start this one',
    });
  } finally {
    inbox.close();
  }
}

export interface HandoverOptions {
  path: string;
  /** What is to be handed over. */
  sockets: () => HandedSocket[];
  /** Frees paths that the successor is about to use (admin socket). */
  release: () => Promise<void>;
  /** The successor serves: stop reading, answer, end. */
  leave: () => void;
  log: Log;
}

/** Waits for a successor at `path` (mode 0600). @throws UserError */
export async function offerHandover(options: HandoverOptions): Promise<{ close(): Promise<void> }> {
  const { path, sockets, release, leave, log } = options;
  const { sendDescriptors } = await import('./hot-restart-descriptors.ts');
  let left = false;
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    const say = (message: object) => socket.write(`${JSON.stringify(message)}\n`);
    createInterface({ input: socket }).on('line', async (line) => {
      try {
        const said = JSON.parse(line) as { take?: string; ready?: boolean };
        if (said.take !== undefined) {
          const handed = sockets();
          const described = handed.map(({ use, address, port }) => ({ use, address, port }));
          sendDescriptors(
            said.take,
            JSON.stringify(described),
            handed.map(({ fd }) => fd),
          );
          say({ sent: handed.length });
        } else if (said.ready && !left) {
          left = true;
          await Promise.all([close(), release()]);
          say({ released: true });
          log.info('a successor has taken over', {});
          leave();
        }
      } catch (error) {
        say({ error: (error as Error).message });
      }
    });
  });
  /** Waits for the listening to end, which frees the path, not for the connection in use. */
  const close = async () => {
    server.close();
    await new Promise(setImmediate);
  };
  const mask = process.umask(0o177);
  try {
    const listening = listenOn(server, { path });
    process.umask(mask);
    await listening;
  } finally {
    process.umask(mask);
  }
  server.unref();
  return { close };
}

interface Channel {
  /** Fulfilled when the other side says `answer`. */
  ask(message: object, answer: string): Promise<void>;
  close(): void;
}

/** undefined when nobody listens (a socket file that a killed process has left). */
async function openChannel(path: string): Promise<Channel | undefined> {
  const socket = await new Promise<Socket | undefined>((resolve, reject) => {
    const connecting = connect(path);
    connecting.once('connect', () => resolve(connecting));
    connecting.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(undefined);
      else reject(new UserError({ message: `cannot take over from ${path}: ${error.message}` }));
    });
  });
  if (!socket) return undefined;
  socket.on('error', () => socket.destroy());
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  return {
    ask: async (message, answer) => {
      socket.write(`${JSON.stringify(message)}\n`);
      const late = setTimeout(() => socket.destroy(), ANSWER_WITHIN_MS);
      const { value, done } = await lines.next();
      clearTimeout(late);
      if (done) throw new Error('no answer');
      const said = JSON.parse(value) as Record<string, unknown>;
      if (!(answer in said)) throw new Error(String(said.error ?? value));
    },
    close: () => socket.destroy(),
  };
}
