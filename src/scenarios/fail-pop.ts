// What do users lose when a POP dies, under DNS steering and under anycast? All clients ask at a steady rate over both,
// and hold long downloads open over both, while the POP fails and comes back. Whatever happens, Ctrl-C too, the POP is
// restored.

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { analyseFailover } from '../measurement/failover.ts';
import { planFailoverProbes } from '../measurement/failover-plan.ts';
import { watchHostLoad } from '../measurement/io/host-load.ts';
import { startFailoverProbes } from '../measurement/io/run-failover.ts';
import type { Family, SteeringStrategy } from '../measurement/sample.ts';
import { failoverVerdict } from '../report/failover-verdict.ts';
import { writeReport } from '../report/io/write-report.ts';
import type { FailoverReport } from '../report/report-model.ts';
import { failoverTable } from '../report/terminal-table.ts';
import { predictCatchment } from '../routing/predict-catchment.ts';
import { TIMER_PROFILES } from '../routing/timers.ts';
import type { FailMode, Target } from '../runtimes/runtime.ts';
import type { ResolvedTopology } from '../topology/resolved.ts';
import type { Scenario, ScenarioContext, ScenarioOutcome } from './scenario.ts';

const STRATEGIES: readonly SteeringStrategy[] = ['dns-latency', 'anycast'];

/** On top of the time after which both strategies should have recovered, to see that they have. */
const MARGIN_SECONDS = 8;

export const scenario: Scenario = {
  name: 'fail-pop',
  question:
    'What is lost when a POP dies: requests, seconds, TCP connections, by DNS steering and by anycast?',
  expectation:
    'Anycast loses what routing needs to notice (BFD or the hold timer); DNS loses health checks plus up to a TTL; both break the downloads of that POP.',
  caveat: 'BIRD has no MRAI, and a clean failure is seen at once: both flatter anycast.',
  options: [
    {
      name: 'pop',
      description: 'POP that fails',
      default: busiestPop,
      choices: (topology) => topology.pops.map((pop) => pop.name),
    },
    {
      name: 'how',
      description: 'drain (routes withdrawn first), clean (neighbours see it), silent (only timers find it)',
      default: () => 'silent',
      choices: () => ['drain', 'clean', 'silent'],
    },
    {
      name: 'rate',
      description: 'requests a second, per client and strategy',
      default: () => '10',
      number: { minimum: 0.1, maximum: 50 },
    },
    {
      name: 'before',
      description: 'seconds before the failure',
      default: () => '5',
      number: { minimum: 1, maximum: 600 },
    },
    {
      name: 'down',
      description: 'seconds until it is restored',
      default: downSeconds,
      number: { minimum: 1, maximum: 3600 },
    },
    {
      name: 'after',
      description: 'seconds watched after that',
      default: () => '15',
      number: { minimum: 1, maximum: 3600 },
    },
    {
      name: 'downloads',
      description: 'long downloads per client and strategy',
      default: () => '1',
      number: { minimum: 0, maximum: 10 },
    },
    { name: 'family', description: 'IP version', default: () => '4', choices: () => ['4', '6'] },
  ],
  run,
};

async function run(context: ScenarioContext): Promise<ScenarioOutcome> {
  const { lab, topology, options, signal, onProgress } = context;
  const seconds = (name: string) => Number(options[name]) * 1000;
  const pop = topology.pops.find((each) => each.name === options['pop']);
  if (!pop) throw new Error(`not a POP of the topology: ${options['pop']}`);
  const how = options['how'] as FailMode;
  const family = Number(options['family']) as Family;
  const status = await lab.status();

  const jobs = planFailoverProbes(topology, {
    family,
    durationMs: seconds('before') + seconds('down') + seconds('after'),
    ratePerSecond: Number(options['rate']),
    strategies: STRATEGIES,
    downloads: Math.round(Number(options['downloads'])),
    nonce: randomBytes(4).toString('hex'),
  });
  onProgress(`${jobs.length} clients ask ${options['rate']} times a second over ${STRATEGIES.join(' and ')}`);
  const endLoadWatch = watchHostLoad();
  const probes = startFailoverProbes(lab, jobs, { signal });
  // A probe that dies ends the wait at once; its error is thrown by the last await.
  const at = (time: number) => Promise.race([pause(time, signal), probes.finished]);
  const target: Target = { kind: 'node', node: pop.name };
  const times = { startedAt: probes.startAt, failedAt: 0, restoredAt: 0, endedAt: 0 };
  try {
    await at(probes.startAt + seconds('before'));
    onProgress(`${pop.name} fails (${how})`);
    times.failedAt = Date.now();
    await lab.fail(target, how);
    await at(times.failedAt + seconds('down'));
  } finally {
    if (times.failedAt > 0) {
      onProgress(`${pop.name} is restored`);
      times.restoredAt = Date.now();
      await lab.restore(target);
    }
    probes.finished.catch(() => {});
  }
  const { samples, downloads } = await probes.finished;
  times.endedAt = Date.now();

  const report: FailoverReport = {
    pop: pop.name,
    how,
    timers: topology.timers,
    timerCaveat: TIMER_PROFILES[topology.timers].flattersAnycast,
    bfd: topology.bfd,
    ttlSeconds: topology.steering.ttlSeconds,
    health: topology.steering.health,
    family,
    ratePerSecond: Number(options['rate']),
    shaping: status.shaping,
    host: endLoadWatch(),
    result: analyseFailover({
      pop: pop.code,
      events: times,
      clients: topology.clients.map(({ name, city, users }) => ({ name, city: city.name, users })),
      strategies: STRATEGIES,
      samples,
      downloads,
    }),
  };
  const files = await writeReport(context.outDir, { samples: [], failover: report });
  return {
    result: report,
    text: (style) => `${failoverTable(report, style)}\n${failoverVerdict(report)}\n`,
    files: { ...files },
  };
}

/** The POP with the most users by predicted anycast catchment: its failure has something to show. */
function busiestPop(topology: ResolvedTopology): string {
  const users = new Map<string, number>();
  const catchments = predictCatchment(topology);
  for (const client of topology.clients) {
    const pop = catchments.get(client.name)?.pop;
    if (pop) users.set(pop, (users.get(pop) ?? 0) + client.users);
  }
  const [first] = [...users].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
  return first?.[0] ?? topology.pops[0]?.name ?? '';
}

/** Long enough for both to recover: health checks and a TTL for DNS, the hold timer for anycast without BFD. */
function downSeconds(topology: ResolvedTopology): string {
  const { ttlSeconds, health } = topology.steering;
  const dns = health.fall * health.intervalSeconds + health.timeoutSeconds + ttlSeconds;
  const anycast = topology.bfd ? 2 : TIMER_PROFILES[topology.timers].bgp.holdSeconds;
  return String(Math.ceil(Math.max(dns, anycast) + MARGIN_SECONDS));
}

async function pause(until: number, signal: AbortSignal): Promise<void> {
  await sleep(Math.max(0, until - Date.now()), undefined, { signal });
}
