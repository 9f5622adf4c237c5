// `./lab edge --config FILE`: the edge in the foreground, in this process.

export async function runEdge(config: string): Promise<void> {
  // The command line takes signals for an interruption; the edge ends, drains and reloads by them.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.removeAllListeners(signal);
  // The edge's program reads its own command line and begins when it is loaded.
  process.argv = [...process.argv.slice(0, 1), 'edge', '--config', config];
  await import('../../edge/main.ts');
  await new Promise(() => {});
}
