// createUpstream with real sockets, clock and chance.

import { createUpstream } from '../upstream/create-upstream.ts';
import type { UpstreamConfig } from '../upstream/upstream-config.ts';
import type { Upstream } from '../upstream.ts';
import { startHealthCheck } from './health-checks.ts';
import { createUndiciUpstream } from './undici-upstream.ts';

/** `pop` is the name of this edge's POP. Health checks begin at once, connections with the first request. */
export function startUpstream(config: UpstreamConfig, pop: string): Upstream {
  return createUpstream(config, {
    pop,
    connect: ({ sourceAddress, ...origin }, who) => createUndiciUpstream({ sourceAddress, origin }, who),
    nowMs: () => performance.now(),
    random: Math.random,
    setTimer(ms, callback) {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
    checkHealth: (transport, host, options, onResult) =>
      startHealthCheck(transport, host, options, Math.random, onResult),
  });
}
