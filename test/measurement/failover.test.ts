import { expect, test } from 'vitest';
import { analyseFailover, recoveryMs } from '../../src/measurement/failover.ts';
import type { Download } from '../../src/measurement/probe-job.ts';
import type { Sample } from '../../src/measurement/sample.ts';

const EVENTS = { startedAt: 0, failedAt: 5000, restoredAt: 25_000, endedAt: 35_000 };
const CLIENTS = [
  { name: 'paris', city: 'Paris', users: 60 },
  { name: 'dublin', city: 'Dublin', users: 20 },
];

/** A request every 100 ms; lost while `lost` says so. */
function samples(client: string, pop: (at: number) => string, lost: (at: number) => boolean): Sample[] {
  return Array.from({ length: 350 }, (_, i) => {
    const at = i * 100;
    const answer = lost(at)
      ? { error: { stage: 'connect' as const, reason: 'timeout' } }
      : { totalMs: 40, pop: pop(at) };
    return { id: String(i), client, strategy: 'anycast', phase: 'warm', family: 4, at, ...answer };
  });
}

function download(of: Partial<Download>): Download {
  return {
    client: 'paris',
    strategy: 'anycast',
    startedAt: 0,
    firstByteAt: 100,
    endedAt: 34_000,
    outcome: 'ended',
    bytes: 10,
    ...of,
  };
}

const paris = samples(
  'paris',
  (at) => (at >= 5000 && at < 25_000 ? 'lon' : 'fra'),
  // In flight when it failed, then gone for two seconds.
  (at) => at >= 4900 && at < 7000,
);
const dublin = samples(
  'dublin',
  () => 'lon',
  () => false,
);

function analyse(downloads: Download[] = []) {
  const result = analyseFailover({
    pop: 'fra',
    events: EVENTS,
    clients: CLIENTS,
    strategies: ['anycast'],
    samples: [...paris, ...dublin],
    downloads,
  });
  const [anycast] = result.strategies;
  if (!anycast) throw new Error('no strategy');
  return anycast;
}

test('only the clients of the failed POP are affected', () => {
  const { all, affected } = analyse();
  expect([affected.clients, affected.users, all.clients, all.users]).toEqual([1, 60, 2, 80]);
});

test('a request in flight when the POP fails counts as lost', () => {
  expect(analyse().affected.lost).toBe(21);
  expect(analyse().all.lost).toBe(21);
});

test('recovery is the start of the first of 10 successes in a row', () => {
  expect(analyse().affected.recoveryMs).toEqual({ median: 2000, p90: 2000, worst: 2000 });
});

test('nine successes and a loss are not a recovery', () => {
  const flapping = samples(
    'paris',
    () => 'lon',
    (at) => at === 0 || at === 1000,
  ).slice(0, 25);
  expect(recoveryMs(flapping, 0)).toBe(1100);
  expect(recoveryMs(flapping.slice(0, 20), 0)).toBeNull();
});

test('a client that lost nothing recovered at once', () => {
  expect(recoveryMs(dublin, 5000)).toBe(0);
});

test('an answer after two seconds is lost', () => {
  const slow = dublin.map((sample) => ({ ...sample, totalMs: 2001 }));
  expect(recoveryMs(slow, 0)).toBeNull();
});

test('the POPs before, during and after are told', () => {
  const [first] = analyse().perClient;
  expect([first?.popBefore, first?.popDuring, first?.popAfter]).toEqual(['fra', 'lon', 'fra']);
});

test('downloads that were open and reset, stalled or ended early are broken; others are not', () => {
  const { affected } = analyse([
    download({ outcome: 'reset', endedAt: 5100 }),
    download({ outcome: 'stalled', endedAt: 8000 }),
    download({ outcome: 'closed', endedAt: 5200 }),
    download({ outcome: 'ended' }),
    download({ outcome: 'complete', endedAt: 6000 }),
    download({ outcome: 'reset', startedAt: 7000, firstByteAt: 7100, endedAt: 25_500 }),
  ]);
  expect(affected.downloadsOpen).toBe(5);
  expect(affected.downloadsBroken).toBe(3);
  expect(affected.downloadsBrokenOnRestoration).toBe(1);
});

test('a broken download resumes with the first byte of the next one', () => {
  const [first] = analyse([
    download({ outcome: 'stalled', endedAt: 8000 }),
    download({ startedAt: 8100, firstByteAt: 8200 }),
  ]).perClient;
  expect(first?.resumedAfterMs).toBe(3200);
});

test('the time line has a step that begins with the failure', () => {
  const { timeline } = analyse();
  const at = (ms: number) => timeline.find((step) => step.atMs === ms)?.lostShare;
  expect([at(-1000), at(-500), at(0), at(1500), at(2000)]).toEqual([0, 0.2, 1, 1, 0]);
});

test('an answer in time but half a second late is slow, not lost', () => {
  const late = paris.map((sample) => (sample.at === 8000 ? { ...sample, totalMs: 1040 } : sample));
  const input = {
    pop: 'fra',
    events: EVENTS,
    clients: CLIENTS,
    strategies: ['anycast' as const],
    downloads: [],
  };
  const [anycast] = analyseFailover({ ...input, samples: [...late, ...dublin] }).strategies;
  expect([anycast?.affected.slow, anycast?.affected.lost]).toEqual([1, 21]);
});

test('losses after the recovery are told as a relapse', () => {
  const relapsed = samples(
    'paris',
    (at) => (at >= 5000 ? 'lon' : 'fra'),
    (at) => (at >= 5000 && at < 6000) || (at >= 12_000 && at < 12_300),
  );
  const input = {
    pop: 'fra',
    events: EVENTS,
    clients: CLIENTS,
    strategies: ['anycast' as const],
    downloads: [],
  };
  const [anycast] = analyseFailover({ ...input, samples: relapsed }).strategies;
  expect(anycast?.affected).toMatchObject({ lost: 13, lostAfterRecovery: 3, recoveryMs: { worst: 1000 } });
});
