// How Compose is run, and what is made of its words when it fails: with a shell in its place, that gets the same words.

import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../../../src/base/errors.ts';
import { composeUp, projectName } from '../../../src/runtimes/docker/project.ts';

let folder: string;
/** Of the engine only this counts: whether it listens. */
let engineSocket: Server;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'catchment-project-'));
  engineSocket = createServer((connection) => connection.end()).listen(join(folder, 'engine.sock'));
  await once(engineSocket, 'listening');
});
afterEach(() => {
  engineSocket.close();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function up(script: string, options: Partial<Parameters<typeof composeUp>[2]> = {}): Promise<void> {
  const env = { DOCKER_HOST: 'unix:///run/other.sock' };
  const engine = { socket: join(folder, 'engine.sock'), env } as unknown as Parameters<typeof composeUp>[1];
  const compose = { argv: ['sh', '-c', script, 'compose'], version: '2.40.3' };
  return composeUp(compose, engine, {
    project: projectName('tiny'),
    folder,
    files: ['compose.yaml', 'compose.order.yaml'],
    ...options,
  });
}

async function failure(script: string): Promise<UserError> {
  const error = await up(script).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof UserError ? error : expect.fail(`${error} is no UserError`);
}

describe('Compose', () => {
  it("gets the lab's files, folder and engine, and no bound of its own that would make it stand still", async () => {
    vi.stubEnv('COMPOSE_PARALLEL_LIMIT', '1');
    const error = await failure(
      `echo "$*"; echo "$PWD $DOCKER_HOST \${COMPOSE_PARALLEL_LIMIT-none}"; exit 1`,
    );
    expect(error.message).toContain(
      '--project-name catchment-tiny --file compose.yaml --file compose.order.yaml up',
    );
    expect(error.message).toContain(`${folder} unix:///run/other.sock none`);
  });

  it('starts all that no profile holds back, or what it is told', async () => {
    await up('exit 0');
    await up('case "$*" in *"--profile observability up "*" grafana") ;; *) exit 1 ;; esac', {
      profiles: ['observability'],
      services: ['grafana'],
    });
  });

  it.each([
    ['Pool overlaps with other one on this address space', 'CATCHMENT_DOCKER_POOL='],
    ['Conflict. The container name "/catchment-tiny_paris_1" is already in use by container', '--name'],
    ['toomanyrequests: You have reached your pull rate limit', './lab images'],
    ['write /var/lib/docker/x: no space left on device', 'docker system df'],
    ['something else', './lab doctor'],
  ])('that fails with "%s" has a hint', async (words, hint) => {
    const error = await failure(
      `echo 'Creating catchment-tiny_paris_1 ... done'; echo '${words}' >&2; exit 3`,
    );
    expect(error.message).toContain('exit code 3');
    expect(error.message).toContain(words);
    expect(error.message).not.toContain('Creating');
    expect(error.problems[0]?.hint).toContain(hint);
  });

  it('is not blamed when the engine has gone', async () => {
    engineSocket.close();
    await once(engineSocket, 'close');
    expect((await failure('echo Killed; exit 1')).message).toContain('was stopped while');
  });

  it('is ended with all that it has started, by the signal', async () => {
    const stop = new AbortController();
    const ready = join(folder, 'ready');
    const running = up(`(while :; do sleep 1; done) & : >${ready}; wait`, { signal: stop.signal });
    const ended = expect(running).rejects.toThrow('interrupted');
    await vi.waitUntil(() => existsSync(ready), { timeout: 10_000 });
    stop.abort();
    await ended; // which waits for both outputs to be closed by all who have them
    await expect(up('sleep 60', { signal: AbortSignal.abort() })).rejects.toThrow('interrupted');
  });
});
