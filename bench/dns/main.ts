// `npm run bench:dns`: the GeoDNS server beside gdnsd, Knot, PowerDNS, BIND, dns2 and a bare socket of node:dgram, in one
// run on one machine. Checks answers first, then CPU, latency, reloads, memory and failover; prints each figure beside its
// bar. Exit 1 when an answer is wrong or a server did not start, not when a bar is missed.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { UserError } from '../../src/base/errors.ts';
import { PROJECT_FOLDER } from '../../src/base/project-folder.ts';
import { type Figure, figureLine, machine, markdown, withSection } from '../support/figures.ts';
import { PARTS } from './parts.ts';
import { prepareBench } from './prepare.ts';
import { restorePriority } from './priority.ts';
import { killServers } from './server.ts';

const USAGE = `usage: npm run bench:dns -- [options]
  --quick          fewer and shorter rounds
  --only a,b       of: ${Object.keys(PARTS).join(', ')}
  --json           figures as JSON on standard output, progress on standard error
  --write          put the figures into docs/performance.md
  --server FILE    another checkout's src/dns/main.ts`;

const HEADING = '### GeoDNS server';

/** Mean of 15 minutes; the bench itself keeps two processors half busy. */
const BUSY_LOAD = 3;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    server: { type: 'string', default: join(PROJECT_FOLDER, 'src/dns/main.ts') },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const say = values.json ? console.error : console.log;
const scratch = mkdtempSync(join(tmpdir(), 'catchment-bench-dns-'));
const clean = () => {
  killServers();
  restorePriority();
  rmSync(scratch, { recursive: true, force: true });
};
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
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
try {
  const wanted = values.only?.split(',') ?? Object.keys(PARTS);
  const bench = await prepareBench({
    scratch,
    main: resolve(values.server),
    quick: values.quick,
    record,
    say,
    problems,
  });
  for (const name of wanted) {
    const part = PARTS[name];
    if (!part) throw new UserError({ message: `no part ${name}`, hint: USAGE }, 2);
    say(`\n· ${name}`);
    try {
      await part(bench);
    } catch (error) {
      problems.push(`${name}: ${(error as Error).message}`);
      say(`  ${(error as Error).message}`);
    }
  }
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
} finally {
  clean();
}
if (problems.length > 0) {
  say(`\nwrong:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  process.exitCode = 1;
}
if (values.json)
  console.log(
    JSON.stringify({ date: new Date().toISOString(), machine: machine(), figures, problems }, null, 2),
  );
else if (figures.length > 0) console.log(`\n${markdown(HEADING, figures, [])}`);
if (values.write && problems.length === 0) {
  const file = join(PROJECT_FOLDER, 'docs/performance.md');
  const notes = [
    '`npm run bench:dns` writes this section; ratios are medians over pairs of neighbouring seconds.',
  ];
  if ((loadavg()[2] ?? 0) > BUSY_LOAD)
    notes.push(
      'The machine had other work: ratios of CPU stand, but times and rates (latency, reloads, two threads) say more of that work than of the servers, met or not.',
    );
  writeFileSync(file, withSection(readFileSync(file, 'utf8'), HEADING, markdown(HEADING, figures, notes)));
}
