// Active health checks: a GET every so often, good when it is answered 2xx or 3xx in time. Over the member's own
// transport, so that what is checked is what is used. The verdict (rise, fall) is upstream/health-state.ts.

import type { Random } from '../../base/random.ts';
import { nextCheckMs } from '../upstream/health-state.ts';
import type { HealthCheckOptions } from '../upstream/upstream-config.ts';
import type { Upstream } from '../upstream.ts';

/** The first check comes at once, then one every interval, never two at a time. Returns how to stop. */
export function startHealthCheck(
  transport: Upstream,
  host: string,
  options: HealthCheckOptions,
  random: Random,
  onResult: (problem: string | undefined) => void,
): () => void {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let stopCheck: () => void = () => {};
  const round = () => {
    stopCheck = checkOnce(transport, host, options, (problem) => {
      if (stopped) return;
      onResult(problem);
      timer = setTimeout(round, nextCheckMs(options, random()));
      timer.unref();
    });
  };
  round();
  return () => {
    stopped = true;
    clearTimeout(timer);
    stopCheck();
  };
}

function checkOnce(
  transport: Upstream,
  host: string,
  options: HealthCheckOptions,
  onResult: (problem: string | undefined) => void,
): () => void {
  let over = false;
  const finish = (problem: string | undefined) => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    onResult(problem);
  };
  let problem: string | undefined;
  const exchange = transport.send(
    {
      method: 'GET',
      pathAndQuery: options.path,
      fields: ['Host', host, 'User-Agent', 'catchment-health-check', 'Cache-Control', 'no-store'],
    },
    {
      onHead: (status) => {
        problem = status >= 200 && status < 400 ? undefined : `status ${status}`;
      },
      // The body is read to its end, or the connection could not be kept.
      onData: () => {},
      onEnd: () => finish(problem),
      onFailure: (failure) => finish(failure.error),
    },
  );
  const timer = setTimeout(() => {
    finish(`no answer within ${options.timeoutMs} ms`);
    exchange.abort();
  }, options.timeoutMs);
  timer.unref();
  return () => {
    finish('stopped');
    exchange.abort();
  };
}
