// Runs a task again and again, `intervalMs` from start to start (or what the task returns), never twice at once, until
// it is stopped. Its signal tells a running task to give up.

export function repeat(
  task: (stopped: AbortSignal) => Promise<unknown>,
  intervalMs: number,
  firstDelayMs = 0,
): { stop(): void } {
  const stop = new AbortController();
  const run = async () => {
    const started = performance.now();
    const wanted = await task(stop.signal);
    const spacingMs = typeof wanted === 'number' ? wanted : intervalMs;
    if (!stop.signal.aborted) timer = setTimeout(run, Math.max(0, spacingMs - (performance.now() - started)));
  };
  let timer = setTimeout(run, firstDelayMs);
  return {
    stop() {
      clearTimeout(timer);
      stop.abort();
    },
  };
}
