// A lab's containers and networks as the engine knows them, found by their labels: what is there, and its removal, a few
// at a time (more at once are no faster, and have made engines lose count of a network's endpoints: moby#42119).

import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { ContainerInfo, ContainerInspectInfo } from 'dockerode';
import { FOLDER_LABEL, type LabIdentity, labelFilter, NODE_LABEL, SERVICE_LABEL } from './labels.ts';

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

/** Removes all that carries the lab's labels; true when there was something. */
export async function removeAll(docker: Docker, lab: LabIdentity): Promise<boolean> {
  const filters = labelFilter(lab);
  const containers = await docker.listContainers({ all: true, filters });
  // Those in another's network namespace first: an engine may refuse to remove one that others depend on.
  const members = containers.filter(({ Labels }) => Labels[SERVICE_LABEL]);
  const owners = containers.filter(({ Labels }) => !Labels[SERVICE_LABEL]);
  for (const group of [members, owners]) {
    await each(group, ({ Id }) => docker.getContainer(Id).remove({ force: true, v: true }));
  }
  const networks = await docker.listNetworks({ filters });
  await each(networks, ({ Id }) => docker.getNetwork(Id).remove());
  const volumes = (await docker.listVolumes({ filters })).Volumes ?? [];
  await each(volumes, ({ Name }) => docker.getVolume(Name).remove());
  return containers.length + networks.length + volumes.length > 0;
}

async function each<T>(items: T[], change: (item: T) => Promise<unknown>): Promise<void> {
  await Readable.from(items).forEach(async (item: T) => void (await ignoreAbsence(change(item))), CHANGES);
}

/** Folders of the labs whose containers or networks use that project name, as Compose labels them. */
export async function foldersOfProject(docker: Docker, project: string): Promise<Set<string>> {
  const filters = { label: [`com.docker.compose.project=${project}`] };
  const containers = await docker.listContainers({ all: true, filters });
  const networks = await docker.listNetworks({ filters });
  return new Set(
    [...containers, ...networks].map(({ Labels }) => Labels?.[FOLDER_LABEL] ?? 'something that is no lab'),
  );
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
