// BIRDs of a topology in network namespaces of their own, without shaping and without the lab's runtime: for tests of
// routing alone. Everything lives in one fresh mount, network and PID namespace, and dies with its first process.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { birdConfig, runsBird } from '../../../src/routing/bird-config.ts';
import { BirdControl } from '../../../src/routing/io/bird-control.ts';
import { loadBirdFragments } from '../../../src/routing/io/load-fragments.ts';
import type { LabNode, ResolvedTopology } from '../../../src/topology/resolved.ts';

const QUIET_MS = 400;
const POLL_MS = 25;

export class RoutingLab {
  readonly #topology: ResolvedTopology;
  readonly #folder = mkdtempSync(join(tmpdir(), 'routing-lab-'));
  readonly #birds = new Map<string, BirdControl>();
  #shell: ChildProcess | undefined;

  constructor(topology: ResolvedTopology) {
    this.#topology = topology;
  }

  start(): void {
    const fragments = loadBirdFragments();
    const commands = ['set -e', 'mkdir -p /run/netns', 'mount -t tmpfs none /run/netns'];
    for (const node of this.#topology.nodes) commands.push(`ip netns add rt-${node.name}`);
    for (const { a, b } of this.#topology.links) {
      commands.push(
        `ip link add ${a.interface} netns rt-${a.node} type veth peer name ${b.interface} netns rt-${b.node}`,
      );
    }
    for (const node of this.#topology.nodes) {
      const batch = join(this.#folder, `${node.name}.batch`);
      writeFileSync(batch, this.#addressing(node).join('\n'));
      const settings =
        'net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv6.conf.default.accept_dad=0';
      commands.push(
        `ip netns exec rt-${node.name} sysctl -qw ${settings}`,
        `ip -n rt-${node.name} -batch ${batch}`,
      );
    }
    for (const node of this.#topology.nodes.filter(runsBird)) {
      writeFileSync(
        join(this.#folder, `${node.name}.conf`),
        birdConfig(this.#topology, node.name, fragments),
      );
      commands.push(this.#birdCommand(node.name));
      this.#birds.set(node.name, new BirdControl(this.#socket(node.name)));
    }
    // The shell stays and takes further commands, until its standard input ends.
    const namespaces = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
    this.#shell = spawn('unshare', [...namespaces, 'sh'], { stdio: ['pipe', 'ignore', 'inherit'] });
    this.#shell.stdin?.write(`${commands.join('\n')}\nset +e\n`);
  }

  /** A shell command inside; node names are those of namespaces with `rt-` before them. */
  run(command: string): void {
    this.#shell?.stdin?.write(`${command}\n`);
  }

  restartBird(node: string): void {
    this.run(`kill -9 $(cat ${join(this.#folder, `${node}.pid`)}); rm -f ${this.#socket(node)}`);
    this.run(this.#birdCommand(node));
  }

  bird(node: string): BirdControl {
    const bird = this.#birds.get(node);
    if (!bird) throw new Error(`no BIRD on ${node}`);
    return bird;
  }

  /** Waits until exactly the sessions that are not in `down` are established and no update came for QUIET_MS. */
  async settled(down: (node: string, session: string) => boolean = () => false): Promise<void> {
    let figure = -1;
    let changedAt = performance.now();
    while (performance.now() - changedAt < QUIET_MS) {
      await sleep(POLL_MS);
      const states = await Promise.all(
        [...this.#birds].map(async ([node, bird]) => ({
          node,
          state: await bird.readState({ counters: true }).catch(() => undefined),
        })),
      );
      const asExpected = states.every(({ node, state }) =>
        state?.sessions.every(({ name, established }) => established !== down(node, name)),
      );
      const sum = states.reduce((total, { state }) => total + (state?.routeChanges ?? 0), 0);
      if (!asExpected || sum !== figure) changedAt = performance.now();
      figure = sum;
    }
  }

  async remove(): Promise<void> {
    for (const bird of this.#birds.values()) bird.close();
    const shell = this.#shell;
    if (shell && shell.exitCode === null) {
      const gone = new Promise((resolve) => shell.once('exit', resolve));
      shell.kill('SIGKILL');
      await gone;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #socket(node: string): string {
    return join(this.#folder, `${node}.ctl`);
  }

  #birdCommand(node: string): string {
    const [config, pid] = [join(this.#folder, `${node}.conf`), join(this.#folder, `${node}.pid`)];
    return `ip netns exec rt-${node} bird -f -c ${config} -s ${this.#socket(node)} -P ${pid} 2>/dev/null &`;
  }

  #addressing(node: LabNode): string[] {
    const lines = ['link set lo up'];
    const loopbacks = node.kind === 'client' ? [] : [node.loopback, ...node.serviceAddresses];
    for (const { ipv4, ipv6 } of loopbacks)
      lines.push(`addr add ${ipv4}/32 dev lo`, `addr add ${ipv6}/128 dev lo`);
    const ports = node.interfaces.map(({ name }) => name);
    const carriers = node.interfaces.map(({ name, addresses }) => ({ name, addresses }));
    if (node.bridge) {
      lines.push(`link add ${node.bridge.name} type bridge`);
      for (const port of ports) lines.push(`link set ${port} master ${node.bridge.name}`);
      carriers.push(node.bridge);
      ports.push(node.bridge.name);
    }
    for (const { name, addresses } of carriers) {
      if (addresses)
        lines.push(`addr add ${addresses.ipv4} dev ${name}`, `addr add ${addresses.ipv6} dev ${name} nodad`);
    }
    return [...lines, ...ports.map((port) => `link set ${port} up`), ''];
  }
}
