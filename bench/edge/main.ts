// `npm run bench:edge`: the edge beside nginx, Varnish, Traffic Server and Squid, in one run on one machine: throughput,
// herds, misses, large objects, memory, malformed requests; prints each figure beside its bar. Exit 1 when an answer is
// wrong or a server did not start, not when a bar is missed.

import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { UserError } from '../../src/base/errors.ts';
import { PROJECT_FOLDER } from '../../src/base/project-folder.ts';
import { type Figure, figureLine, machine, markdown, withSection } from '../support/figures.ts';
import { PARTS } from './parts.ts';
import { type Bench, prepareBench } from './prepare.ts';
import { killServers } from './server.ts';

const HEADING = '### Edge';

const USAGE = `usage: npm run bench:edge -- [options]
  --quick          fewer and shorter rounds
  --only a,b       of: ${Object.keys(PARTS).join(', ')}
  --json           figures as JSON on standard output, progress on standard error
  --write          put the figures into docs/performance.md
  --server FILE    another checkout's src/edge/main.ts`;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    server: { type: 'string', default: join(PROJECT_FOLDER, 'src/edge/main.ts') },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const say = values.json ? console.error : console.log;
const scratch = mkdtempSync(join(tmpdir(), 'catchment-bench-edge-'));
// Squid gives up root's rights before it reads its folder.
chmodSync(scratch, 0o755);
const clean = () => {
  killServers();
  rmSync(scratch, { recursive: true, force: true });
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    clean();
    process.exit(130);
  });
}

const figures: Figure[] = [];
const problems: string[] = [];
const record = (figure: Figure) => {
  figures.push(figure);
  say(figureLine(figure));
};
const tables: string[] = [];
const table = (text: string) => {
  tables.push(text);
};
let bench: Bench | undefined;
try {
  const wanted = values.only?.split(',') ?? Object.keys(PARTS);
  const main = resolve(values.server);
  bench = await prepareBench({ scratch, main, quick: values.quick, record, table, say, problems });
  for (const name of wanted) {
    const part = PARTS[name];
    if (!part) throw new UserError({ message: `no part ${name}`, hint: USAGE }, 2);
    say(`\n· ${name}`);
    try {
      await part(bench);
    } catch (error) {
      problems.push(`${name}: ${(error as Error).message}`);
      say(`  ${(error as Error).stack}`);
    }
  }
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
} finally {
  await bench?.origin.close();
  clean();
}
if (problems.length > 0) {
  say(`\nwrong:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  process.exitCode = 1;
}
const notes = ['`npm run bench:edge` writes this; ratios are medians over rounds of neighbouring seconds.'];
const document = [markdown(HEADING, figures, notes).trimEnd(), ...tables].join('\n\n');
if (values.json)
  console.log(
    JSON.stringify({ date: new Date().toISOString(), machine: machine(), figures, problems }, null, 2),
  );
else if (figures.length > 0) console.log(`\n${document}`);
if (values.write && problems.length === 0) {
  const file = join(PROJECT_FOLDER, 'docs/performance.md');
  writeFileSync(file, withSection(readFileSync(file, 'utf8'), HEADING, `${document.trimEnd()}\n`));
}
