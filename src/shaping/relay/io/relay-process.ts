// The parent's side of the relay: starts the process inside the relay's network namespace and speaks to it. The
// relay ends when this process does, or on stop(): it reads end of file.

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { RelayAnswer, RelayChange, RelayLink, RelayRequest, RelayStats, Underlay } from '../protocol.ts';

/** The relay makes next to no garbage: a small young generation keeps its memory down. */
const NODE_FLAGS = ['--max-semi-space-size=1'];
const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

export interface RelayOptions {
  /** Path of the relay's network namespace, such as /run/netns/relay; absent: the caller's own. */
  namespace?: string;
  /** Listen for VXLAN instead of on interfaces. */
  underlay?: Underlay;
  /** Of its loss and jitter. */
  seed?: number;
  /** What starts the relay's main.ts; absent: this Node on the source. */
  command?: string[];
  env?: NodeJS.ProcessEnv;
  /** A line of standard error, or why it ended without being asked to. */
  onTrouble?: (message: string) => void;
}

/** The relay cannot be asked: it has ended, or ends before it has answered. */
export class RelayGone extends Error {
  override readonly name = 'RelayGone';
}

export interface RelayProcess {
  readonly pid: number | undefined;
  /** Fulfilled when the process is gone, with true when that was asked for. */
  readonly ended: Promise<boolean>;
  configure(links: RelayLink[]): Promise<void>;
  set(change: RelayChange | RelayChange[]): Promise<void>;
  remove(links: string[]): Promise<void>;
  /** Of these links; absent: all. */
  stats(links?: string[]): Promise<RelayStats>;
  stop(): Promise<void>;
}

export function startRelay(options: RelayOptions = {}): RelayProcess {
  const enter = options.namespace ? ['nsenter', `--net=${options.namespace}`] : [];
  const command = options.command ?? [process.execPath, ...NODE_FLAGS, MAIN];
  const { address, port, crossingUs } = options.underlay ?? {};
  const transport = [
    ...(address ? ['--underlay', address] : []),
    ...(port ? ['--port', String(port)] : []),
    ...(crossingUs === undefined ? [] : ['--crossing-us', String(crossingUs)]),
  ];
  const [program = '', ...argv] = [...enter, ...command, '--seed', String(options.seed ?? 1), ...transport];
  const child = spawn(program, argv, { stdio: ['pipe', 'pipe', 'pipe'], env: options.env ?? process.env });
  const waiting: { resolve: (answer: RelayAnswer) => void; reject: (error: Error) => void }[] = [];
  let stopping = false;

  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(JSON.parse(line)));
  createInterface({ input: child.stderr }).on('line', (line) => options.onTrouble?.(line));
  child.stdin.on('error', () => {}); // writing to a relay that has died; `ended` tells
  const ended = new Promise<boolean>((resolve) => {
    const end = (reason: string) => {
      for (const { reject } of waiting.splice(0)) reject(new RelayGone(`the relay ended: ${reason}`));
      if (!stopping) options.onTrouble?.(`the relay ended: ${reason}`);
      resolve(stopping);
    };
    child.once('error', (error) => end(error.message));
    child.once('close', (code, signal) => end(signal ?? `exit code ${code}`));
  });

  const ask = async (request: RelayRequest): Promise<RelayStats | undefined> => {
    const answer = await new Promise<RelayAnswer>((resolve, reject) => {
      if (isGone(child)) return reject(new RelayGone('the relay is not running'));
      waiting.push({ resolve, reject });
      child.stdin.write(`${JSON.stringify(request)}\n`);
    });
    if (!answer.ok) throw new Error(answer.error);
    return answer.stats;
  };

  return {
    pid: child.pid,
    ended,
    configure: async (links) => void (await ask({ configure: links })),
    set: async (change) => void (await ask({ set: change })),
    remove: async (links) => void (await ask({ remove: links })),
    stats: async (links) => (await ask({ stats: links ?? [] })) as RelayStats,
    stop: async () => {
      stopping = true;
      child.stdin.end();
      await ended;
    },
  };
}

function isGone(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}
