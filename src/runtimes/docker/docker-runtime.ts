// The docker runtime: a lab is a compose file, Compose starts its containers, and the engine is asked for all the rest.

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../base/errors.ts';
import { chooseShaping } from '../../shaping/io/detect-netem.ts';
import { labNames, lockFolder, removeLabFiles, writePlan } from '../lab-files.ts';
import { labFolder } from '../lab-folder.ts';
import { RELAY_NODE, type Runtime } from '../runtime.ts';
import { addressPlan, chooseBlock, DEFAULT_POOL, POOL_VARIABLE } from './address-plan.ts';
import { findCompose, lookForCompose } from './compose-command.ts';
import { CONTAINER_PATHS, startSequence } from './compose-file.ts';
import { lastWords } from './container-logs.ts';
import { PLUMBED_FILE } from './container-paths.ts';
import { foldersOfProject, labContainers, removeAll } from './containers.ts';
import { dockerLab } from './docker-lab.ts';
import { connectEngine, type Engine, findEngine } from './engine.ts';
import { isRefusal } from './engine-facts.ts';
import { countStarts, recordEvent } from './events.ts';
import { ensureImages } from './images/ensure-images.ts';
import {
  COMPOSE_FILE,
  containerFiles,
  labComposeFile,
  makeReadable,
  ORDER_FILE,
  writeComposeFiles,
} from './lab-files.ts';
import { readRecord, removeRecord, writeRecord } from './lab-record.ts';
import { composeUp, projectName } from './project.ts';
import { makeRunFolders, removeRunFolders, runFolder } from './run-folders.ts';

/** After Compose is done, for the last nodes to make their links. */
const PLUMBED_WITHIN_MS = 30_000;
/** What a Compose that was ended has asked the engine for may come so much later: making a container takes 0.1 s alone. */
const SETTLE_MS = 1000;

export const dockerRuntime: Runtime = {
  name: 'docker',

  async unavailable() {
    const engine = await findEngine();
    if (isRefusal(engine)) return engine;
    const compose = await lookForCompose(engine);
    return isRefusal(compose) ? compose : undefined;
  },

  async up(plan, { shaping: wanted, onEvent, signal }) {
    const engine = await connectEngine();
    const compose = await findCompose(engine);
    const shaping = await chooseShaping(wanted);
    const identity = { name: plan.name, folder: labFolder(plan.name).root };
    refuseUnmountable(identity.folder);
    await refuseForeignProject(engine, plan.name, identity.folder);
    signal?.throwIfAborted();
    const tell = (kind: string, message: string) =>
      onEvent?.({ ...recordEvent(plan.name, kind, undefined, message), progress: true });

    const doing = (message: string) => onEvent?.({ at: new Date().toISOString(), kind: 'waiting', message });

    lockFolder(plan.name);
    try {
      await this.down(plan.name); // what a killed lab left
      const images = await ensureImages(engine, { ...(onEvent && { onEvent }), ...(signal && { signal }) });
      signal?.throwIfAborted();
      const pool = process.env[POOL_VARIABLE] ?? DEFAULT_POOL;
      const addresses = addressPlan(chooseBlock(pool, await prefixesInUse(engine)));
      const file = labComposeFile(plan, { shaping, addresses, images });
      const nodes = [...plan.nodes.map(({ name }) => name), ...(shaping === 'relay' ? [RELAY_NODE] : [])];
      const record = { shaping, startedAt: new Date().toISOString(), engine: engine.socket };
      writeRecord(plan.name, { ...record, state: 'starting' });
      writePlan(
        { ...plan, files: [...plan.files, ...containerFiles(plan, shaping, addresses)] },
        shaping,
        () => CONTAINER_PATHS,
      );
      makeReadable(labFolder(plan.name).files);
      makeRunFolders(plan.name, nodes);
      writeComposeFiles(plan, file);

      const started = performance.now();
      const elapsed = () => `${((performance.now() - started) / 1000).toFixed(2)} s`;
      const total = startSequence(file).length;
      tell('building', `${plan.nodes.length} nodes and ${plan.links.length} links in ${total} containers`);
      const composed = new AbortController();
      const counting = countStarts(
        engine.docker,
        identity,
        (count) => doing(`${count} of ${total} containers`),
        composed.signal,
      ).catch(() => {}); // only for show
      await composeUp(compose, engine, {
        project: projectName(plan.name),
        folder: identity.folder,
        files: [COMPOSE_FILE, ORDER_FILE],
        ...(signal && { signal }),
      }).finally(() => composed.abort());
      await counting;
      await waitUntilPlumbed(engine, identity, nodes, signal);
      tell('plumbed', `${plan.nodes.length} nodes and ${plan.links.length} links in ${elapsed()}`);
      writeRecord(plan.name, { ...record, state: 'started' });
      tell('started', `${total} containers started after ${elapsed()}`);
      return dockerLab(plan.name);
    } catch (error) {
      await this.down(plan.name).catch((left: unknown) => {
        throw withProblem(error, left);
      });
      throw error;
    } finally {
      rmSync(labFolder(plan.name).lock, { force: true });
    }
  },

  async find(name) {
    return readRecord(name) ? dockerLab(name) : undefined;
  },

  async list() {
    return labNames().filter((name) => readRecord(name) !== undefined);
  },

  async down(name) {
    const record = readRecord(name);
    const folder = labFolder(name);
    // Without a record something may be there still: a lab whose folder was deleted.
    const engine = record ? await engineOf(record.engine, folder.root) : await findEngine();
    const settleMs = record?.state === 'starting' ? SETTLE_MS : 0;
    const removed = isRefusal(engine)
      ? false
      : await removeAll(engine.docker, { name, folder: folder.root }, settleMs);
    if (!record && !removed) return false;
    removeRunFolders(name);
    for (const file of [COMPOSE_FILE, ORDER_FILE, '.env', 'change.lock'])
      rmSync(join(folder.root, file), { force: true });
    removeLabFiles(name);
    removeRecord(name);
    return true;
  },
};

/** The one that a lab was started on. */
async function engineOf(socket: string, folder: string): Promise<Engine> {
  const engine = await findEngine(socket);
  if (!isRefusal(engine)) return engine;
  throw new UserError({
    message: `what the lab has left cannot be removed: ${engine.reason}`,
    hint: `${engine.hint}; if that engine is gone for good: rm -r ${folder}`,
  });
}

/** Both as one: why it did not work, and why something of it is left. */
function withProblem(error: unknown, left: unknown): unknown {
  if (!(error instanceof UserError) || !(left instanceof UserError)) return error;
  if (error.message === left.message) return error;
  return new UserError([...error.problems, ...left.problems], error.exitCode, { cause: left });
}

/** Mounts are written SOURCE:TARGET. */
function refuseUnmountable(folder: string): void {
  if (!folder.includes(':')) return;
  throw new UserError({
    message: `containers cannot mount the lab's folder ${folder}: its path has a colon in it`,
    hint: 'CATCHMENT_LAB_DIR=/some/other/folder ./lab up --runtime docker',
  });
}

/** Two checkouts that share an engine, or something of Compose that is no lab. */
async function refuseForeignProject(engine: Engine, name: string, folder: string): Promise<void> {
  const others = await foldersOfProject(engine.docker, projectName(name));
  others.delete(folder);
  if (others.size === 0) return;
  const [lab] = [...others].filter((other) => other !== undefined);
  const project = projectName(name);
  throw new UserError({
    message: `the name ${name} is in use: the Compose project ${project} belongs to ${lab ? `the lab of another checkout, in ${lab}` : 'something that is no lab'}`,
    hint: `--name another-name, or end that one first: ${lab ? `./lab down --name ${name} in its checkout` : `docker compose --project-name ${project} down`}`,
  });
}

/** What this machine routes itself, and what Docker has given to networks, so that no two overlap. */
async function prefixesInUse({ docker }: Engine): Promise<string[]> {
  const networks = await docker.listNetworks();
  const ofDocker = networks.flatMap(({ IPAM }) => (IPAM?.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []));
  return [...ofDocker, ...hostRoutes(readFileSync('/proc/net/route', 'utf8'))];
}

/** Prefixes of /proc/net/route (hexadecimal, little-endian words), without the default route. */
export function hostRoutes(table: string): string[] {
  return table
    .trim()
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, destination = '', , , , , , mask = ''] = line.split(/\s+/);
      const bytes = Buffer.from(destination, 'hex').reverse();
      const length = Buffer.from(mask, 'hex').reduce((sum, byte) => sum + bitsOf(byte), 0);
      return bytes.length === 4 && length > 0 ? [`${bytes.join('.')}/${length}`] : [];
    });
}

function bitsOf(byte: number): number {
  return byte.toString(2).replaceAll('0', '').length;
}

/** Every node tells by a file that its links are there; one that cannot make them ends, and its log says why. */
async function waitUntilPlumbed(
  engine: Engine,
  lab: { name: string; folder: string },
  nodes: string[],
  signal?: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + PLUMBED_WITHIN_MS;
  for (;;) {
    signal?.throwIfAborted();
    const missing = nodes.filter((node) => !existsSync(join(runFolder(lab.name, node), PLUMBED_FILE)));
    if (missing.length === 0) return;
    const containers = await labContainers(engine.docker, lab);
    const dead = containers.find(
      ({ node, service, state }) => !service && missing.includes(node) && !state.Running,
    );
    if (dead || Date.now() > deadline) {
      const node = dead?.node ?? missing[0] ?? '';
      const id = dead?.id ?? containers.find((each) => each.node === node && !each.service)?.id;
      const log = id ? await lastWords(engine.docker, id, 5) : '';
      throw new UserError({
        message: `node ${node} could not make its links${log ? `: ${log}` : ''}`,
        hint: './lab doctor says what this machine offers; --shaping off needs the least of it',
      });
    }
    await sleep(50);
  }
}
