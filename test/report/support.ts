// A failover of `tiny`: Paris is served by Frankfurt, which fails for 20 s; anycast loses 2 s, DNS 10 s.

import { analyseFailover } from '../../src/measurement/failover.ts';
import type { Sample } from '../../src/measurement/sample.ts';
import type { FailoverReport } from '../../src/report/report-model.ts';
import { tiny } from '../measurement/support.ts';

const OUTAGE_MS = { anycast: 2000, 'dns-latency': 10_000 };
const STRATEGIES = ['dns-latency', 'anycast'] as const;
const events = { startedAt: 0, failedAt: 5000, restoredAt: 25_000, endedAt: 35_000 };

const samples = tiny.clients.flatMap((client) =>
  STRATEGIES.flatMap((strategy) =>
    Array.from({ length: 350 }, (_, i): Sample => {
      const at = i * 100;
      const home = client.name === 'paris' ? 'fra' : 'lon';
      const away = home === 'fra' && at >= events.failedAt && at < events.restoredAt;
      const lost = away && at < events.failedAt + OUTAGE_MS[strategy];
      const answer = lost
        ? { error: { stage: 'connect' as const, reason: 'timeout' } }
        : { totalMs: 30, pop: away ? 'lon' : home };
      return { id: String(i), client: client.name, strategy, phase: 'warm', family: 4, at, ...answer };
    }),
  ),
);

export const failoverReport: FailoverReport = {
  pop: 'pop-fra',
  how: 'silent',
  timers: 'fast',
  timerCaveat: 'a silent failure is found in seconds.',
  bfd: true,
  ttlSeconds: 20,
  health: { intervalSeconds: 1, timeoutSeconds: 1, rise: 2, fall: 3 },
  family: 4,
  ratePerSecond: 10,
  shaping: 'relay',
  result: analyseFailover({
    pop: 'fra',
    events,
    clients: tiny.clients.map((client) => ({
      name: client.name,
      city: client.city.name,
      users: client.users,
    })),
    strategies: STRATEGIES,
    samples,
    downloads: [
      {
        client: 'paris',
        strategy: 'anycast',
        startedAt: 0,
        firstByteAt: 50,
        endedAt: 8000,
        outcome: 'stalled',
        bytes: 9,
        pop: 'fra',
      },
    ],
  }),
};
