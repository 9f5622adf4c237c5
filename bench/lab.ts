// `npm run bench:lab`: how long a lab takes to build, start, converge, answer and vanish, and what it weighs. Prints
// each figure beside its bar (anchors of the field, measured by hand on a machine of this kind) and appends a dated
// table to docs/performance.md with --write. Each figure is the best of --runs, all runs are printed. With --runtime docker
// images are built first, and what a changed source costs is measured too.

import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { PROJECT_FOLDER } from '../src/base/project-folder.ts';
import { generateTopology } from '../src/topology/generate.ts';

interface Figure {
  what: string;
  unit: string;
  /** The bar, in the same unit. */
  bar: number;
  runs: number[];
}

/** What `up --json` prints; stages in milliseconds. */
interface UpFacts {
  tookMs: number;
  stages: Record<string, number>;
}

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    write: { type: 'boolean', default: false },
    runtime: { type: 'string', default: 'netns' },
    only: { type: 'string' },
  },
});
const runs = Number(values.runs);
const scratch = mkdtempSync(join(tmpdir(), 'catchment-bench-'));
const environment = { ...process.env, CATCHMENT_LAB_DIR: join(scratch, 'labs'), NO_COLOR: '1' };
mkdirSync(environment.CATCHMENT_LAB_DIR);

const figures: Figure[] = [];
const record = (what: string, unit: string, bar: number, value: number) => {
  const figure = figures.find((each) => each.what === what);
  if (figure) figure.runs.push(value);
  else figures.push({ what, unit, bar, runs: [value] });
  console.log(`${what}: ${value.toFixed(2)} ${unit} (bar ${bar})`);
};

try {
  for (let run = 0; run < runs; run++) {
    if (values.runtime === 'docker') {
      benchDocker();
      continue;
    }
    if (!values.only || values.only === 'world') benchWorld();
    if (!values.only || values.only === 'routers') {
      benchRouters(40, { plumb: 0.4, converge: 1.5 });
      benchRouters(220, { total: 6 });
    }
  }
} finally {
  lab(['down', '--all', '--yes']);
  rmSync(scratch, { recursive: true, force: true });
}
const table = render();
console.log(`\n${table}`);
if (values.write) appendFileSync(join(PROJECT_FOLDER, 'docs/performance.md'), `\n${table}`);

/** The default lab, as a user types it. */
function benchWorld(): void {
  const up = lab(['up', 'world', '--json', '--no-compare', '--yes', '--runtime', values.runtime]);
  const { stages, tookMs } = JSON.parse(up.output) as UpFacts;
  // The launcher's share comes before the clock of `up` starts.
  const launcherMs = up.seconds * 1000 - tookMs;
  const fetching = Math.max(stages['routed'] ?? Number.NaN, stages['fetched'] ?? Number.NaN) + launcherMs;
  record(
    'up world, until all sessions are up and all clients fetch over both paths',
    's',
    8,
    fetching / 1000,
  );
  record('up world, until RTTs are measured over the final routes', 's', 10, up.seconds);
  record('second up', 's', 0.5, lab(['up', 'world', '--no-compare', '--yes']).seconds);
  record('status', 's', 0.3, lab(['status', '--json']).seconds);
  record('memory of the whole lab (PSS)', 'MB', 700, proportionalMemoryMb('world'));
  record('down', 's', 1, lab(['down']).seconds);
}

/** Containers: bars of the project's own. */
function benchDocker(): void {
  lab(['images']);
  if (!values.only || values.only === 'tiny') benchContainers('tiny', { up: 20, status: 1, down: 5 });
  if (!values.only || values.only === 'world') benchContainers('world', { up: 150, status: 2, down: 20 });
  if (!values.only || values.only === 'images') benchRebuild();
}

function benchContainers(topology: string, bars: { up: number; status: number; down: number }): void {
  // A name of its own: an engine has one project of a name, and a lab of the user's may be up.
  const command = ['up', topology, '--name', `bench-${topology}`, '--no-compare', '--runtime', 'docker'];
  const up = lab([...command, '--json']);
  const { stages } = JSON.parse(up.output) as UpFacts;
  record(`up ${topology}, until it is ready`, 's', bars.up, up.seconds);
  const until = (stage: string) => (stages[stage] ?? Number.NaN) / 1000;
  console.log(
    `  of that: checks and images ${until('building').toFixed(2)}, containers and links ${(until('plumbed') - until('building')).toFixed(2)}, routes and services ${(Math.max(until('routed'), until('announced')) - until('plumbed')).toFixed(2)} s`,
  );
  record(`second up of ${topology}`, 's', bars.status, lab(command).seconds);
  record(`status of ${topology}`, 's', bars.status, lab(['status', '--json']).seconds);
  const stats = JSON.parse(lab(['stats', '--json']).output) as { services: { memoryBytes: number }[] };
  const bytes = stats.services.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
  record(`memory of ${topology}'s containers`, 'MB', topology === 'world' ? 1600 : 400, bytes / 2 ** 20);
  record(`down of ${topology}`, 's', bars.down, lab(['down']).seconds);
}

/** A program's source changes: what `up` would wait for, the launcher's own bundling included. */
function benchRebuild(): void {
  const file = join(PROJECT_FOLDER, 'src/dns/main.ts');
  const source = readFileSync(file, 'utf8');
  try {
    writeFileSync(file, `${source}\nexport const changedAt = ${Date.now()};\n`);
    record('images after a change of a source', 's', 5, lab(['images']).seconds);
  } finally {
    writeFileSync(file, source);
    lab(['images', '--prune']);
  }
}

/** Routers only, shaping off: times from the lab's own events. */
function benchRouters(count: number, bars: { plumb?: number; converge?: number; total?: number }): void {
  const name = `routers-${count}`;
  const file = join(scratch, `${name}.yaml`);
  writeFileSync(file, stringify(generateTopology({ routers: count, seed: 1, name, routersOnly: true })));
  const up = lab(['up', file, '--json', '--no-compare', '--yes', '--shaping', 'off']);
  const { stages } = JSON.parse(up.output) as UpFacts;
  const plumb = ((stages['plumbed'] ?? Number.NaN) - (stages['building'] ?? Number.NaN)) / 1000;
  const converge = ((stages['routed'] ?? Number.NaN) - (stages['plumbed'] ?? Number.NaN)) / 1000;
  if (bars.plumb) record(`plumb ${count} routers`, 's', bars.plumb, plumb);
  if (bars.converge)
    record(`${count} BIRDs started and converged after plumbing`, 's', bars.converge, converge);
  if (bars.total)
    record(`${count} routers plumbed, started and converged`, 's', bars.total, plumb + converge);
  lab(['down', '--name', name]);
}

function lab(args: string[]): { seconds: number; output: string } {
  const startedAt = performance.now();
  const result = spawnSync(join(PROJECT_FOLDER, 'lab'), args, { env: environment, encoding: 'utf8' });
  const seconds = (performance.now() - startedAt) / 1000;
  if (result.status !== 0) throw new Error(`./lab ${args.join(' ')}: ${result.stderr}`);
  return { seconds, output: result.stdout };
}

/** Sum of proportional set sizes (proc(5), smaps_rollup) of every process in the lab's PID namespace. */
function proportionalMemoryMb(name: string): number {
  const statePath = join(environment.CATCHMENT_LAB_DIR, name, 'state.json');
  const { initPid } = JSON.parse(readFileSync(statePath, 'utf8')) as { initPid: number };
  const namespaceOf = (pid: string | number) => statLink(`/proc/${pid}/ns/pid`);
  const wanted = namespaceOf(initPid);
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && namespaceOf(entry) === wanted);
  const kilobytes = pids.map((pid) => {
    try {
      return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
    } catch {
      return 0; // it has ended meanwhile
    }
  });
  return kilobytes.reduce((sum, value) => sum + value, 0) / 1024;
}

function statLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function render(): string {
  const rows = figures.map(({ what, unit, bar, runs }) => {
    const best = Math.min(...runs);
    return `| ${what} | ${best.toFixed(2)} ${unit} | ${bar} ${unit} | ${(best / bar).toFixed(2)} | ${runs.map((value) => value.toFixed(2)).join(' ')} |`;
  });
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}`;
  return [
    `### Lab, ${values.runtime}, ${new Date().toISOString().slice(0, 10)} (${machine})`,
    '',
    '| what | best | bar | best / bar | all runs |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
