// Whether an engine will do for a lab, decided from what it says of itself (`GET /version`, `GET /info` of the Docker
// Engine API). Pure, so that engines which cannot be had here (Docker Desktop, rootless) are refused by their recorded words.

/** Why not, one sentence, and what to type. */
export interface Refusal {
  reason: string;
  hint: string;
}

export function isRefusal(value: object): value is Refusal {
  return 'reason' in value && 'hint' in value;
}

/** What is read of `GET /version`. */
export interface VersionAnswer {
  Version: string;
  ApiVersion: string;
  MinAPIVersion?: string;
  Components?: { Name: string }[];
}

/** What is read of `GET /info`. */
export interface InfoAnswer {
  OSType?: string;
  OperatingSystem?: string;
  Architecture?: string;
  SecurityOptions?: string[] | null;
}

/** Engine 20.10, the oldest that is tested. */
const OLDEST_API = '1.41';
const USE_NETNS = './lab up --runtime netns needs no engine';

/** `platform` is process.platform of this side. */
export function refuseEngine(
  version: VersionAnswer,
  info: InfoAnswer,
  platform: string,
): Refusal | undefined {
  if (version.Components?.some(({ Name }) => Name.startsWith('Podman'))) {
    return {
      reason: "Podman answers on the engine's socket, and its networks and builds differ from Docker's",
      hint: `install Docker (sudo apt-get install docker.io docker-compose), or ${USE_NETNS}`,
    };
  }
  if (info.OSType !== undefined && info.OSType !== 'linux') {
    return {
      reason: `the engine runs ${info.OSType} containers, and a lab is made of Linux ones`,
      hint: 'switch it to Linux containers',
    };
  }
  if (platform !== 'linux' || info.OperatingSystem?.includes('Docker Desktop')) {
    const name = info.OperatingSystem?.includes('Docker Desktop') ? 'Docker Desktop' : 'an engine';
    return {
      reason: `${name} ${platform === 'linux' ? 'runs' : `on ${platform} runs`} its containers in a virtual machine, where the UNIX sockets of a lab's services cannot be reached from here`,
      hint:
        platform === 'linux'
          ? `docker context use default, with docker.io installed; or ${USE_NETNS}`
          : 'run ./lab inside a Linux virtual machine (Debian 12 is the one tried)',
    };
  }
  if (hasSecurityOption(info, 'rootless')) {
    return {
      reason:
        'the engine is rootless: users in its containers are other users on this machine, so that the sockets of a lab and its link devices cannot be handed over',
      hint: `use the engine of the system (docker context use default, unset DOCKER_HOST); or ${USE_NETNS}, and no root`,
    };
  }
  if (hasSecurityOption(info, 'userns')) {
    return {
      reason:
        'the engine maps users (userns-remap): services could not write into the folders of a lab, which belong to you',
      hint: `take userns-remap out of /etc/docker/daemon.json; or ${USE_NETNS}`,
    };
  }
  if (olderApi(version.ApiVersion, OLDEST_API)) {
    return {
      reason: `the engine is ${version.Version} (API ${version.ApiVersion}), and a lab needs 20.10 or later (API ${OLDEST_API})`,
      hint: 'https://docs.docker.com/engine/install/ has newer ones',
    };
  }
  return undefined;
}

/** Is API version `a` older than `b`? Both `1.41`. */
export function olderApi(a: string, b: string): boolean {
  const [aMajor = 0, aMinor = 0] = a.split('.').map(Number);
  const [bMajor = 0, bMinor = 0] = b.split('.').map(Number);
  return aMajor < bMajor || (aMajor === bMajor && aMinor < bMinor);
}

function hasSecurityOption(info: InfoAnswer, name: string): boolean {
  return (info.SecurityOptions ?? []).some((option) => option.split(',').includes(`name=${name}`));
}
