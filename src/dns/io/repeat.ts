// Runs a task again and again, `intervalMs` from start to start (or what the task returns), never twice at once, until
// it is stopped.

export function repeat(task: () => Promise<unknown>, intervalMs: number, firstDelayMs = 0): { stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const run = async () => {
    const started = performance.now();
    const wanted = await task();
    const spacingMs = typeof wanted === 'number' ? wanted : intervalMs;
    if (!stopped) timer = setTimeout(run, Math.max(0, spacingMs - (performance.now() - started)));
  };
  timer = setTimeout(run, firstDelayMs);
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
