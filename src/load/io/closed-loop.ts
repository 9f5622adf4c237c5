// The closed loop: so many clients, each of which waits for an answer before it asks again.

import { totalMs } from '../load-plan.ts';
import { pathSource, targetSource } from '../request-source.ts';
import type { LoadConnection } from './load-connection.ts';
import type { LoadRun } from './load-run.ts';

/** A server that refuses connections would be asked as fast as this machine can. */
const PAUSE_AFTER_FAILURE_MS = 20;

export function closedLoop(run: LoadRun, loop: { connections: number; thinkMs: number }): Promise<void> {
  const endMs = totalMs(run.plan);
  const nextPath = pathSource(run.plan);
  const nextTarget = targetSource(run.plan);
  return new Promise((resolve) => {
    let working = loop.connections;
    const client = () => {
      const connections = run.plan.targets.map((_, target) => run.connect(target));
      const ask = () => {
        const nowMs = run.nowMs;
        if (nowMs >= endMs || run.aborted) {
          working--;
          if (working === 0) resolve();
          return;
        }
        const target = nextTarget();
        // Never in the same turn, or a server that answers at once would leave no turn for the others.
        const again = (answered: boolean) => {
          const pauseMs = answered ? loop.thinkMs : Math.max(loop.thinkMs, PAUSE_AFTER_FAILURE_MS);
          if (pauseMs > 0) setTimeout(ask, pauseMs);
          else setImmediate(ask);
        };
        run.start(connections[target] as LoadConnection, target, nextPath(), nowMs, again);
      };
      ask();
    };
    for (let i = 0; i < loop.connections; i++) client();
  });
}
