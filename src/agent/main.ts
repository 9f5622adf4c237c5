// The POP agent: announces the POP's anycast prefixes while its services are healthy, and measures RTTs to the client
// networks for `latency` steering. `node src/agent/main.ts --config FILE`. SIGTERM withdraws, then ends.

import { readConfigFile, runMain } from '../base/io/config-file.ts';
import { keepHeapSmall } from '../base/io/keep-heap-small.ts';
import { type AgentConfig, parseAgentConfig } from './config.ts';
import { Announcer } from './io/announcer.ts';
import { RttMeasurer } from './io/rtt-measurer.ts';
import { serveState } from './io/state-server.ts';

runMain(async () => {
  const { file, text } = readConfigFile(process.argv.slice(2), 'node src/agent/main.ts --config FILE');
  await runAgent(parseAgentConfig(text, file));
});

async function runAgent(config: AgentConfig): Promise<void> {
  const log = (message: string, fields: Record<string, unknown> = {}) =>
    process.stdout.write(
      `${JSON.stringify({ at: new Date().toISOString(), pop: config.pop, message, ...fields })}\n`,
    );
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
  const announcer = new Announcer(config, log);
  const measurer = new RttMeasurer(config);
  const { pop, services } = config;
  const servers = await serveState(config.listen, { pop, services, announcer, measurer });
  log('started', { targets: config.targets.length });
  keepHeapSmall();
  const measuring = measurer.run(stop.signal);
  await announcer.run(stop.signal);
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  await measuring;
  log('stopped');
}
