// The supervisor of one lab on the netns runtime: runs in the lab's own namespaces (see ../init.ts), builds nodes and
// links, starts the services and keeps them running, breaks things on demand and says what is so. It decides
// nothing: the plan does. Killing it (or its parent, the init of the PID namespace) ends every process of the lab.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepHeapSmall } from '../../../base/io/keep-heap-small.ts';
import { setDrained } from '../../drain-file.ts';
import { Failures, type ServiceControl } from '../../failures.ts';
import { labFolder } from '../../lab-folder.ts';
import type { LabPlan } from '../../lab-plan.ts';
import { LinkTable } from '../../link-table.ts';
import { expandArgv } from '../../placeholders.ts';
import { labStatus } from '../../plan-status.ts';
import type { FailMode, LabStatus, LinkChange, ServiceStatus, Target } from '../../runtime.ts';
import { checkService } from '../../service-health.ts';
import { netnsPaths, nodeRunFolder, SUPERVISOR_SOCKET } from '../paths.ts';
import { plumbingScript } from '../plumbing.ts';
import { serveApi } from './api.ts';
import { createEventLog } from './event-log.ts';
import { relayShaper, runCommands, type StartedShaper, tcShaper } from './link-shaper.ts';
import { processStats } from './process-stats.ts';
import { ServiceProcess } from './service-process.ts';
import { runShell } from './shell.ts';

const [labName = '', shapingName = 'relay'] = process.argv.slice(2);
const folder = labFolder(labName);
const plan = JSON.parse(readFileSync(folder.plan, 'utf8')) as LabPlan;
const shaping = shapingName as LabStatus['shaping'];
const events = createEventLog(folder.events);
const startedAt = new Date().toISOString();
let state: LabStatus['state'] = 'starting';
const services: ServiceProcess[] = [];
let failures: Failures | undefined;
let links: LinkTable | undefined;
let shaper: StartedShaper | undefined;

const handlers = {
  'GET /status': () => status(),
  'GET /stats': () => processStats(services),
  'POST /fail': (body: unknown) => {
    const { target, how } = body as { target: Target; how: FailMode };
    return running(failures).fail(target, how);
  },
  'POST /restore': (body: unknown) => running(failures).restore((body as { target: Target }).target),
  'POST /link': (body: unknown) => {
    const { link, change } = body as { link: string; change: LinkChange };
    return running(links).change(link, change);
  },
};

await main().catch((error) => {
  events.add('failed-to-start', undefined, error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
  // Leaves the event to the followers, then ends the lab: init waits for this process.
  setTimeout(() => process.exit(1), 200);
});

async function main(): Promise<void> {
  await serveApi(SUPERVISOR_SOCKET, handlers, events);
  process.on('uncaughtException', (error) => events.add('supervisor-error', undefined, String(error.stack)));
  const t0 = performance.now();
  const elapsed = () => `${((performance.now() - t0) / 1000).toFixed(2)} s`;
  events.add('building', undefined, `${plan.nodes.length} nodes and ${plan.links.length} links`);
  writeNodeFiles();
  await runShell(plumbingScript(plan, shaping === 'relay' ? 'relay' : 'direct'));
  shaper = shaping === 'relay' ? relayShaper(plan, events) : tcShaper(plan, shaping);
  // Links are shaped before routing starts, so that the first BGP messages already take the real time.
  await shaper.start();
  const onEvent = events.add;
  links = new LinkTable(plan, { shaper, runCommands, onEvent });
  events.add(
    'plumbed',
    undefined,
    `${plan.nodes.length} nodes and ${plan.links.length} links in ${elapsed()}`,
  );
  createServices();
  failures = new Failures(plan, {
    links,
    services: serviceControl(),
    setDrained: (node, drained) => setDrained(nodeRunFolder(node), drained),
    onEvent,
  });
  for (const service of services) service.start();
  state = 'ready';
  keepHeapSmall();
  events.add('started', undefined, `${services.length} processes started after ${elapsed()}`);
}

function serviceControl(): ServiceControl {
  const find = (node: string, service: string) =>
    services.find((each) => each.node === node && each.service.name === service);
  return {
    hold: (node, service) => find(node, service)?.hold(),
    pause: (node, service) => find(node, service)?.pause(),
    release: (node, service) => find(node, service)?.release(),
  };
}

function pathsOf(node: string) {
  return netnsPaths(folder.files, node);
}

/** Each node's own hosts and resolv.conf, bound over /etc by `exec`. */
function writeNodeFiles(): void {
  for (const node of plan.nodes) {
    const run = nodeRunFolder(node.name);
    mkdirSync(run, { recursive: true });
    writeFileSync(join(run, 'hosts'), node.hosts);
    writeFileSync(join(run, 'resolv.conf'), node.resolvConf);
  }
}

/** BIRDs first: routing converges while the Node.js services still start. */
function createServices(): void {
  const order = (name: string) => (name === 'bird' ? 0 : name === 'unbound' ? 1 : 2);
  const planned = plan.nodes.flatMap((node) => node.services.map((service) => ({ node, service })));
  planned.sort((x, y) => order(x.service.name) - order(y.service.name));
  for (const { node, service } of planned) {
    const logFile = join(folder.logs, node.name, `${service.name}.log`);
    services.push(
      new ServiceProcess(node.name, service, expandArgv(service.argv, pathsOf(node.name)), logFile, events),
    );
  }
}

async function status(): Promise<LabStatus> {
  const found = await Promise.all(services.map(serviceStatus));
  const byNode = Map.groupBy(found, ({ node }) => node);
  return labStatus(plan, {
    runtime: 'netns',
    shaping,
    state,
    startedAt,
    services: new Map([...byNode].map(([node, each]) => [node, each.map(({ status }) => status)])),
    links: links?.status() ?? [],
    failures: failures?.current ?? new Map(),
    working: shaper?.working === true,
  });
}

async function serviceStatus(process: ServiceProcess): Promise<{ node: string; status: ServiceStatus }> {
  const { node, service, state, pid, restarts } = process;
  const base = { name: service.name, state, pid, restarts };
  if (state !== 'running') {
    return { node, status: { ...base, healthy: false, reason: process.lastExit ?? 'not started' } };
  }
  if (process.paused)
    return { node, status: { ...base, healthy: false, reason: 'held by ./lab fail (silent)' } };
  return { node, status: { ...base, ...(await checkService(service.health, pathsOf(node))) } };
}

function running<T>(part: T | undefined): T {
  if (!part) throw new Error('the lab is still starting');
  return part;
}
