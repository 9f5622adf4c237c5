// A lab's containers and networks as the engine knows them, found by their labels: what is there, and its removal, a few
// at a time (more at once are no faster, and have made engines lose count of a network's endpoints: moby#42119).

import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { ContainerInfo, ContainerInspectInfo } from 'dockerode';
import { UserError } from '../../base/errors.ts';
import { engineWords } from './engine-trouble.ts';
import {
  FOLDER_LABEL,
  LAB_LABEL,
  type LabIdentity,
  labelFilter,
  NODE_LABEL,
  SERVICE_LABEL,
} from './labels.ts';

/** Of everything that is started, stopped or removed. */
export const AT_A_TIME = 4;
const CHANGES = { concurrency: AT_A_TIME };
/** Questions cost the engine little. */
const QUESTIONS = { concurrency: 8 };

export interface LabContainer {
  id: string;
  /** `catchment-tiny_pop-fra_1`: for messages. */
  name: string;
  node: string;
  /** Absent on the container that owns the node's network namespace. */
  service?: string;
  state: ContainerInspectInfo['State'];
  restarts: number;
}

/** All of a lab's, in the order of their names; those that vanish while asked are left out. */
export async function labContainers(docker: Docker, lab: LabIdentity): Promise<LabContainer[]> {
  const listed = await docker.listContainers({ all: true, filters: labelFilter(lab) });
  const asked = Readable.from(listed).map(async ({ Id, Labels }: ContainerInfo) => {
    const inspected = await ignoreAbsence(docker.getContainer(Id).inspect());
    if (!inspected) return [];
    const { Name, State, RestartCount } = inspected;
    const service = Labels[SERVICE_LABEL];
    return [
      {
        id: Id,
        name: Name.replace(/^\//, ''),
        node: Labels[NODE_LABEL] ?? '',
        ...(service ? { service } : {}),
        state: State,
        restarts: RestartCount,
      } satisfies LabContainer,
    ];
  }, QUESTIONS);
  const found: LabContainer[][] = await asked.toArray();
  return found.flat().sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The id of one of them without looking at the others. */
export async function findContainer(
  docker: Docker,
  lab: LabIdentity,
  node: string,
  service?: string,
): Promise<string | undefined> {
  const { label } = labelFilter(lab);
  const wanted = [...label, `${NODE_LABEL}=${node}`, ...(service ? [`${SERVICE_LABEL}=${service}`] : [])];
  const found = await docker.listContainers({ all: true, filters: { label: wanted } });
  return found.find(({ Labels }) => Labels[SERVICE_LABEL] === service)?.Id;
}

/** A container whose removal the engine has begun for another command holds its network for a while. */
const REMOVED_WITHIN_MS = 30_000;
const AGAIN_AFTER_MS = 200;

/**
 * Removes all that carries the lab's labels, again until nothing is left; true when there was something. What an engine was
 * asked for by a Compose that was killed still comes: with `settleMs` it has to be empty for that long.
 */
export async function removeAll(docker: Docker, lab: LabIdentity, settleMs = 0): Promise<boolean> {
  const deadline = performance.now() + REMOVED_WITHIN_MS;
  let found = false;
  let emptySince: number | undefined;
  for (;;) {
    const { count, problems } = await removeOnce(docker, lab);
    if (count > 0) {
      found = true;
      emptySince = undefined;
      if (performance.now() > deadline) throw notRemoved(lab, problems);
      if (problems.length > 0) await sleep(AGAIN_AFTER_MS);
      continue;
    }
    emptySince ??= performance.now();
    if (performance.now() - emptySince >= settleMs) return found;
    await sleep(AGAIN_AFTER_MS);
  }
}

/** How many there were, and what could not be removed: one does not keep the others. */
async function removeOnce(docker: Docker, lab: LabIdentity): Promise<{ count: number; problems: Error[] }> {
  const filters = labelFilter(lab);
  const containers = await docker.listContainers({ all: true, filters });
  // Those in another's network namespace first: an engine may refuse to remove one that others depend on.
  const members = containers.filter(({ Labels }) => Labels[SERVICE_LABEL]);
  const owners = containers.filter(({ Labels }) => !Labels[SERVICE_LABEL]);
  const problems: Error[] = [];
  for (const group of [members, owners]) {
    problems.push(
      ...(await each(group, ({ Id }) => docker.getContainer(Id).remove({ force: true, v: true }))),
    );
  }
  const networks = await docker.listNetworks({ filters });
  problems.push(...(await each(networks, ({ Id }) => removeNetwork(docker, Id))));
  const volumes = (await docker.listVolumes({ filters })).Volumes ?? [];
  problems.push(...(await each(volumes, ({ Name }) => docker.getVolume(Name).remove())));
  return { count: containers.length + networks.length + volumes.length, problems };
}

/** Containers of others that somebody has connected to it live on without it. */
async function removeNetwork(docker: Docker, id: string): Promise<void> {
  const network = docker.getNetwork(id);
  const { Containers } = (await network.inspect()) as {
    Containers?: Record<string, { Name: string }> | null;
  };
  for (const [container, { Name }] of Object.entries(Containers ?? {})) {
    // An endpoint whose container is gone is known by its name only: what it is listed by is no container's id any more.
    for (const Container of [container, Name]) {
      await network.disconnect({ Container, Force: true }).catch(() => {}); // the removal says what is in its way
    }
  }
  await network.remove();
}

async function each<T>(items: T[], change: (item: T) => Promise<unknown>): Promise<Error[]> {
  const problems: Error[] = [];
  await Readable.from(items).forEach(async (item: T) => {
    await ignoreAbsence(change(item)).catch((error: Error) => {
      // Not the one's but the engine's: there is no use in asking for the others.
      if (error instanceof UserError) throw error;
      problems.push(error);
    });
  }, CHANGES);
  return problems;
}

function notRemoved({ name }: LabIdentity, problems: Error[]): UserError {
  const reasons = new Set(problems.map((problem) => engineWords(problem)));
  // By now they are none that can be disconnected; an engine counts them anew when it starts.
  const lostCount = [...reasons].some((reason) => reason.includes('has active endpoints'));
  return new UserError({
    message: `the engine does not remove all of lab ${name}: ${[...reasons].slice(0, 3).join('; ') || 'more of it comes again and again'}`,
    hint: `${lostCount ? 'restart the Docker engine, then ' : ''}./lab down --name ${name} again; docker ps -a --filter label=${LAB_LABEL}=${name} shows what is left`,
  });
}

/** Folders of the labs whose containers or networks use that project name, as Compose labels them; undefined for what is no lab. */
export async function foldersOfProject(docker: Docker, project: string): Promise<Set<string | undefined>> {
  const filters = { label: [`com.docker.compose.project=${project}`] };
  const containers = await docker.listContainers({ all: true, filters });
  const networks = await docker.listNetworks({ filters });
  return new Set([...containers, ...networks].map(({ Labels }) => Labels?.[FOLDER_LABEL]));
}

/** Gone meanwhile, or already being removed: as was wanted. */
async function ignoreAbsence<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    const { statusCode, message = '' } = error as { statusCode?: number; message?: string };
    if (statusCode === 404 || (statusCode === 409 && /already in progress/.test(message))) return undefined;
    throw error;
  }
}
