import { expect, test } from 'vitest';
import { compare } from '../../src/measurement/comparison.ts';
import { withPlannedRtt } from '../../src/measurement/sample.ts';
import { CHOSEN, COLD_RESOLVE_MS, RTTS, syntheticSamples, tiny, WARM_RESOLVE_MS } from './support.ts';

const nameOf = (code: string) => `pop-${code}`;
const planned = (client: string, target: string) =>
  target === 'anycast'
    ? RTTS[client]?.[CHOSEN.anycast[client] ?? '']
    : RTTS[client]?.[target.replace('pop-', '')];
const samples = withPlannedRtt(syntheticSamples(), planned, nameOf);
const predictions = new Map(
  tiny.clients.map((client) => [
    client.name,
    {
      pop: nameOf(CHOSEN.anycast[client.name] ?? ''),
      asPath: [64497, 64500],
      explanation: 'T2 prefers its customer',
    },
  ]),
);
const comparison = compare({ topology: tiny, samples, family: 4, shaping: 'relay', predictions });
const client = (name: string) => {
  const found = comparison.clients.find((each) => each.name === name);
  if (!found) throw new Error(`no client ${name}`);
  return found;
};

test('it names its conditions', () => {
  expect(comparison).toMatchObject({
    topology: 'tiny',
    seed: 1,
    timers: 'fast',
    shaping: 'relay',
    family: 4,
  });
});

test('the best POP is the one with the lowest measured RTT', () => {
  expect(client('paris').best).toEqual({ pop: 'pop-fra', rttMs: 12 });
  expect(client('paris').oracle).toEqual({ 'pop-fra': 12, 'pop-lon': 50 });
});

test('each strategy has its POP, medians and inflation', () => {
  expect(client('paris').strategies.anycast).toMatchObject({
    pop: 'pop-lon',
    rttMs: 50,
    resolveMs: WARM_RESOLVE_MS,
    totalMs: WARM_RESOLVE_MS + 100,
    inflationMs: 38,
    cold: { resolveMs: COLD_RESOLVE_MS, totalMs: COLD_RESOLVE_MS + 100 },
    failures: 0,
  });
  expect(client('paris').strategies['dns-latency']).toMatchObject({ pop: 'pop-fra', inflationMs: 0 });
});

test('a misrouted client has the reason that routing gives, with the AS path', () => {
  expect(client('paris').strategies.anycast.reason).toBe('T2 prefers its customer; AS path 64497 64500');
  expect(client('dublin').strategies.anycast.reason).toBe('the lowest-RTT POP; AS path 64497 64500');
});

test('a POP by distance is explained by the distances', () => {
  expect(client('paris').strategies['dns-nearest'].reason).toMatch(/\d+ km/);
});

test('shares count locations and users apart', () => {
  const { suboptimal, bad } = comparison.summary.anycast;
  expect(suboptimal).toEqual({ clients: 1, clientShare: 0.333, userShare: 0.5, names: ['paris'] });
  expect(bad.names).toEqual(['paris']);
  expect(comparison.summary['dns-nearest'].bad.names).toEqual([]);
  expect(comparison.summary['dns-nearest'].suboptimal.names).toEqual(['amsterdam']);
});

test('percentiles over users follow the heaviest location', () => {
  expect(comparison.summary.anycast.inflationMs).toEqual({ p50: 0, p90: 38, p95: 38, max: 38 });
});

test('fidelity compares connect times with the plan and counts what is within the tolerance', () => {
  expect(comparison.fidelity).toMatchObject({ withinTolerance: 1, p95ErrorMs: 0, samples: samples.length });
  const late = samples.map((sample, i) =>
    i % 4 === 0 ? { ...sample, connectMs: (sample.connectMs ?? 0) + 3 } : sample,
  );
  const worse = compare({ topology: tiny, samples: late, family: 4, shaping: 'relay' });
  expect(worse.fidelity.withinTolerance).toBeCloseTo(0.75, 1);
  expect(worse.fidelity.p95ErrorMs).toBe(3);
  expect(worse.verdict).toContain('Caution');
});

test('measured catchments are held against predicted ones', () => {
  expect(comparison.agreement).toEqual({ clients: 3, agreeing: 3 });
  const wrong = new Map(predictions).set('dublin', { pop: 'pop-fra', asPath: [1], explanation: 'no reason' });
  const other = compare({ topology: tiny, samples, family: 4, shaping: 'relay', predictions: wrong });
  expect(other.agreement).toEqual({ clients: 3, agreeing: 2 });
  expect(other.verdict).toContain('Not as predicted from the topology: Dublin');
});

test('a client without answers has nulls and says so', () => {
  const silent = samples.filter((sample) => sample.client !== 'paris');
  const result = compare({ topology: tiny, samples: silent, family: 4, shaping: 'relay' });
  const paris = result.clients.find((each) => each.name === 'paris');
  expect(paris?.best).toBeNull();
  expect(paris?.strategies.anycast).toMatchObject({
    pop: null,
    rttMs: null,
    reason: 'no request was answered',
  });
});

test('the verdict tells who wins, whom anycast misroutes and why, and Calder beside it', () => {
  expect(comparison.verdict).toContain('DNS by measured latency 3 (100 % of users)');
  expect(comparison.verdict).toContain(
    'Anycast takes Paris to London, 50 ms instead of 12 ms to Frankfurt (T2 prefers its customer; AS path 64497 64500).',
  );
  expect(comparison.verdict).toContain('33 % of locations');
  expect(comparison.verdict).toContain('Calder et al. (IMC 2015)');
});

test('without any answer the verdict says that there is nothing to compare', () => {
  expect(compare({ topology: tiny, samples: [], family: 4, shaping: 'off' }).verdict).toContain(
    'nothing to compare',
  );
});
