// A lab on Docker as commands see it. Nothing of it runs outside of its containers: each method asks the engine or a
// service's socket, and what has to be remembered between commands is in the lab's record.

import { join } from 'node:path';
import type Docker from 'dockerode';
import { UserError } from '../../base/errors.ts';
import { blackholeCommands } from '../../shaping/blackhole-commands.ts';
import { batches, type NamespacedCommand } from '../../shaping/commands.ts';
import { frameSizeCommands } from '../../shaping/link-commands.ts';
import { netemChangeCommands } from '../../shaping/netem-commands.ts';
import { setDrained } from '../drain-file.ts';
import { Failures, type ServiceControl } from '../failures.ts';
import { readPlan } from '../lab-files.ts';
import { labFolder } from '../lab-folder.ts';
import type { LabPlan, PlannedService } from '../lab-plan.ts';
import { type LinkShaper, LinkTable, linkStatuses } from '../link-table.ts';
import { deadStatus, labStatus } from '../plan-status.ts';
import { type LabStatus, RELAY_NODE, type RunningLab, type ServiceStatus } from '../runtime.ts';
import { checkService } from '../service-health.ts';
import { CONTAINER_PATHS, RELAY_SOCKET } from './compose-file.ts';
import { containerLogs } from './container-logs.ts';
import { NODE_PATH, programInImage, RUN_PATH } from './container-paths.ts';
import { findContainer, type LabContainer, labContainers } from './containers.ts';
import { connectEngine } from './engine.ts';
import { labEvents, recordEvent } from './events.ts';
import { execInContainer } from './exec.ts';
import { changeRecord, type LabRecord, readRecord } from './lab-record.ts';
import type { LabIdentity } from './labels.ts';
import { observe } from './observe.ts';
import { relayWorks, setRelay } from './relay-client.ts';
import { runFolder } from './run-folders.ts';
import { serviceStats } from './stats.ts';

/** Readiness asks many times a second; what the engine says of its containers is that old at most. */
const CONTAINERS_FRESH_MS = 500;

export function dockerLab(name: string): RunningLab {
  const identity: LabIdentity = { name, folder: labFolder(name).root };
  const engine = once(() => connectEngine(readRecord(name)?.engine));
  const plan = once(async () => planOf(name));
  const askContainers = async () => labContainers((await engine()).docker, identity);
  let containers = fresh(CONTAINERS_FRESH_MS, askContainers);

  const container = async (node: string, service?: string): Promise<string> => {
    const id = await findContainer((await engine()).docker, identity, node, service);
    if (id) return id;
    throw new UserError({
      message: `lab ${name} has no container for ${service ? `${node}/${service}` : node}`,
      hint: `./lab status --name ${name}`,
    });
  };
  const exec: RunningLab['exec'] = async (node, argv, options) =>
    execInContainer((await engine()).docker, await container(node), argv, options);

  /** The lab's links and failures as they are, for one change; what it did is remembered, even if it then fails. */
  const change = (what: (parts: { links: LinkTable; failures: Failures }) => Promise<void>) =>
    changeRecord(name, async (record) => {
      const parts = await partsOf(record);
      try {
        await what(parts);
      } finally {
        // Also of a change that was done in part: both tell what is so.
        record.links = parts.links.snapshot();
        record.failures = parts.failures.snapshot();
        containers = fresh(CONTAINERS_FRESH_MS, askContainers);
      }
    });
  const partsOf = async (record: LabRecord) => {
    const runCommands = (commands: NamespacedCommand[]) => runInNodes(exec, commands);
    const shaper = dockerShaper(name, record.shaping, runCommands);
    const onEvent = (kind: string, subject: string | undefined, message: string) =>
      void recordEvent(name, kind, subject, message);
    const links = new LinkTable(await plan(), { shaper, runCommands, onEvent }, record.links);
    const services = serviceControl(async () => (await engine()).docker, container);
    return {
      links,
      failures: new Failures(
        await plan(),
        {
          links,
          services,
          onEvent,
          setDrained: (node, drained) => setDrained(runFolder(name, node), drained),
        },
        record.failures,
      ),
    };
  };

  return {
    name,
    runtime: 'docker',
    runFolder: (node) => runFolder(name, node),
    runFolderInside: () => RUN_PATH,
    programCommand: (program, flags = []) => [NODE_PATH, ...flags, programInImage(program)],
    status: async () => statusOf(name, await plan(), containers),
    exec,
    fail: (target, how) => change(({ failures }) => failures.fail(target, how)),
    restore: (target) => change(({ failures }) => failures.restore(target)),
    setLink: (link, wanted) => change(({ links }) => links.change(link, wanted)),
    events: async function* ({ fromStart = false, signal } = {}) {
      const since = readRecord(name)?.startedAt ?? new Date().toISOString();
      yield* labEvents((await engine()).docker, identity, { since, fromStart, ...(signal && { signal }) });
    },
    logs: async function* (node, service, options = {}) {
      const { docker } = await engine();
      const wanted = (await containers()).filter(
        (each) => each.node === node && (service ? each.service === service : each.service !== undefined),
      );
      yield* containerLogs(docker, wanted, options);
    },
    observe: async ({ onEvent, signal } = {}) => {
      const onDoing = (message: string) =>
        onEvent?.({ at: new Date().toISOString(), kind: 'waiting', message });
      return observe(await engine(), name, { onDoing, ...(signal && { signal }) });
    },
    stats: async () => serviceStats((await engine()).docker, await containers()),
  };
}

function planOf(name: string): LabPlan {
  const plan = readPlan(name);
  if (plan) return plan;
  throw new UserError({
    message: `lab ${name} lost its plan`,
    hint: `./lab down --name ${name}, then ./lab up`,
  });
}

/** One `ip` or `tc` per node and kind of command, in the node's own container. */
async function runInNodes(exec: RunningLab['exec'], commands: NamespacedCommand[]): Promise<void> {
  for (const { node = '', program, text: input } of batches(commands)) {
    const { exitCode, stderr } = await exec(node, [program, '-batch', '-'], { input });
    if (exitCode !== 0)
      throw new Error(`${program} in node ${node} (exit code ${exitCode}): ${stderr.trim()}`);
  }
}

/** Without a supervisor: the relay and the kernel keep what they are told. */
function dockerShaper(
  name: string,
  shaping: LabRecord['shaping'],
  runCommands: (commands: NamespacedCommand[]) => Promise<void>,
): LinkShaper {
  if (shaping !== 'relay') {
    return {
      working: true,
      shape: (link) =>
        runCommands(shaping === 'off' ? [] : [...frameSizeCommands(link), ...netemChangeCommands(link)]),
      blackhole: (link, on) => runCommands(blackholeCommands(link, on ? 'blackhole' : 'restored')),
    };
  }
  const socket = relaySocket(name);
  return {
    working: true,
    shape: ({ name: link, aToB, bToA }) =>
      setRelay(socket, [
        { link, direction: 'aToB', impairment: aToB },
        { link, direction: 'bToA', impairment: bToA },
      ]),
    blackhole: ({ name: link }, on) => setRelay(socket, { link, blackhole: on }),
  };
}

function relaySocket(name: string): string {
  return join(runFolder(name, RELAY_NODE), RELAY_SOCKET);
}

/** A container that was stopped stays so, whatever its restart policy; a paused one stays frozen. */
function serviceControl(
  docker: () => Promise<Docker>,
  container: (node: string, service: string) => Promise<string>,
): ServiceControl {
  const of = async (node: string, service: string) =>
    (await docker()).getContainer(await container(node, service));
  return {
    hold: async (node, service) => void (await (await of(node, service)).stop({ t: 0 })),
    pause: async (node, service) => void (await (await of(node, service)).pause()),
    release: async (node, service) => {
      const held = await of(node, service);
      const { State } = await held.inspect();
      if (State.Paused) await held.unpause();
      else if (!State.Running) await held.start();
    },
  };
}

async function statusOf(
  name: string,
  plan: LabPlan,
  containers: () => Promise<LabContainer[]>,
): Promise<LabStatus> {
  const record = readRecord(name);
  if (!record) throw new UserError({ message: `lab ${name} is gone`, hint: './lab up' });
  const { shaping, startedAt, links = {}, failures = {} } = record;
  const found = await containers().catch((error: unknown) => {
    if (error instanceof UserError) return error;
    throw error;
  });
  const dead = (reason: string) => deadStatus(plan, { runtime: 'docker', shaping, reason });
  if (found instanceof UserError) return dead(silenceReason(found));
  const owners = found.filter(({ service }) => service === undefined);
  const lost = plan.nodes.find(
    ({ name: node }) => !owners.some((each) => each.node === node && each.state.Running),
  );
  if (lost && record.state === 'started') {
    // Only the engine's restart, or somebody by hand, ends the container that owns a node's namespace.
    const ended = 'the Docker engine was restarted, or somebody did it by hand';
    return dead(
      owners.some(({ state }) => state.Running)
        ? `the container of node ${lost.name} has ended and all links of it: ${ended}`
        : `the containers of its nodes have ended: ${ended}`,
    );
  }
  const services = await Promise.all(
    plan.nodes.map(
      async (node): Promise<[string, ServiceStatus[]]> => [
        node.name,
        await Promise.all(
          node.services.map((service) =>
            serviceStatus(
              service,
              found.find((each) => each.node === node.name && each.service === service.name),
              runFolder(name, node.name),
            ),
          ),
        ),
      ],
    ),
  );
  const working = shaping !== 'relay' || (await relayWorks(relaySocket(name)));
  return labStatus(plan, {
    runtime: 'docker',
    shaping,
    startedAt,
    state: record.state === 'started' ? 'ready' : 'starting',
    services: new Map(services),
    links: linkStatuses(plan, links, working),
    failures: new Map(Object.entries(failures)),
    working,
  });
}

/** Containers end with their engine, so that after it is back there is nothing to go on with. */
function silenceReason({ problems: [problem] }: UserError): string {
  const { message = 'the Docker engine does not answer', hint } = problem ?? {};
  return hint ? `${message} (first: ${hint})` : message;
}

async function serviceStatus(
  { name, health }: PlannedService,
  container: LabContainer | undefined,
  run: string,
): Promise<ServiceStatus> {
  const { state, restarts = 0 } = container ?? {};
  const base = { name, restarts };
  if (!container || !state)
    return {
      ...base,
      state: 'stopped',
      healthy: false,
      reason: 'its container is gone (./lab down and ./lab up make it anew)',
    };
  if (state.Paused)
    return { ...base, state: 'running', healthy: false, reason: 'held by ./lab fail (silent)' };
  if (!state.Running || state.Restarting) {
    const reason = state.Error || `exited with code ${state.ExitCode}`;
    return { ...base, state: state.Restarting ? 'failed' : 'stopped', healthy: false, reason };
  }
  const found = await checkService(health, { ...CONTAINER_PATHS, run });
  return { ...base, state: 'running', pid: state.Pid, ...found };
}

/** The first answer, for ever; an answer that failed is asked for again. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  return fresh(Number.POSITIVE_INFINITY, ask);
}

/** An answer that may be so old. */
function fresh<T>(maximumAgeMs: number, ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  let askedAt = 0;
  return () => {
    if (!answer || performance.now() - askedAt > maximumAgeMs) {
      askedAt = performance.now();
      const asked = ask();
      answer = asked;
      asked.catch(() => {
        if (answer === asked) answer = undefined;
      });
    }
    return answer;
  };
}
