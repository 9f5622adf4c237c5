// What the parts of the runtime contract ask of: the one lab `tiny` that they share, found anew when it was started again, and
// what only the runtime under test can do to it.

import { type FoundLab, findLab, RUNTIMES } from '../../../src/deployment/labs.ts';
import type {
  ExecResult,
  LabEvent,
  LabStatus,
  LinkStatus,
  RunningLab,
  Runtime,
  RuntimeName,
  ServiceStatus,
} from '../../../src/runtimes/runtime.ts';
import { type LabRunner, until } from '../../lab/lab-runner.ts';

/** How the contract is tried on one runtime. */
export interface RuntimeHarness {
  /** More arguments of `./lab up`: `['--runtime', 'docker']`. */
  up: string[];
  /** Ends a service's process as an accident would (SIGKILL), unknown to the runtime. */
  killService(found: FoundLab, node: string, service: string): Promise<void>;
  /** Ends the whole lab as an accident would: a supervisor that is killed, an engine that is restarted. */
  crash(found: FoundLab): Promise<void>;
  /** Names of whatever of labs in this folder is still there outside of it: processes, containers, networks, mounts. */
  leftovers(folder: string): string[] | Promise<string[]>;
}

export interface ContractLab {
  readonly runtime: Runtime;
  readonly harness: RuntimeHarness;
  readonly runner: LabRunner;
  readonly found: FoundLab;
  readonly lab: RunningLab;
  up(): Promise<void>;
  status(): Promise<LabStatus>;
  service(node: string, service: string): Promise<ServiceStatus | undefined>;
  link(name: string): Promise<LinkStatus | undefined>;
  /** Everything works, every POP is healthy and announces. */
  ready(): Promise<void>;
  /** A shell's word in a node; arguments are `$1` and so on. */
  sh(node: string, script: string, ...args: string[]): Promise<ExecResult>;
  /** Whether a node's resolver, one link away, answers a ping. */
  pings(node: string): Promise<boolean>;
  /** Lowest of some RTTs to it, in milliseconds: what the link adds, without what a busy machine adds. */
  rttMs(node: string): Promise<number>;
  /** The POP that anycast takes a client to now; undefined when nobody answers within a second. */
  popOf(client: string): Promise<string | undefined>;
}

/** Not the topology's: an engine knows one project of a name, and somebody may have a lab `tiny` up. */
export const LAB_NAME = 'contract';

export function contractLab(name: RuntimeName, harness: RuntimeHarness, runner: LabRunner): ContractLab {
  const runtime = RUNTIMES.find((each) => each.name === name);
  if (!runtime) throw new Error(`no runtime ${name}`);
  let found: FoundLab | undefined;
  const current = (): FoundLab => {
    if (!found) throw new Error('the lab of the contract is not up');
    return found;
  };
  const status = () => current().lab.status();
  const sh = (node: string, script: string, ...args: string[]) =>
    current().lab.exec(node, ['sh', '-c', script, 'sh', ...args]);
  return {
    runtime,
    harness,
    runner,
    get found() {
      return current();
    },
    get lab() {
      return current().lab;
    },
    async up() {
      const { code, err } = runner.lab(
        'up',
        'tiny',
        '--name',
        LAB_NAME,
        '--no-compare',
        '--yes',
        ...harness.up,
      );
      if (code !== 0) throw new Error(`./lab up tiny ended with ${code}: ${err}`);
      found = await findLab(LAB_NAME);
    },
    status,
    service: async (node, service) =>
      (await status()).nodes
        .find((each) => each.name === node)
        ?.services.find((each) => each.name === service),
    link: async (link) => (await status()).links.find((each) => each.name === link),
    ready: () =>
      until('the lab is ready', async () => {
        const { state, pops } = await status();
        return state === 'ready' && pops.every((pop) => pop.healthy && pop.announced.length === 2);
      }),
    sh,
    pings: async (node) => (await sh(node, 'ping -4 -c 1 -W 1 resolver')).exitCode === 0,
    async rttMs(node) {
      const { stdout } = await sh(node, 'ping -4 -c 4 -i 0.2 -W 2 resolver');
      const lowest = /min\/avg\/max\/mdev = ([\d.]+)/.exec(stdout)?.[1];
      if (lowest === undefined) throw new Error(`no answer: ${stdout}`);
      return Number(lowest);
    },
    async popOf(client) {
      const { stdout } = await sh(client, 'curl -sgi -m 1 http://192.0.2.1/healthz');
      const pop = /^x-pop: (\S+)/im.exec(stdout)?.[1];
      return pop && `pop-${pop}`;
    },
  };
}

/** Events as they come while something is done, and until one of them fits. */
export async function eventsDuring(
  lab: RunningLab,
  act: () => Promise<unknown>,
  last: (event: LabEvent) => boolean,
): Promise<LabEvent[]> {
  const stop = new AbortController();
  const seen: LabEvent[] = [];
  const following = (async () => {
    for await (const event of lab.events({ signal: stop.signal })) {
      seen.push(event);
      if (last(event)) stop.abort();
    }
  })();
  try {
    await act();
    await until('the last event', () => seen.some(last));
  } finally {
    stop.abort();
  }
  await following;
  return seen;
}
