// Compose brings a lab's containers up: the command, its environment and its words when it fails. What Compose prints is
// only ever shown, never read: the engine's events tell how far it is.

import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { UserError } from '../../base/errors.ts';
import type { ComposeCommand } from './compose-command.ts';
import type { Engine } from './engine.ts';

/** More would be somebody else's story. */
const LAST_LINES = 12;

/**
 * Runs its arguments and ends as they do. Its input is a pipe from us: when that closes before, we were killed, and the
 * whole process group goes too, or Compose would go on making containers that nobody waits for.
 */
const LIVES_NO_LONGER_THAN_WE = `exec 3<&0
(cat <&3 >/dev/null 2>&1; kill -KILL 0) >/dev/null 2>&1 &
watch=$!
"$@" </dev/null 3<&-
code=$?
kill -KILL $watch
exit $code`;

/** The project's name in Compose, and the beginning of its containers' names. */
export function projectName(lab: string): string {
  return `catchment-${lab}`;
}

/** Resolves when all containers are started; rejects with Compose's last words. `signal` ends it and all it started. */
export async function composeUp(
  compose: ComposeCommand,
  engine: Engine,
  options: {
    project: string;
    folder: string;
    files: string[];
    profiles?: string[];
    /** Absent: all that no profile holds back. */
    services?: string[];
    signal?: AbortSignal;
  },
): Promise<void> {
  const { project, folder, files, profiles = [], services = [], signal } = options;
  const words = [
    ...compose.argv,
    ...['--project-name', project],
    ...files.flatMap((file) => ['--file', file]),
    ...profiles.flatMap((profile) => ['--profile', profile]),
    ...['up', '--detach', '--no-build', ...services],
  ];
  const child = spawn('sh', ['-c', LIVES_NO_LONGER_THAN_WE, 'sh', ...words], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...engine.env, COMPOSE_HTTP_TIMEOUT: '180', COMPOSE_PARALLEL_LIMIT: undefined },
    detached: true, // a group of its own: Ctrl-C is ours to handle
  });
  child.stdin.on('error', () => {}); // it has ended: its exit tells
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => said.push(text));
  }
  const abort = () => child.pid && child.exitCode === null && process.kill(-child.pid, 'SIGKILL');
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => signal?.removeEventListener('abort', abort));
  if (signal?.aborted) throw new UserError({ message: 'interrupted' });
  child.stdin.destroy();
  if (code === 0) return;
  if (!(await listens(engine.socket))) {
    throw new UserError({
      message: `the Docker engine on ${engine.socket} was stopped while Compose made the lab's containers`,
      hint: 'start it again, then ./lab up: what was made is removed first',
    });
  }
  const lines = said.join('').split('\n').filter(isTrouble);
  throw new UserError({
    message: `Compose could not start the lab's containers (exit code ${code}): ${lines.slice(-LAST_LINES).join('\n')}`,
    hint: hintFor(said.join('')),
  });
}

/** By a new connection: an engine that ends goes on answering on those it has. */
function listens(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.once('connect', () => resolve(true)).once('error', () => resolve(false));
    connection.once('connect', () => connection.destroy());
  });
}

/** Its progress lines say what works. */
function isTrouble(line: string): boolean {
  return (
    line.trim() !== '' &&
    !/^(Creating|Starting|Pulling|Recreating) \S+ +\.\.\.|^Creating network |^ (Container|Network) /.test(
      line,
    )
  );
}

function hintFor(text: string): string {
  if (/overlaps with other one|Pool overlaps/i.test(text))
    return 'CATCHMENT_DOCKER_POOL=10.99.0.0/16 ./lab up --runtime docker (any private prefix nothing here uses)';
  if (/is already in use by container|Conflict\. The container name/i.test(text))
    return 'another --name, or remove the container that has the name: docker rm -f NAME';
  if (/toomanyrequests|manifest unknown|pull access denied|no such host|i\/o timeout/i.test(text))
    return './lab images says what can be built here; images of others need their registry to be in reach';
  if (/no space left/i.test(text)) return 'free some disk: docker system df tells what takes it';
  return './lab doctor, and ./lab down before the next try';
}
