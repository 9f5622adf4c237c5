// The images on a real engine: built once, each able to do what it is for, failures told, and what is removed.

import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UserError } from '../../src/base/errors.ts';
import { PROJECT_FOLDER } from '../../src/base/project-folder.ts';
import { connectEngine, type Engine } from '../../src/runtimes/docker/engine.ts';
import { presentBase } from '../../src/runtimes/docker/images/base-image.ts';
import { buildImage } from '../../src/runtimes/docker/images/build-image.ts';
import { importDebootstrapped } from '../../src/runtimes/docker/images/debootstrap.ts';
import { buildMissing, ensureImages } from '../../src/runtimes/docker/images/ensure-images.ts';
import { pruneImages, storedImages } from '../../src/runtimes/docker/images/image-store.ts';
import {
  type ImageRole,
  INPUTS_LABEL,
  type PlannedImage,
} from '../../src/runtimes/docker/images/plan-images.ts';
import { IMAGE_PROGRAMS } from '../../src/runtimes/programs.ts';
import type { LabEvent } from '../../src/runtimes/runtime.ts';
import { useEngine } from './docker-engine.ts';

const BUILD_TIMEOUT_MS = 600_000;
const { missing, titled } = await useEngine();

let engine: Engine;
let tags: Record<ImageRole, string>;

/** A command in a new container of an image, without a network. */
async function run(role: ImageRole, argv: string[]) {
  const container = await engine.docker.createContainer({
    Image: tags[role],
    Cmd: argv,
    Env: ['NO_COLOR=1'],
    Tty: true,
    HostConfig: { NetworkMode: 'none' },
  });
  try {
    await container.start();
    const { StatusCode } = await container.wait();
    const logs = await container.logs({ stdout: true, stderr: true });
    return {
      code: StatusCode as number,
      text: String(logs ?? '')
        .replaceAll('\r', '')
        .trim(),
    };
  } finally {
    await container.remove({ force: true });
  }
}

describe.skipIf(missing)(titled('images'), () => {
  beforeAll(async () => {
    engine = await connectEngine();
    tags = await ensureImages(engine);
  }, BUILD_TIMEOUT_MS);

  test('that are there are not built again', async () => {
    const events: LabEvent[] = [];
    expect(await ensureImages(engine, { onEvent: (event) => events.push(event) })).toEqual(tags);
    expect(events).toEqual([]);
  });

  test('are listed by ./lab images, with what is in use now', () => {
    const listed = JSON.parse(
      execFileSync(join(PROJECT_FOLDER, 'lab'), ['images', '--json'], { encoding: 'utf8' }),
    ) as { images: { role: string; tag: string; current: boolean }[] };
    const current = listed.images.filter((image) => image.current).map(({ role }) => role);
    expect(current.sort()).toEqual(['client', 'node', 'resolver', 'router', 'service', 'tools']);
  });

  test('carry labels: what they are, and what they were made from', async () => {
    for (const role of Object.keys(tags) as ImageRole[]) {
      const { Config } = await engine.docker.getImage(tags[role]).inspect();
      expect(Config.Labels).toMatchObject({
        'io.catchment.role': role,
        [INPUTS_LABEL]: tags[role].split(':')[1],
        'org.opencontainers.image.title': `Catchment ${role}`,
      });
    }
  });

  test('run as an ordinary user, but for those that make links or write routes', async () => {
    const users = await Promise.all(
      (['service', 'resolver'] as const).map(async (role) => (await run(role, ['id', '-u'])).text),
    );
    expect(users).toEqual(['10001', '10001']);
  });

  test('hold no package lists', async () => {
    for (const role of ['router', 'resolver', 'client'] as const) {
      expect((await run(role, ['ls', '/var/lib/apt/lists'])).text).toBe('');
    }
  });

  test('router: BIRD 2, its client, and ip', async () => {
    const { text } = await run('router', ['sh', '-c', 'bird --version; birdc show status; ip -V']);
    expect(text).toMatch(/^BIRD version 2\.\S+\nUnable to connect to server control socket .*\nip utility/);
  });

  test('resolver: unbound answers its control socket, and the health check sees it', async () => {
    const config = [
      'server:\n  chroot: ""\n  username: ""\n  pidfile: ""\n  use-syslog: no\n  interface: 127.0.0.1@5353',
      'remote-control:\n  control-enable: yes\n  control-interface: /tmp/unbound.ctl\n  control-use-cert: no',
    ].join('\n');
    const check = 'unbound-control -q -s /tmp/unbound.ctl status';
    const script = `echo "$0" >/tmp/c; ${check} && echo early; unbound -d -c /tmp/c & until ${check} 2>/dev/null; do sleep 0.1; done; echo healthy`;
    const { text } = await run('resolver', ['sh', '-c', script, config]);
    expect(text).toContain('healthy');
    expect(text).not.toContain('early');
  });

  test('client: the tools of a node', async () => {
    const tools = ['bash', 'curl', 'dig', 'ethtool', 'ip', 'mtr', 'ping', 'tc', 'tcpdump', 'traceroute'];
    const { text } = await run('client', ['sh', '-c', 'for tool; do command -v $tool; done', 'sh', ...tools]);
    expect(text.split('\n').map((path) => path.split('/').at(-1))).toEqual(tools);
  });

  test('service and client: the pinned Node.js', async () => {
    const pinned = JSON.parse(
      readFileSync(
        join(PROJECT_FOLDER, `node_modules/node-linux-${engine.architecture}/package.json`),
        'utf8',
      ),
    ).version;
    for (const role of ['service', 'client'] as const) {
      expect((await run(role, ['node', '--version'])).text).toBe(`v${pinned}`);
    }
  });

  test('service: every program loads with all that it imports, and asks for its configuration', async () => {
    for (const name of Object.keys(IMAGE_PROGRAMS)) {
      const { text } = await run('service', ['sh', '-c', `node /catchment/${name}.js </dev/null`]);
      expect([name, text]).toEqual([
        name,
        expect.not.stringMatching(/ERR_MODULE_NOT_FOUND|Cannot find|SyntaxError/),
      ]);
    }
    // By name, as the relay and the DNS server load it.
    const koffi =
      'const { default: koffi } = await import("koffi"); console.log(koffi.load("libc.so.6").func("int getpid()")())';
    const { text } = await run('service', [
      'sh',
      '-c',
      `cd /catchment && exec node --input-type=module -e '${koffi}'`,
    ]);
    expect(text).toBe('1');
  });

  test('an edge in a container of its own serves', async () => {
    const config = {
      listen: [{ address: '127.0.0.1', port: 8080 }],
      pop: 'test',
      origin: { host: 'origin.test', address: '127.0.0.1', port: 9 },
      cacheBytes: 1_000_000,
      admin: { path: '/tmp/edge.sock' },
    };
    const script = `echo "$0" >/tmp/edge.json; node /catchment/edge.js --config /tmp/edge.json & for i in $(seq 100); do sleep 0.1; [ -S /tmp/edge.sock ] && echo up && exit; done; echo never`;
    const { text } = await run('service', ['sh', '-c', script, JSON.stringify(config)]);
    expect(text).toContain('up');
  });
});

describe.skipIf(missing)(titled('when-plumbed'), () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'catchment-plumbed-'));
    chmodSync(folder, 0o755);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('waits for the file, then is replaced by its command', async () => {
    const container = await engine.docker.createContainer({
      Image: tags.service,
      Cmd: ['when-plumbed', 'sh', '-c', 'echo $$ ran'],
      Tty: true,
      HostConfig: { NetworkMode: 'none', Binds: [`${folder}:/run/catchment`] },
    });
    try {
      await container.start();
      expect((await container.inspect()).State.Running).toBe(true);
      writeFileSync(join(folder, 'plumbed'), '');
      await container.wait();
      expect(String(await container.logs({ stdout: true })).trim()).toBe('1 ran');
    } finally {
      await container.remove({ force: true });
    }
  });

  test('ends when it is told to while it waits', async () => {
    const container = await engine.docker.createContainer({
      Image: tags.router,
      Cmd: ['when-plumbed', 'true'],
      HostConfig: { NetworkMode: 'none' },
    });
    await container.start();
    // The shell sets its trap first thing, but not before it has started.
    for (let status: unknown; status !== 143; ) {
      await container.kill({ signal: 'SIGTERM' }).catch(() => {});
      const { State } = await container.inspect();
      if (!State.Running) status = State.ExitCode;
    }
    await container.remove();
  });
});

describe.skipIf(missing)(titled('building'), () => {
  const NAME = 'catchment-build-test';
  let base: string;
  const image = (dockerfile: string): PlannedImage => ({
    name: 'router',
    tag: `${NAME}:latest`,
    inputs: '0'.repeat(12),
    from: base,
    context: [],
    dockerfile: `ARG BASE\nFROM \${BASE}\n${dockerfile}\n`,
  });
  beforeAll(async () => {
    base = (await presentBase(engine))?.tag ?? '';
  });

  test('that fails names the step, the last lines and the log', async () => {
    const failing = image('RUN echo one line; echo and another; exit 7');
    const error = await buildImage(engine, failing).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UserError);
    const { message } = error as UserError;
    expect(message).toMatch(/image router could not be built: step 3\/\d, RUN echo one line/);
    expect(message).toMatch(/ {4}and another\n/);
    expect(message).toContain('returned a non-zero code: 7');
    expect(message).toContain('.lab/.launcher/build-router.log');
  });

  test('ends when it is interrupted, and leaves no container', async () => {
    const started = new AbortController();
    const slow = image('RUN sleep 1000 # of the test');
    const building = buildImage(engine, slow, {
      signal: started.signal,
      onStep: (step) => {
        if (step.includes('sleep')) setTimeout(() => started.abort(new Error('interrupted')), 500);
      },
    });
    await expect(building).rejects.toThrow();
    let left = -1;
    for (let tries = 0; tries < 100 && left !== 0; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const containers = await engine.docker.listContainers({ all: true });
      left = containers.filter(({ Command }) => Command.includes('sleep 1000 # of the test')).length;
    }
    expect(left).toBe(0);
  });

  test('--prune removes an old image of ours, but not one in use nor one that somebody made from ours', async () => {
    const { docker } = engine;
    const keep = new Set((await storedImages(engine)).flatMap(({ tag }) => tag ?? []));
    const old = (inputs: string) =>
      buildImage(engine, {
        ...image(`LABEL io.catchment.role=router\nRUN echo ${inputs} >/x`),
        tag: `catchment/router:${inputs}`,
        inputs,
      });
    await old('aaaaaaaaaaaa');
    await old('bbbbbbbbbbbb');
    const user = await docker.createContainer({ Image: 'catchment/router:bbbbbbbbbbbb', Cmd: ['true'] });
    await buildImage(engine, {
      ...image('RUN true'),
      from: tags.router,
      inputs: tags.router.split(':')[1] ?? '',
    });
    const removed = await pruneImages(engine, keep);
    const known = async () => new Set((await docker.listImages()).flatMap(({ RepoTags }) => RepoTags ?? []));
    expect(removed.map(({ tag }) => tag)).toContain('catchment/router:aaaaaaaaaaaa');
    const left = await known();
    expect(left.has('catchment/router:bbbbbbbbbbbb')).toBe(true);
    expect(left.has(`${NAME}:latest`)).toBe(true);
    for (const tag of keep) expect(left).toContain(tag);
    await user.remove();
    await docker.getImage(`${NAME}:latest`).remove();
    await pruneImages(engine, keep);
    expect((await known()).has('catchment/router:bbbbbbbbbbbb')).toBe(false);
  });

  test('all are planned from the sources as they are: the same tags twice', async () => {
    const [first, second] = [await buildMissing(engine), await buildMissing(engine)];
    expect(second.map(({ tag }) => tag)).toEqual(first.map(({ tag }) => tag));
  });

  const noDebootstrap =
    process.getuid?.() !== 0 || spawnSync('debootstrap', ['--version']).error !== undefined;
  test.skipIf(noDebootstrap)('a base by debootstrap that is interrupted leaves nothing behind', async () => {
    const stop = new AbortController();
    const leftovers = () => [
      ...readdirSync('/var/tmp').filter((name) => name.startsWith('catchment-base-')),
      ...readFileSync('/proc/self/mounts', 'utf8')
        .split('\n')
        .filter((line) => line.includes('catchment-base-')),
    ];
    const before = leftovers();
    const making = importDebootstrapped(engine, { pullError: 'this is a test', signal: stop.signal });
    const timer = setInterval(() => {
      const folder = readdirSync('/var/tmp').find(
        (name) => name.startsWith('catchment-base-') && !before.includes(name),
      );
      // Once it has begun to unpack.
      if (folder && readdirSync(join('/var/tmp', folder)).includes('root'))
        stop.abort(new Error('interrupted'));
    }, 50);
    await expect(making).rejects.toThrow('interrupted');
    clearInterval(timer);
    expect(leftovers()).toEqual(before);
  });
});
