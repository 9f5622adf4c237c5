// A base image from Debian packages, where no registry can be reached (debootstrap(8)): a minimal Debian in a folder, made
// slim as Debian's own slim image is, and imported. All of it in a mount and PID namespace of its own and one temporary
// folder, so that nothing is left mounted or lying about when it is interrupted.

import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../../base/errors.ts';
import { PROJECT_FOLDER } from '../../../base/project-folder.ts';
import type { Engine } from '../engine.ts';
import { type BaseOptions, DEBIAN_RELEASE, OWN_BASE, PUBLIC_BASE } from './base-image.ts';
import { debianSources } from './debian-sources.ts';
import { followStream } from './follow-stream.ts';
import { ROLE_LABEL } from './plan-images.ts';
import { withTarOf } from './tar-folder.ts';

/** Half a gigabyte for a while: not /tmp, which may be memory, or mounted without device files and programs. */
const TEMPORARY_FOLDER = '/var/tmp';
const LOG = '.lab/.launcher/debootstrap.log';

/** What Debian's slim images leave out (their /etc/dpkg/dpkg.cfg.d/docker), kept out of what is installed later too. */
const SLIM_PATHS = [
  '/usr/share/doc',
  '/usr/share/man',
  '/usr/share/info',
  '/usr/share/locale',
  '/usr/share/lintian',
];

/** `pullError` is why it had to be made. */
export async function importDebootstrapped(
  { docker }: Engine,
  { pullError, onLine, signal }: Pick<BaseOptions, 'onLine' | 'signal'> & { pullError: string },
): Promise<void> {
  refuseWhereImpossible(pullError);
  const { mirror, sourcesList } = debianSources(aptSources(), DEBIAN_RELEASE);
  onLine?.(
    `no registry can be reached: making the base image from Debian packages (${mirror}, about a minute)`,
    'done',
  );
  onLine?.(`debootstrap ${DEBIAN_RELEASE}`, 'doing');
  const folder = mkdtempSync(join(TEMPORARY_FOLDER, 'catchment-base-'));
  try {
    const root = join(folder, 'root');
    await runDebootstrap(root, mirror, signal);
    makeSlim(root, sourcesList);
    const changes = [
      'CMD ["bash"]',
      `LABEL ${ROLE_LABEL}=base org.opencontainers.image.title="Catchment base" org.opencontainers.image.description="Debian ${DEBIAN_RELEASE} by debootstrap"`,
    ];
    await importFolder(docker, root, changes, signal);
    onLine?.(`made ${OWN_BASE}`, 'done');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function refuseWhereImpossible(pullError: string): void {
  const message = `the base image ${PUBLIC_BASE} is not here, and no registry gives it (${pullError.trim()})`;
  const otherwise = `or bring it here: docker save ${PUBLIC_BASE} on another machine, docker load on this one`;
  if (process.getuid?.() !== 0) {
    throw new UserError({
      message: `${message}; making it from Debian packages takes root`,
      hint: `sudo ./lab images, once; ${otherwise}`,
    });
  }
  if (!existsSync('/usr/sbin/debootstrap')) {
    throw new UserError({
      message: `${message}; making it from Debian packages takes debootstrap`,
      hint: `apt-get install debootstrap, then the same command again; ${otherwise}`,
    });
  }
}

function aptSources(): string[] {
  const folder = '/etc/apt/sources.list.d';
  const parts = existsSync(folder) ? readdirSync(folder).sort() : [];
  return ['/etc/apt/sources.list', ...parts.map((name) => join(folder, name))].flatMap((path) => {
    try {
      return [readFileSync(path, 'utf8')];
    } catch {
      return [];
    }
  });
}

async function runDebootstrap(root: string, mirror: string, signal?: AbortSignal): Promise<void> {
  // In namespaces of its own: what it mounts goes with it, and killing its first process ends all of it.
  const isolated = ['--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private'];
  const child = spawn(
    'unshare',
    [...isolated, 'debootstrap', '--variant=minbase', '--force-check-gpg', DEBIAN_RELEASE, root, mirror],
    { stdio: ['ignore', 'pipe', 'pipe'], signal, killSignal: 'SIGKILL' },
  );
  const { code, text } = await ended(child, signal);
  if (code === 0) return;
  const log = join(PROJECT_FOLDER, LOG);
  try {
    mkdirSync(join(log, '..'), { recursive: true });
    writeFileSync(log, text);
  } catch {
    // A checkout of somebody else: the last lines must do.
  }
  throw new UserError({
    message: `debootstrap could not make the base image from ${mirror}`,
    found: `\n${text
      .trim()
      .split('\n')
      .slice(-5)
      .map((line) => `    ${line}`)
      .join('\n')}`,
    hint: `can this machine reach ${mirror}? (apt-get update); all of it: ${LOG}`,
  });
}

/** Never rejects for an exit code; does for an abort, after the process has ended. */
function ended(child: ChildProcess, signal?: AbortSignal): Promise<{ code: number | null; text: string }> {
  return new Promise((resolve, reject) => {
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
    }
    child.on('error', (error) => {
      if (child.pid === undefined) reject(error);
    });
    child.on('close', (code) => {
      if (signal?.aborted) reject(signal.reason);
      else resolve({ code, text });
    });
  });
}

function makeSlim(root: string, sourcesList: string): void {
  const write = (path: string, content: string, mode = 0o644) => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), content, { mode });
  };
  for (const path of ['/var/cache/apt', '/var/lib/apt/lists', '/var/log']) {
    rmSync(join(root, path), { recursive: true, force: true });
    mkdirSync(join(root, path));
  }
  // Licences stay, as they must.
  const copyrights = join(root, 'usr/share/doc');
  for (const entry of readdirSync(copyrights)) {
    const folder = join(copyrights, entry);
    for (const file of readdirSync(folder)) {
      if (file !== 'copyright') rmSync(join(folder, file), { recursive: true, force: true });
    }
  }
  for (const path of SLIM_PATHS.slice(1)) {
    rmSync(join(root, path), { recursive: true, force: true });
    mkdirSync(join(root, path));
  }
  write(
    '/etc/dpkg/dpkg.cfg.d/slim',
    `${SLIM_PATHS.map((path) => `path-exclude ${path}/*`).join('\n')}\npath-include /usr/share/doc/*/copyright\n`,
  );
  write('/etc/apt/sources.list', sourcesList);
  write('/etc/apt/apt.conf.d/slim', 'Acquire::Languages "none";\nAPT::Install-Recommends "false";\n');
  // Packages start no service in a build (Debian's policy-rc.d specification).
  write('/usr/sbin/policy-rc.d', '#!/bin/sh\nexit 101\n', 0o755);
  // Those of this machine, which debootstrap copied.
  write('/etc/resolv.conf', '');
  write('/etc/hostname', 'localhost\n');
}

async function importFolder(
  docker: Engine['docker'],
  root: string,
  changes: string[],
  signal?: AbortSignal,
): Promise<void> {
  const [repo, tag] = OWN_BASE.split(':');
  await withTarOf(root, (stream) => {
    // dockerode sends one value for `changes`; the engine takes instructions apart at line ends.
    const options = { repo, tag, changes: changes.join('\n'), abortSignal: signal };
    return followStream(docker, docker.importImage(stream, options), { signal });
  });
}
