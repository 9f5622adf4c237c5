// Links on Docker without a relay: each is a Docker network of its own, which is a bridge of the host. What has to hold:
// nothing but the lab's own frames passes a node's end of it, before and after a failure; the host is not reached; and
// the guards do so by themselves, in namespaces of this test's own. Netem is run where the kernel has it.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { containerLogs, lastWords } from '../../src/runtimes/docker/container-logs.ts';
import type { LabContainer } from '../../src/runtimes/docker/containers.ts';
import { connectEngine } from '../../src/runtimes/docker/engine.ts';
import { linkGuard, nodeGuard } from '../../src/runtimes/docker/guard-commands.ts';
import { ensureImages } from '../../src/runtimes/docker/images/ensure-images.ts';
import { LAB_LABEL, LINK_LABEL } from '../../src/runtimes/docker/labels.ts';
import type { LogOptions } from '../../src/runtimes/runtime.ts';
import { blackholeCommands } from '../../src/shaping/blackhole-commands.ts';
import { batchText } from '../../src/shaping/commands.ts';
import { detectNetem } from '../../src/shaping/io/detect-netem.ts';
import { useEngine } from './docker-engine.ts';
import { labRunner, until } from './lab-runner.ts';

const { missing, titled } = await useEngine();
const netem = await detectNetem();
if (!netem.available) process.stderr.write(`\nskipped: netem on Docker's links: ${netem.reason}\n\n`);
const withNetem = netem.available ? '' : ` (skipped: ${netem.reason})`;
/** Nobody else's, on an engine that others use too. */
const NAME = `links-${process.pid}`;

describe('guards of an interface', () => {
  const namespaces = { node: `catchment-${NAME}-node`, peer: `catchment-${NAME}-peer` };
  const LINK = {
    name: 'node--peer',
    a: { node: 'node', interface: 'port' },
    b: { node: 'peer', interface: 'port' },
    aToB: { delayMs: 0 },
    bToA: { delayMs: 0 },
  };
  const run = (name: 'node' | 'peer', command: string, input = '') =>
    execFileSync('ip', ['netns', 'exec', namespaces[name], 'sh', '-c', command], {
      input,
      encoding: 'utf8',
    });
  const reaches = (name: 'node' | 'peer', address: string) => {
    try {
      run(name, `ping -c 2 -i 0.2 -W 0.5 ${address} 2>&1`);
      return true;
    } catch {
      return false;
    }
  };
  const remove = () => {
    for (const name of Object.values(namespaces)) {
      try {
        execFileSync('ip', ['netns', 'delete', name], { stdio: 'ignore' });
      } catch {
        // It is not there.
      }
    }
  };
  /** Known to each other from the start, as in a lab. */
  const peerIs = (mac: string) => {
    run('node', 'ip link set dev port address 02:00:00:01:00:01');
    run('peer', `ip link set dev port address ${mac}`);
    run('node', `ip neigh replace 10.0.0.2 lladdr ${mac} dev port nud permanent`);
    run('peer', 'ip neigh replace 10.0.0.1 lladdr 02:00:00:01:00:01 dev port nud permanent');
  };

  beforeAll(() => {
    remove();
    for (const name of Object.values(namespaces)) execFileSync('ip', ['netns', 'add', name]);
    // Its multicast would be counted below.
    for (const name of ['node', 'peer'] as const)
      run(name, 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6');
    const pair = `link add name port netns ${namespaces.node} type veth peer name port netns ${namespaces.peer}`;
    execFileSync('ip', pair.split(' '));
    run('node', 'ip address add 10.0.0.1/24 dev port && ip link set dev port up');
    run('peer', 'ip address add 10.0.0.2/24 dev port && ip link set dev port up');
  });
  afterAll(remove);
  beforeEach(() => peerIs('02:00:00:01:00:02'));

  it("let the lab's own interfaces speak, on a link", () => {
    run('node', 'tc -batch -', linkGuard('port').join('\n'));
    expect(reaches('node', '10.0.0.2')).toBe(true);
  });

  it('keep off whoever has another MAC, both ways', () => {
    // As Docker's bridges have.
    peerIs('02:42:00:01:00:02');
    const came = () => Number(run('peer', 'cat /sys/class/net/port/statistics/rx_packets'));
    const before = came();
    expect(reaches('node', '10.0.0.2')).toBe(false);
    expect(reaches('peer', '10.0.0.1')).toBe(false);
    expect(came()).toBe(before);
  });

  it('stay where they are while a link fails silently and comes back', () => {
    const filters = () => run('node', 'tc filter show dev port ingress; tc filter show dev port egress');
    const guards = filters();
    const change = (state: 'blackhole' | 'restored') => {
      const commands = blackholeCommands(LINK, state).filter(({ node }) => node === 'node');
      run('node', 'tc -batch -', batchText(commands.map(({ argv }) => argv)));
    };
    for (let round = 0; round < 2; round++) {
      change('blackhole');
      expect(reaches('node', '10.0.0.2')).toBe(false);
      change('blackhole');
      change('restored');
      expect(filters()).toBe(guards);
      expect(reaches('node', '10.0.0.2')).toBe(true);
      change('restored');
      expect(filters()).toBe(guards);
    }
  });

  it('leave VXLAN to and from the relay, on the underlay', async () => {
    run('node', 'tc -batch -', nodeGuard('port', '10.0.0.2').join('\n'));
    run('peer', 'ip address add 10.0.0.3/24 dev port');
    const heard: string[] = [];
    const listener = spawn('ip', ['netns', 'exec', namespaces.peer, process.execPath, '-e', UDP_LISTENER], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    listener.stdout.setEncoding('utf8').on('data', (text: string) => heard.push(...text.trim().split('\n')));
    try {
      await until('it listens', () => heard.includes('ready'), 20);
      run('node', `${process.execPath} -e '${UDP_SENDER}'`);
      // Sent last, so that all before it have come or will not.
      await until('the last is there', () => heard.includes('vxlan to the relay'), 20);
      await sleep(200);
      expect(heard).toEqual(['ready', 'vxlan to the relay']);
      expect(reaches('node', '10.0.0.2')).toBe(false);
    } finally {
      const ended = once(listener, 'exit');
      listener.kill('SIGKILL');
      await ended;
    }
  });
});

const UDP_LISTENER = `
for (const port of [4789, 4790]) {
  const socket = require('dgram').createSocket('udp4');
  socket.on('message', (text) => console.log(String(text)));
  socket.bind(port, () => port === 4790 && console.log('ready'));
}`;
const UDP_SENDER = `
const socket = require("dgram").createSocket("udp4");
const send = (port, address, text) => new Promise((done) => socket.send(text, port, address, done));
(async () => {
  await send(4790, "10.0.0.2", "another port of the relay");
  await send(4789, "10.0.0.3", "vxlan past the relay");
  await send(4789, "10.0.0.2", "vxlan to the relay");
  socket.close();
})();`;

describe.skipIf(missing)(titled('the log of a container'), () => {
  const NAME_OF_IT = `catchment-${NAME}-log`;
  const docker = new Docker();
  let container: LabContainer;
  const remove = () =>
    docker
      .getContainer(NAME_OF_IT)
      .remove({ force: true })
      .catch(() => {});

  beforeAll(async () => {
    await remove();
    const engine = await connectEngine();
    const { service } = await ensureImages(engine, {});
    const made = await docker.createContainer({
      name: NAME_OF_IT,
      Image: service,
      Entrypoint: [
        'sh',
        '-c',
        'echo one; echo two >&2; printf "Zürich\\n"; while [ ! -e /tmp/end ]; do sleep 0.1; done',
      ],
      HostConfig: { NetworkMode: 'none', LogConfig: { Type: 'json-file', Config: {} } },
    });
    await made.start();
    const { State } = await made.inspect();
    container = { id: made.id, name: NAME_OF_IT, node: 'n', service: 's', state: State, restarts: 0 };
    await until('it has spoken', async () => (await lastWords(docker, made.id, 9)).includes('Zürich'));
  });
  afterAll(remove);

  const collect = async (
    options: LogOptions,
    count = Number.POSITIVE_INFINITY,
    found: string[] = [],
  ): Promise<string[]> => {
    for await (const { service, line } of containerLogs(docker, [container], options)) {
      found.push(`${service}: ${line}`);
      if (found.length === count) break;
    }
    return found;
  };

  it('is what it wrote to both outputs, or the last of it', async () => {
    expect((await collect({})).toSorted()).toEqual(['s: Zürich', 's: one', 's: two']);
    expect(await collect({ lines: 1 })).toHaveLength(1);
    expect(await lastWords(docker, container.id, 1)).not.toBe('');
  });

  it('is followed over a new start, to the signal, and to the end of the container', async () => {
    expect(await collect({ follow: true, lines: 1 }, 1)).toHaveLength(1);
    const stop = new AbortController();
    const ended = collect({ follow: true, signal: stop.signal });
    stop.abort();
    expect((await ended).length).toBeLessThanOrEqual(3);
    const said: string[] = [];
    const over = collect({ follow: true }, Number.POSITIVE_INFINITY, said);
    await docker.getContainer(container.id).restart({ t: 0 });
    await until('it has said all of it again', () => said.length === 6);
    await remove();
    expect((await over).filter((line) => line === 's: one')).toHaveLength(2);
  });
});

describe.skipIf(missing)(titled('a lab whose links are Docker networks'), () => {
  const runner = labRunner();
  const docker = () => new Docker();
  const mine = { filters: { label: [`${LAB_LABEL}=${NAME}`] } };
  const inNode = (node: string, command: string) =>
    runner.lab('exec', '--name', NAME, node, '--', 'sh', '-c', command);
  const guardsOf = (node: string, device: string) =>
    inNode(node, `tc filter show dev ${device} ingress; tc filter show dev ${device} egress`).out;
  const LINK = 'pop-fra--t1-fra';

  beforeAll(() => {
    const { code, out, err } = runner.lab(
      ...['up', 'tiny', '--name', NAME, '--runtime', 'docker', '--shaping', 'off', '--no-compare'],
    );
    if (code !== 0) throw new Error(`${out}${err}`);
  });
  afterAll(() => runner.clear());

  it('has a network per link, and its nodes are on no other', async () => {
    const links = runner.status('--name', NAME).links.map(({ name }) => name);
    const networks = await docker().listNetworks(mine);
    const found = networks.flatMap(({ Labels }) => Labels?.[LINK_LABEL] ?? []);
    expect(found.toSorted()).toEqual(links.toSorted());
    // Compose 1.29 makes the network of the profile `observability` at once; nobody is on it.
    for (const other of networks.filter(({ Labels }) => !Labels?.[LINK_LABEL])) {
      expect(other.Name).toBe(`catchment-${NAME}_management`);
      expect((await docker().getNetwork(other.Id).inspect()).Containers).toEqual({});
    }
  });

  it('routes, answers and delivers', () => {
    const fetched = inNode('paris', 'curl -s -o /dev/null -w "%{http_code}" http://www.cdn.test/bytes/2000');
    expect(fetched.out.trim()).toBe('200');
    const dug = inNode('paris', 'dig +short @resolver www.cdn.test');
    expect(dug.out).toMatch(/^\d+\.\d+\.\d+\.\d+$/m);
  });

  it('keeps its guards when a link fails silently, fails cleanly, and comes back', async () => {
    const before = guardsOf('pop-fra', 't1-fra');
    expect(before).toContain('pref 10 bpf');
    const stateOf = () => runner.status('--name', NAME).links.find(({ name }) => name === LINK)?.state;
    for (const how of ['silent', 'clean']) {
      expect(runner.lab('fail', LINK, '--how', how, '--name', NAME).code).toBe(0);
      expect(stateOf()).toBe(how === 'silent' ? 'silent' : 'down');
      expect(inNode('pop-fra', 'ping -c 1 -W 1 198.18.64.9').code).not.toBe(0);
      expect(runner.lab('restore', LINK, '--name', NAME).code).toBe(0);
      expect(stateOf()).toBe('up');
      expect(guardsOf('pop-fra', 't1-fra')).toBe(before);
      expect(inNode('pop-fra', 'ping -c 3 -i 0.2 -W 1 198.18.64.9').code).toBe(0);
    }
  });

  it('does not reach the host over the bridge of a link', async () => {
    const [network] = await docker().listNetworks({
      filters: { label: [`${LAB_LABEL}=${NAME}`, `${LINK_LABEL}=${LINK}`] },
    });
    const bridge = `br-${network?.Id.slice(0, 12)}`;
    const addresses = execFileSync('ip', ['-o', 'address', 'show', 'dev', bridge], { encoding: 'utf8' });
    expect(addresses, 'no IPv4 address of the host').not.toMatch(/ inet /);
    // The host has one of its own making, if it has IPv6: known to the node, and still not reached.
    const mac = execFileSync('cat', [`/sys/class/net/${bridge}/address`], { encoding: 'utf8' }).trim();
    const linkLocal = / inet6 (fe80:[0-9a-f:]+)\//.exec(addresses)?.[1] ?? 'fe80::1';
    inNode('pop-fra', `ip neigh replace ${linkLocal} lladdr ${mac} dev t1-fra`);
    expect(inNode('pop-fra', `ping -c 2 -i 0.2 -W 1 ${linkLocal}%t1-fra`).code).not.toBe(0);
    expect(inNode('pop-fra', 'ip route show default; ip -6 route show default').out).not.toContain('10.213.');
  });

  it('leaves nothing', async () => {
    expect(runner.lab('down', '--name', NAME).code).toBe(0);
    expect(await docker().listContainers({ all: true, ...mine })).toEqual([]);
    expect(await docker().listNetworks(mine)).toEqual([]);
  });
});

describe.skipIf(missing || !netem.available)(titled(`netem on Docker's links${withNetem}`), () => {
  const runner = labRunner();
  afterAll(() => runner.clear());

  it("delays by what the plan says, in the nodes' own namespaces", () => {
    const up = runner.lab(
      ...[
        'up',
        'tiny',
        '--name',
        `${NAME}-netem`,
        '--runtime',
        'docker',
        '--shaping',
        'netem',
        '--no-compare',
      ],
    );
    expect(up.code, up.err).toBe(0);
    const shown = runner.lab('exec', '--name', `${NAME}-netem`, 'pop-fra', '--', 'tc', 'qdisc').out;
    expect(shown).toMatch(/qdisc netem .*delay/);
  });
});
