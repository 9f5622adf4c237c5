import { expect, test } from 'vitest';
import { CAMPAIGN_SIZES, planCampaign } from '../../src/measurement/campaign.ts';
import type { ProbeTask } from '../../src/measurement/probe-job.ts';
import { tiny } from './support.ts';

const plan = planCampaign(tiny, { family: 4, size: CAMPAIGN_SIZES.default, nonce: 'abc' });
const clients = plan.batches.flat();
const tasksOf = (client: string): ProbeTask[] =>
  clients.find((each) => each.client === client)?.job.tasks ?? [];

test('every client asks over every strategy, warm and cold, and measures every POP', () => {
  expect(clients.map((each) => each.client).sort()).toEqual(['amsterdam', 'dublin', 'paris']);
  const count = (strategy: string, phase: string) =>
    tasksOf('paris').filter((task) => task.strategy === strategy && task.phase === phase).length;
  for (const strategy of ['dns-nearest', 'dns-latency', 'anycast']) {
    expect([count(strategy, 'warm-up'), count(strategy, 'warm'), count(strategy, 'cold')]).toEqual([1, 5, 3]);
  }
  const oracle = tasksOf('paris').filter((task) => task.strategy === 'oracle');
  expect(new Set(oracle.map((task) => task.address))).toEqual(new Set(tiny.pops.map((pop) => pop.edge.ipv4)));
  expect(oracle).toHaveLength(3 * tiny.pops.length);
});

test('a warm-up comes before every warm request of its name', () => {
  for (const strategy of ['dns-nearest', 'dns-latency', 'anycast']) {
    const tasks = tasksOf('dublin').filter((task) => task.strategy === strategy);
    expect(tasks[0]?.phase).toBe('warm-up');
  }
});

test('cold names and paths are used once in a campaign', () => {
  const cold = clients.flatMap((each) => each.job.tasks).filter((task) => task.phase === 'cold');
  expect(new Set(cold.map((task) => task.name)).size).toBe(cold.length);
  expect(new Set(cold.map((task) => task.path)).size).toBe(cold.length);
  for (const task of cold)
    expect(task.name).toMatch(/^[a-z0-9-]{1,63}\.(nearest|latency|anycast)\.cdn\.test$/);
});

test('requests of all clients are spread evenly over time', () => {
  const times = clients.flatMap((each) => each.job.tasks.map((task) => task.atMs)).sort((a, b) => a - b);
  const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
  const gapMs = 1000 / CAMPAIGN_SIZES.default.requestsPerSecond;
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(Math.floor(gapMs));
  expect(Math.max(...gaps)).toBeLessThanOrEqual(Math.ceil(gapMs));
});

test('IPv6 asks the resolver and the POPs by IPv6', () => {
  const six = planCampaign(tiny, { family: 6, size: CAMPAIGN_SIZES.quick, nonce: 'abc' });
  for (const task of six.batches.flat().flatMap((each) => each.job.tasks)) {
    expect(task.resolver ?? task.address).toContain(':');
  }
});

test('the same input gives the same plan', () => {
  expect(planCampaign(tiny, { family: 4, size: CAMPAIGN_SIZES.default, nonce: 'abc' })).toEqual(plan);
});
