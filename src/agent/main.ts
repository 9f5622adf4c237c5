// The POP agent: announces the POP's anycast prefixes while its services are healthy, and measures RTTs to the client
// networks for `latency` steering. `node src/agent/main.ts --config FILE`. SIGTERM withdraws, then ends.

import { existsSync, readFileSync, unlinkSync } from 'node:fs';
import { UserError } from '../base/errors.ts';
import { keepHeapSmall } from '../base/io/keep-heap-small.ts';
import { type AgentConfig, parseAgentConfig } from './config.ts';
import { Announcer } from './io/announcer.ts';
import { RttMeasurer } from './io/rtt-measurer.ts';
import { serveState } from './io/state-server.ts';

try {
  await runAgent(readConfig(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
}

async function runAgent(config: AgentConfig): Promise<void> {
  const log = (message: string, fields: Record<string, unknown> = {}) =>
    process.stdout.write(
      `${JSON.stringify({ at: new Date().toISOString(), pop: config.pop, message, ...fields })}\n`,
    );
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
  const announcer = new Announcer(config, log);
  const measurer = new RttMeasurer(config);
  removeStaleSockets(config);
  const servers = await serveState(config.listen, { pop: config.pop, announcer, measurer });
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

/** A killed predecessor leaves its socket file behind, and listen would refuse it. */
function removeStaleSockets(config: AgentConfig): void {
  for (const place of config.listen) if ('path' in place && existsSync(place.path)) unlinkSync(place.path);
}

function readConfig(argv: string[]): AgentConfig {
  const file = argv[0] === '--config' ? argv[1] : undefined;
  if (!file) {
    throw new UserError(
      { message: 'no configuration given', hint: 'node src/agent/main.ts --config FILE' },
      2,
    );
  }
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new UserError({ message: `cannot read the configuration: ${(cause as Error).message}`, file }, 2, {
      cause,
    });
  }
  return parseAgentConfig(text, file);
}
