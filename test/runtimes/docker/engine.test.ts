// Which engine is used, and how one that will not do is refused: by what is really there (no socket, no permission, a
// remote address), and by the recorded answers of engines that cannot be had here.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { UserError } from '../../../src/base/errors.ts';
import { connectEngine, engineProblem } from '../../../src/runtimes/docker/engine.ts';
import { DEFAULT_SOCKET, engineAddress } from '../../../src/runtimes/docker/engine-address.ts';
import {
  type InfoAnswer,
  isRefusal,
  olderApi,
  refuseEngine,
  type VersionAnswer,
} from '../../../src/runtimes/docker/engine-facts.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'catchment-engine-test-'));
  chmodSync(folder, 0o755);
  vi.stubEnv('DOCKER_CONFIG', folder);
  vi.stubEnv('DOCKER_CONTEXT', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

describe('an engine that is not there', () => {
  test('is told by the socket that is missing, and what to type', async () => {
    vi.stubEnv('DOCKER_HOST', `unix://${folder}/none.sock`);
    expect((await engineProblem())?.reason).toBe(
      `no Docker engine: there is no socket ${folder}/none.sock (DOCKER_HOST)`,
    );
    await expect(connectEngine()).rejects.toThrow(UserError);
  });

  test('is told when nobody listens on its socket any more', async () => {
    const socket = join(folder, 'stale.sock');
    const server = spawnSync(process.execPath, [
      '-e',
      `require('net').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`,
    ]);
    expect(server.signal).toBe('SIGKILL');
    vi.stubEnv('DOCKER_HOST', `unix://${socket}`);
    expect((await engineProblem())?.reason).toContain('no Docker engine answers on');
  });

  test('is told when something else listens there', async () => {
    const socket = join(folder, 'other.sock');
    const server = createServer((connection) => connection.end('SSH-2.0-what\r\n')).listen(socket);
    await once(server, 'listening');
    vi.stubEnv('DOCKER_HOST', `unix://${socket}`);
    expect((await engineProblem())?.reason).toContain('does not answer as one');
    server.close();
  });
});

test('no permission on the socket is told with the group to join', async () => {
  const socket = join(folder, 'engine.sock');
  const server = createServer().listen(socket);
  await once(server, 'listening');
  chmodSync(socket, 0);
  const ask = `import { engineProblem } from ${JSON.stringify(join(import.meta.dirname, '../../../src/runtimes/docker/engine.ts'))};
    console.log(JSON.stringify(await engineProblem()));`;
  // A mode means nothing to root, unless it has lost its capabilities; the checkout may be readable for nobody else.
  const withoutPower = ['setpriv', '--inh-caps=-all', '--bounding-set=-all'];
  const [command = '', ...args] = process.getuid?.() === 0 ? withoutPower : ['env'];
  const { stdout } = spawnSync(command, [...args, process.execPath, '--input-type=module', '-e', ask], {
    encoding: 'utf8',
    env: { ...process.env, DOCKER_HOST: `unix://${socket}`, NODE_COMPILE_CACHE: '' },
  });
  server.close();
  const problem = JSON.parse(stdout);
  expect(problem.reason).toContain('no permission to use the Docker engine');
  expect(problem.hint).toContain('usermod -aG docker');
});

describe('which engine is meant', () => {
  const contexts: Record<string, string> = {
    colima: 'unix:///home/me/.colima/docker.sock',
    far: 'ssh://me@build.example.net',
  };
  const address = (env: object, currentContext?: string) =>
    engineAddress({ env, currentContext, endpointOf: (name) => contexts[name] });

  test.each([
    [{}, undefined, DEFAULT_SOCKET],
    [{ DOCKER_HOST: '' }, 'default', DEFAULT_SOCKET],
    [{ DOCKER_HOST: 'unix:///run/mine.sock' }, 'far', '/run/mine.sock'],
    [{}, 'colima', '/home/me/.colima/docker.sock'],
    [{ DOCKER_CONTEXT: 'colima' }, 'far', '/home/me/.colima/docker.sock'],
    [{ DOCKER_CONTEXT: 'default' }, 'far', DEFAULT_SOCKET],
  ])('%o with context %s is %s', (env, current, socket) => {
    expect(address(env, current)).toMatchObject({ socket });
  });

  test.each([
    [
      { DOCKER_HOST: 'tcp://10.0.0.5:2376' },
      undefined,
      'DOCKER_HOST is tcp://10.0.0.5:2376, a remote engine',
    ],
    [{ DOCKER_HOST: 'ssh://me:secret@host' }, undefined, 'DOCKER_HOST is ssh://me:***@host, a remote engine'],
    [{ DOCKER_HOST: 'docker.sock' }, undefined, 'which is no UNIX socket'],
    [{}, 'far', 'the Docker context far is ssh://me@build.example.net, a remote engine'],
    [{}, 'gone', 'there is no Docker context "gone"'],
  ])('%o with context %s is refused', (env, current, reason) => {
    expect(address(env, current)).toMatchObject({ reason: expect.stringContaining(reason) });
  });

  test('contexts are read where the docker command keeps them', async () => {
    vi.stubEnv('DOCKER_HOST', undefined);
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ currentContext: 'mine' }));
    const meta = join(folder, 'contexts/meta', createHash('sha256').update('mine').digest('hex'));
    mkdirSync(meta, { recursive: true });
    const Host = 'tcp://192.0.2.1:2375';
    writeFileSync(join(meta, 'meta.json'), JSON.stringify({ Name: 'mine', Endpoints: { docker: { Host } } }));
    expect((await engineProblem())?.reason).toContain('the Docker context mine is tcp://192.0.2.1:2375');
  });

  test('is a socket or a refusal, whatever DOCKER_HOST holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl()), (host) => {
        const result = address({ DOCKER_HOST: host });
        expect(isRefusal(result) || result.socket.startsWith('/')).toBe(true);
      }),
    );
  });
});

describe('an engine is', () => {
  const debian: VersionAnswer = {
    Version: '20.10.24+dfsg1',
    ApiVersion: '1.41',
    MinAPIVersion: '1.12',
    Components: [{ Name: 'Engine' }, { Name: 'containerd' }],
  };
  const bookworm: InfoAnswer = {
    OSType: 'linux',
    OperatingSystem: 'Debian GNU/Linux 12 (bookworm)',
    Architecture: 'x86_64',
    SecurityOptions: ['name=seccomp,profile=default'],
  };

  test.each<[string, Partial<VersionAnswer>, Partial<InfoAnswer>]>([
    ['20.10 of Debian 12', {}, {}],
    [
      '29, cgroup v2 and AppArmor',
      { Version: '29.1.3', ApiVersion: '1.52', MinAPIVersion: '1.44' },
      { SecurityOptions: ['name=apparmor', 'name=seccomp,profile=builtin', 'name=cgroupns'] },
    ],
    ['one that says nothing of security', {}, { SecurityOptions: null }],
  ])('accepted: %s', (_, version, info) => {
    expect(refuseEngine({ ...debian, ...version }, { ...bookworm, ...info }, 'linux')).toBeUndefined();
  });

  // Recorded: github.com/docker/for-mac/issues/7108, kubernetes/minikube/pull/10878.
  test.each<[string, Partial<VersionAnswer>, Partial<InfoAnswer>, string, string]>([
    [
      'Docker Desktop on macOS',
      { Version: '24.0.7', ApiVersion: '1.43' },
      { OperatingSystem: 'Docker Desktop', Architecture: 'aarch64' },
      'darwin',
      'Docker Desktop on darwin runs its containers in a virtual machine',
    ],
    [
      'Docker Desktop on Linux',
      { Version: '27.1.1', ApiVersion: '1.46' },
      { OperatingSystem: 'Docker Desktop' },
      'linux',
      'Docker Desktop runs its containers in a virtual machine',
    ],
    [
      'another virtual machine on macOS',
      {},
      { OperatingSystem: 'Ubuntu 24.04.1 LTS' },
      'darwin',
      'an engine on darwin',
    ],
    [
      'rootless',
      { Version: '20.10.5', ApiVersion: '1.41' },
      {
        OperatingSystem: 'Ubuntu 20.04.2 LTS',
        SecurityOptions: ['name=seccomp,profile=default', 'name=rootless'],
      },
      'linux',
      'the engine is rootless',
    ],
    [
      'remapping users',
      {},
      { SecurityOptions: ['name=seccomp,profile=builtin', 'name=userns'] },
      'linux',
      'userns-remap',
    ],
    ['Windows containers', {}, { OSType: 'windows' }, 'linux', 'runs windows containers'],
    ['19.03', { Version: '19.03.15', ApiVersion: '1.40' }, {}, 'linux', 'the engine is 19.03.15 (API 1.40)'],
    ['Podman', { Components: [{ Name: 'Podman Engine' }] }, {}, 'linux', 'Podman answers'],
  ])('refused: %s', (_, version, info, platform, reason) => {
    const refusal = refuseEngine({ ...debian, ...version }, { ...bookworm, ...info }, platform);
    expect(refusal?.reason).toContain(reason);
    expect(refusal?.hint).not.toBe('');
  });

  test('older than another by number, not by text', () => {
    expect([olderApi('1.9', '1.41'), olderApi('1.41', '1.41'), olderApi('2.0', '1.99')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
