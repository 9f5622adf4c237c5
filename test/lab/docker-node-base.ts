// A stand-in for `node:24-bookworm-slim`, made of what the project has anyway, since the machine may reach no registry of
// images: Debian, the pinned Node.js, npm. With the certificates and the npm registry of this machine, as a company's
// own base would have them, or npm could reach nothing from inside a build behind a proxy that has its own authority.

import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PROJECT_FOLDER } from '../../src/base/project-folder.ts';
import type { Engine } from '../../src/runtimes/docker/engine.ts';
import { ensureBase } from '../../src/runtimes/docker/images/base-image.ts';

const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
/** Of Node.js 24. */
const NPM = 'npm@11';

/** `run` rejects when a command fails. */
export async function buildNodeBase(
  engine: Engine,
  tag: string,
  run: (command: string, ...args: string[]) => Promise<string>,
): Promise<void> {
  const debian = await ensureBase(engine);
  const folder = mkdtempSync(join(tmpdir(), 'catchment-node-base-'));
  try {
    const at = (path: string) => {
      mkdirSync(dirname(join(folder, 'root', path)), { recursive: true });
      return join(folder, 'root', path);
    };
    cpSync(
      join(PROJECT_FOLDER, `node_modules/node-linux-${engine.architecture}/bin/node`),
      at('usr/local/bin/node'),
    );
    // The registry's own package has all that npm needs; an installed one may be spread over the machine, as Debian's is.
    await run('npm', 'pack', NPM, '--silent', '--pack-destination', folder);
    const [archive = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
    mkdirSync(at('usr/local/lib/node_modules/npm'), { recursive: true });
    await run(
      'tar',
      ...['-xzf', join(folder, archive), '-C', at('usr/local/lib/node_modules/npm'), '--strip-components=1'],
    );
    symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', at('usr/local/bin/npm'));
    const registry = (await run('npm', 'config', 'get', 'registry')).trim();
    writeFileSync(at('usr/local/etc/npmrc'), `registry=${registry}\n`);
    if (existsSync(CERTIFICATES)) cpSync(CERTIFICATES, at(CERTIFICATES));
    writeFileSync(
      join(folder, 'Dockerfile'),
      `FROM ${debian.tag}\nCOPY root /\n${existsSync(CERTIFICATES) ? `ENV NODE_EXTRA_CA_CERTS=${CERTIFICATES}\n` : ''}`,
    );
    await run('docker', 'build', '--tag', tag, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
