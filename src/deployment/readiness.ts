// When is a lab ready? Not when every router has every route: a session that comes up late still moves catchments
// seconds afterwards. So: every BGP session established and no route update for a while, every service healthy, every
// POP announced with its RTTs measured, and at last every client has really fetched over both paths.

import { setTimeout as sleep } from 'node:timers/promises';
import { type Problem, UserError } from '../base/errors.ts';
import { runsBird } from '../routing/bird-config.ts';
import { BirdControl } from '../routing/io/bird-control.ts';
import type { LabEvent, LabStatus, NodeStatus, RunningLab } from '../runtimes/runtime.ts';
import { unboundCommand } from '../runtimes/unbound-control.ts';
import { CDN_ZONE } from '../topology/cdn-zone.ts';
import type { ResolvedTopology } from '../topology/resolved.ts';
import { clientsThatCannotFetch } from './first-fetch.ts';

/** Quiet for this long after the last update; covers the longest path of the lab (a 300 ms RTT) and BIRD's batching. */
const QUIET_MS = 400;
const POLL_MS = 50;
const UNBOUND_TIMEOUT_MS = 2000;
const TIMEOUT_MS = 90_000;
/** More would scroll the first away. */
const MOST_PROBLEMS = 20;

/** By node name; one connection each for the whole wait. */
type BirdControls = Map<string, BirdControl>;

export interface ReadinessOptions {
  onEvent?: (event: LabEvent) => void;
  signal?: AbortSignal;
  timeoutMs?: number;
}

/**
 * Throws a UserError that names what is not ready when the time is over. What can be waited for at the same time is:
 * clients fetch as soon as every POP announces, while routes may still move elsewhere; at the end routing must be quiet.
 */
export async function waitUntilReady(
  lab: RunningLab,
  topology: ResolvedTopology,
  options: ReadinessOptions = {},
): Promise<void> {
  const birds: BirdControls = new Map(
    topology.nodes
      .filter(runsBird)
      .map(({ name }) => [name, new BirdControl(`${lab.runFolder(name)}/bird.ctl`)]),
  );
  const failure = new AbortController();
  const signal = AbortSignal.any([failure.signal, ...(options.signal ? [options.signal] : [])]);
  const deadline = Date.now() + (options.timeoutMs ?? TIMEOUT_MS);
  const wait = (phase: Phase) => waitForPhase(phase, deadline, { ...options, signal });
  const routing = routingCheck(birds);
  let fetching = true;
  try {
    const fetched = wait(servicesPhase(lab))
      .then(() => wait(fetchPhase(lab, topology, signal)))
      .then(() => {
        fetching = false;
      });
    const routed = wait(routedPhase(routing));
    await Promise.all([
      fetched,
      routed.then(() => wait(settledPhase(routing, () => fetching))),
      routed.then(() => wait(steeringPhase(lab, Date.now()))),
    ]);
    await forgetEarlyAnswers(lab, topology);
  } catch (error) {
    // The other waits end too; theirs is not the error to report.
    failure.abort();
    throw error;
  } finally {
    for (const bird of birds.values()) bird.close();
  }
}

/**
 * What resolvers learned from servers that did not know all POPs yet would last for a TTL. Asking under fresh labels
 * does not prevent it: on the way down, QNAME minimisation (RFC 9156) asks for the steered name itself.
 */
async function forgetEarlyAnswers(lab: RunningLab, topology: ResolvedTopology): Promise<void> {
  await Promise.all(
    topology.resolvers
      .flatMap((resolver) => resolver.nodes)
      .map((node) =>
        unboundCommand(`${lab.runFolder(node)}/unbound.ctl`, `flush_zone ${CDN_ZONE}`, UNBOUND_TIMEOUT_MS),
      ),
  );
}

interface Phase {
  /** Kind of the event when it is over: one of the stages that `up` times. */
  stage: string;
  what: string;
  done: string;
  /** What is still missing. */
  check: () => Promise<Problem[]>;
}

function routedPhase(routing: () => Promise<Problem[]>): Phase {
  return { stage: 'routed', what: 'BGP', done: 'all sessions up, routes quiet', check: routing };
}

/** Announcing anycast moves routes again: watched to the end, so that quiet before the last fetch counts. */
function settledPhase(routing: () => Promise<Problem[]>, fetching: () => boolean): Phase {
  const check = async () => {
    const problems = await routing();
    return problems.length === 0 && fetching() ? [{ message: 'clients still fetch' }] : problems;
  };
  return { stage: 'settled', what: 'BGP', done: 'quiet with everything announced', check };
}

function servicesPhase(lab: RunningLab): Phase {
  return {
    stage: 'announced',
    what: 'services',
    done: 'DNS, edges and agents healthy, anycast announced by every POP',
    check: async () => serviceProblems(await livingStatus(lab)),
  };
}

/** RTTs measured while routes still moved would steer wrongly, and resolvers would keep it for a TTL. */
function steeringPhase(lab: RunningLab, routedAt: number): Phase {
  return {
    stage: 'measured',
    what: 'GeoDNS',
    done: 'every server sees all POPs up and has their RTTs to the client networks',
    check: async () => steeringProblems(await livingStatus(lab), routedAt),
  };
}

/** A lab that was killed meanwhile is never ready: no need to wait for it. */
async function livingStatus(lab: RunningLab): Promise<LabStatus> {
  const status = await lab.status();
  if (status.state === 'dead') {
    throw new UserError({
      message: `lab ${lab.name} was killed before it was ready`,
      hint: `./lab down --name ${lab.name}, then ./lab up`,
    });
  }
  return status;
}

/** Asks only the clients that have not fetched yet. */
function fetchPhase(lab: RunningLab, topology: ResolvedTopology, signal: AbortSignal): Phase {
  let waiting = topology.clients;
  return {
    stage: 'fetched',
    what: 'clients',
    done: `all ${topology.clients.length} fetch by DNS and by anycast`,
    check: async () => {
      waiting = await clientsThatCannotFetch(lab, topology, waiting, signal);
      return waiting.map((client) => ({ message: `client ${client.name} cannot fetch` }));
    },
  };
}

async function waitForPhase(
  phase: Phase,
  deadline: number,
  { onEvent, signal }: ReadinessOptions,
): Promise<void> {
  const tell = (kind: string, message: string) =>
    onEvent?.({ at: new Date().toISOString(), kind, message: `${phase.what}: ${message}`, progress: true });
  for (let before = -1; ; await sleep(POLL_MS)) {
    signal?.throwIfAborted();
    const missing = await phase.check();
    if (missing.length === 0) break;
    if (Date.now() > deadline) {
      const hint = './lab status and ./lab logs NODE tell more';
      throw new UserError([
        { message: `${phase.what}: not ready in time`, hint },
        ...missing.slice(0, MOST_PROBLEMS),
      ]);
    }
    if (missing.length !== before) tell('waiting', `waiting for ${missing.length}`);
    before = missing.length;
  }
  tell(phase.stage, phase.done);
}

/** Problems until all sessions are up and the sum of all routers' route change counters has stood still for QUIET_MS. */
function routingCheck(birds: BirdControls): () => Promise<Problem[]> {
  let lastFigure = -1;
  let changedAt = Date.now();
  return async () => {
    const problems = (
      await Promise.all([...birds].map(([node, bird]) => sessionProblems(node, bird)))
    ).flat();
    if (problems.length > 0) return problems;
    const counts = await Promise.all([...birds.values()].map((bird) => bird.readState({ counters: true })));
    const figure = counts.reduce((sum, state) => sum + (state.routeChanges ?? 0), 0);
    if (figure !== lastFigure) changedAt = Date.now();
    lastFigure = figure;
    return Date.now() - changedAt < QUIET_MS ? [{ message: 'routes still change' }] : [];
  };
}

async function sessionProblems(node: string, bird: BirdControl): Promise<Problem[]> {
  try {
    const { sessions } = await bird.readState({});
    return sessions
      .filter((session) => !session.established)
      .map((session) => ({ message: `BGP session ${session.name} on ${node} is ${session.state}` }));
  } catch {
    return [{ message: `BIRD on ${node} does not answer` }];
  }
}

function serviceProblems(status: LabStatus): Problem[] {
  const services = status.nodes.flatMap((node) =>
    node.services
      .filter((service) => !service.healthy)
      .map((service) => ({ message: `${node.name}/${service.name}: ${service.reason ?? service.state}` })),
  );
  const pops = status.pops
    .filter((pop) => !pop.healthy || pop.announced.length === 0)
    .map((pop) => ({ message: `${pop.name} does not announce anycast yet` }));
  return [...services, ...pops];
}

function steeringProblems(status: LabStatus, routedAt: number): Problem[] {
  return status.nodes
    .filter((node) => node.kind === 'pop' && !canSteer(node, status.pops.length, routedAt))
    .map((node) => ({ message: `${node.name}/dns does not know all POPs and their RTTs yet` }));
}

/** By the word of the POP's GeoDNS server (GET /healthz of its admin socket). */
function canSteer(node: NodeStatus, pops: number, routedAt: number): boolean {
  const dns = node.services.find((service) => service.name === 'dns');
  const says = dns?.detail as
    | { popsUp: number; popsWithRtts: number; oldestRttAt: string | null }
    | undefined;
  return says?.popsUp === pops && says.popsWithRtts === pops && Date.parse(says.oldestRttAt ?? '') > routedAt;
}
