// The open loop: requests start when their time has come, on a free connection, a new one, or, when there are as many as
// allowed, the first that becomes free; the waiting counts, since the user who is meant waits too.

import { arrivals, targetSource } from '../request-source.ts';
import type { LoadConnection } from './load-connection.ts';
import type { LoadRun } from './load-run.ts';

/** Below this distance to the next start a timer would come too late. */
const TIMER_MS = 1;

export function openLoop(run: LoadRun): Promise<void> {
  const { plan } = run;
  const mostConnections = plan.loop.kind === 'open' ? plan.loop.mostConnections : 1;
  const nextTarget = targetSource(plan);
  const free: LoadConnection[][] = plan.targets.map(() => []);
  const opened = plan.targets.map(() => 0);
  const waiting: { intendedMs: number; path: string }[][] = plan.targets.map(() => []);
  let underWay = 0;
  let allStarted = false;

  return new Promise((resolve) => {
    const schedule = arrivals(plan);
    let next = schedule.next();

    const finishIfOver = () => {
      if (allStarted && underWay === 0) resolve();
    };
    const begin = (connection: LoadConnection, target: number, path: string, intendedMs: number) => {
      run.start(connection, target, path, intendedMs, () => {
        underWay--;
        const queued = takeQueued(target);
        if (queued) {
          underWay++;
          begin(connection, target, queued.path, queued.intendedMs);
        } else (free[target] as LoadConnection[]).push(connection);
        finishIfOver();
      });
    };
    const takeQueued = (target: number) => {
      const queue = waiting[target] as { intendedMs: number; path: string }[];
      for (;;) {
        const queued = queue.shift();
        if (!queued) return undefined;
        if (run.nowMs - queued.intendedMs < plan.timeoutMs && !run.aborted) return queued;
        run.giveUp(queued.intendedMs);
      }
    };
    const launch = (path: string, intendedMs: number) => {
      const target = nextTarget();
      // The last used first: as few connections as the load needs.
      let connection = (free[target] as LoadConnection[]).pop();
      if (!connection) {
        if ((opened[target] ?? 0) >= mostConnections) {
          (waiting[target] as { intendedMs: number; path: string }[]).push({ intendedMs, path });
          return;
        }
        opened[target] = (opened[target] ?? 0) + 1;
        connection = run.connect(target);
      }
      underWay++;
      begin(connection, target, path, intendedMs);
    };
    const tick = () => {
      const nowMs = run.nowMs;
      while (!next.done && next.value.atMs <= nowMs && !run.aborted) {
        launch(next.value.path, next.value.atMs);
        next = schedule.next();
      }
      if (next.done || run.aborted) {
        allStarted = true;
        if (run.aborted) resolve();
        finishIfOver();
        return;
      }
      const wait = next.value.atMs - run.nowMs;
      if (wait > TIMER_MS + 1) setTimeout(tick, plan.spin ? wait - TIMER_MS - 1 : wait);
      else if (plan.spin) setImmediate(tick);
      else setTimeout(tick, Math.max(TIMER_MS, wait));
    };
    tick();
  });
}
