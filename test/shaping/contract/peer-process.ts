// Starts a peer (peer.ts) in a node's namespace and asks it things, one at a time.

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { PeerRequest } from './peer.ts';

const PEER = fileURLToPath(new URL('peer.ts', import.meta.url));

export interface Peer {
  ask(request: PeerRequest): Promise<unknown>;
  stop(): Promise<void>;
}

export async function startPeer(node: string): Promise<Peer> {
  const argv = [`--net=/run/netns/${node}`, process.execPath, PEER];
  const child: ChildProcess = spawn('nsenter', argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await lines.next()).value as string);
  await next();
  return {
    ask: (request) => {
      child.stdin?.write(`${JSON.stringify(request)}\n`);
      return next();
    },
    stop: async () => {
      const closed = new Promise((resolve) => child.once('close', resolve));
      child.stdin?.end();
      await closed;
    },
  };
}
