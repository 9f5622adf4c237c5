// Which Compose brings a lab up: the plugin `docker compose` (version 2 or later), else `docker-compose`, of which 1.29 is
// the oldest that knows the Compose Specification. 1.29 speaks one API version only, which engine 29 no longer does.

import { execFile } from 'node:child_process';
import { UserError } from '../../base/errors.ts';
import type { Engine } from './engine.ts';
import { isRefusal, olderApi, type Refusal } from './engine-facts.ts';

export interface ComposeCommand {
  /** What to put before `-f FILE up`: `['docker', 'compose']` or `['docker-compose']`. */
  argv: string[];
  /** `1.29.2`, `2.40.3`. */
  version: string;
}

/** What `version --short` of each printed; undefined where there is none. */
export interface ComposeAnswers {
  plugin?: string;
  standalone?: string;
}

/** docker-py 5.0, on which docker-compose 1.29 stands (docker/constants.py: DEFAULT_DOCKER_API_VERSION). */
const API_OF_COMPOSE_1 = '1.41';
const VERSION_TIMEOUT_MS = 20_000;

/** A UserError with what to type where there is none that would do. Output of Compose goes with `env` of the engine. */
export async function findCompose(engine: Engine): Promise<ComposeCommand> {
  const chosen = await lookForCompose(engine);
  if (isRefusal(chosen)) throw new UserError({ message: chosen.reason, hint: chosen.hint });
  return chosen;
}

/** As findCompose, without throwing. */
export async function lookForCompose(
  engine: Pick<Engine, 'version' | 'minApiVersion'>,
): Promise<ComposeCommand | Refusal> {
  const plugin = await output('docker', ['compose', 'version', '--short']);
  // One is enough; docker-compose 1.29 is Python and takes half a second to say its version.
  const fromPlugin = chooseCompose({ plugin }, engine);
  if (!isRefusal(fromPlugin)) return fromPlugin;
  return chooseCompose(
    { plugin, standalone: await output('docker-compose', ['version', '--short']) },
    engine,
  );
}

/** Pure. */
export function chooseCompose(
  { plugin, standalone }: ComposeAnswers,
  engine: Pick<Engine, 'version' | 'minApiVersion'>,
): ComposeCommand | Refusal {
  const pluginVersion = parseVersion(plugin);
  if (pluginVersion && pluginVersion.major >= 2)
    return { argv: ['docker', 'compose'], version: pluginVersion.text };
  const found = parseVersion(standalone);
  if (!found) {
    return {
      reason: 'Docker Compose is not installed',
      hint: "sudo apt-get install docker-compose (Debian), docker-compose-v2 (Ubuntu) or docker-compose-plugin (Docker's own packages)",
    };
  }
  if (found.major >= 2) return { argv: ['docker-compose'], version: found.text };
  if (found.major < 1 || found.minor < 29) {
    return {
      reason: `docker-compose is ${found.text}, and a lab needs 1.29 or later`,
      hint: INSTALL_COMPOSE_2,
    };
  }
  if (olderApi(API_OF_COMPOSE_1, engine.minApiVersion)) {
    return {
      reason: `docker-compose ${found.text} speaks API ${API_OF_COMPOSE_1}, and engine ${engine.version} wants ${engine.minApiVersion} or later`,
      hint: INSTALL_COMPOSE_2,
    };
  }
  return { argv: ['docker-compose'], version: found.text };
}

const INSTALL_COMPOSE_2 =
  "install Compose version 2: sudo apt-get install docker-compose-plugin (Docker's own packages) or docker-compose-v2 (Ubuntu)";

function parseVersion(text = ''): { major: number; minor: number; text: string } | undefined {
  const match = /(\d+)\.(\d+)(?:\.\d+)?/.exec(text);
  return match ? { major: Number(match[1]), minor: Number(match[2]), text: match[0] } : undefined;
}

/** Asked once a process: `up` wants to know before it chooses a runtime, and again to use it. */
const said = new Map<string, Promise<string | undefined>>();

function output(command: string, args: string[]): Promise<string | undefined> {
  const known = said.get(command) ?? run(command, args);
  said.set(command, known);
  return known;
}

function run(command: string, args: string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: VERSION_TIMEOUT_MS, encoding: 'utf8' }, (error, stdout) =>
      resolve(error ? undefined : stdout),
    );
  });
}
