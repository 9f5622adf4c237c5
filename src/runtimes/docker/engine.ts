// The Docker engine of this machine: found, asked what it is, and refused in one sentence where a lab cannot run on it.
// dockerode is loaded when it is first wanted: 40 ms and 15 MB that no other command should pay for.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { UserError } from '../../base/errors.ts';
import { DEFAULT_SOCKET, type EngineAddress, engineAddress } from './engine-address.ts';
import {
  type InfoAnswer,
  isRefusal,
  type Refusal,
  refuseEngine,
  type VersionAnswer,
} from './engine-facts.ts';
import { explainSilence } from './engine-trouble.ts';

export type { Refusal } from './engine-facts.ts';

/** For the questions asked before anything else; a healthy engine answers in milliseconds. */
const ANSWER_TIMEOUT_MS = 10_000;

/** An engine that a lab can run on. */
export interface Engine {
  docker: Docker;
  /** Absolute path of its UNIX socket. */
  socket: string;
  /** `20.10.24+dfsg1`. */
  version: string;
  /** Newest and oldest API version it speaks: `1.41`, `1.12`. */
  apiVersion: string;
  minApiVersion: string;
  /** `x64` or `arm64`, as Node.js names them; another as the engine does. */
  architecture: string;
  /** For commands that are to reach the same engine (Compose): DOCKER_HOST beats any Docker context. */
  env: { DOCKER_HOST: string };
}

/** The engine, or the one on that UNIX socket; a UserError with the reason and what to type where there is none that would do. */
export async function connectEngine(socket?: string): Promise<Engine> {
  const found = await findEngine(socket);
  if (isRefusal(found)) throw new UserError({ message: found.reason, hint: found.hint });
  return found;
}

/** Undefined where a lab can run on Docker. */
export async function engineProblem(): Promise<Refusal | undefined> {
  const found = await findEngine();
  return isRefusal(found) ? found : undefined;
}

/** As connectEngine, without throwing: for whoever asks out of curiosity (doctor, the choice of a runtime). */
export async function findEngine(socket?: string): Promise<Engine | Refusal> {
  const address = socket ? { socket } : engineAddress(dockerSettings());
  if (isRefusal(address)) return address;
  const { default: DockerClient } = await import('dockerode');
  const docker = new DockerClient({ socketPath: address.socket });
  let version: VersionAnswer;
  let info: InfoAnswer;
  try {
    // Its types know neither the option nor these fields.
    const ask = docker as unknown as Record<'version' | 'info', (options: object) => Promise<unknown>>;
    const options = { abortSignal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) };
    version = (await ask.version(options)) as VersionAnswer;
    info = (await ask.info(options)) as InfoAnswer;
  } catch (error) {
    return noAnswer(address, error);
  }
  explainSilence(
    docker,
    address.socket,
    `${howToStart(address)}; then ./lab down, since containers end with their engine`,
  );
  return (
    refuseEngine(version, info, process.platform) ?? {
      docker,
      socket: address.socket,
      version: version.Version,
      apiVersion: version.ApiVersion,
      minApiVersion: version.MinAPIVersion ?? '1.12',
      architecture: { x86_64: 'x64', aarch64: 'arm64' }[info.Architecture ?? ''] ?? info.Architecture ?? '',
      env: { DOCKER_HOST: `unix://${address.socket}` },
    }
  );
}

function noAnswer({ socket, from }: EngineAddress, error: unknown): Refusal {
  const { code, message } = error as NodeJS.ErrnoException;
  const where = from ? `${socket} (${from})` : socket;
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return {
        reason: `no permission to use the Docker engine's socket ${where}`,
        hint: 'sudo ./lab ..., or sudo usermod -aG docker "$USER" and log in again (who is in that group is as good as root)',
      };
    case 'ENOENT':
      return { reason: `no Docker engine: there is no socket ${where}`, hint: howToStart({ socket, from }) };
    case 'ECONNREFUSED':
      return { reason: `no Docker engine answers on ${where}`, hint: howToStart({ socket, from }) };
    default:
      return {
        reason: `the Docker engine on ${where} does not answer as one: ${message}`,
        hint: 'docker version may say more; sudo systemctl restart docker',
      };
  }
}

function howToStart({ socket, from }: EngineAddress): string {
  if (socket !== DEFAULT_SOCKET) {
    // Without a source it is the one that a lab was started on, whatever DOCKER_HOST says now.
    return from === 'DOCKER_HOST'
      ? 'start that engine, or unset DOCKER_HOST to use the one of the system'
      : `start that engine${from ? ', or docker context use default to use the one of the system' : ''}`;
  }
  const installed = ['/usr/sbin/dockerd', '/usr/bin/dockerd', '/usr/local/bin/dockerd'].some(existsSync);
  if (!installed) {
    return 'sudo apt-get install docker.io docker-compose (./lab up --runtime docker --install does it); or ./lab up --runtime netns';
  }
  return existsSync('/run/systemd/system')
    ? 'sudo systemctl start docker'
    : 'sudo dockerd, in another terminal';
}

/** The docker command line's settings. What cannot be read is as good as not there. */
function dockerSettings(): Parameters<typeof engineAddress>[0] {
  const { DOCKER_HOST, DOCKER_CONTEXT, DOCKER_CONFIG } = process.env;
  const folder = DOCKER_CONFIG || join(homedir(), '.docker');
  const { currentContext } = readJson<{ currentContext?: string }>(join(folder, 'config.json')) ?? {};
  return {
    env: { DOCKER_HOST, DOCKER_CONTEXT },
    currentContext,
    endpointOf: (context) => {
      // Contexts are kept in folders named by the digest of their name.
      const digest = createHash('sha256').update(context).digest('hex');
      const meta = readJson<{ Endpoints?: { docker?: { Host?: string } } }>(
        join(folder, 'contexts', 'meta', digest, 'meta.json'),
      );
      return meta?.Endpoints?.docker?.Host;
    },
  };
}

function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}
