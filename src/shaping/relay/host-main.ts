// The relay's host as a process: `relay-host --config FILE --socket PATH [--state FILE]` (relay-host.ts). One JSON line
// per event on stdout, mistakes in plain words on stderr; SIGTERM ends it and the relay at once, since what a relay
// holds is not worth waiting for.

import { parseArgs } from 'node:util';
import { UserError } from '../../base/errors.ts';
import { readConfigFile, runMain } from '../../base/io/config-file.ts';
import { keepHeapSmall } from '../../base/io/keep-heap-small.ts';
import { parseHostConfig } from './host-config.ts';
import { HostState } from './io/host-state.ts';
import { startRelayHost } from './io/relay-host.ts';

const USAGE = 'relay-host --config relay.json --socket /run/catchment/relay.sock [--state FILE]';

async function main(): Promise<void> {
  const { configFile, socket, stateFile } = readArguments(process.argv.slice(2));
  const { file, text } = readConfigFile(['--config', configFile], USAGE);
  const config = parseHostConfig(text, file);
  const log = (message: string) =>
    console.log(JSON.stringify({ at: new Date().toISOString(), service: 'relay', message }));
  // In a container this is process 1, to which the kernel delivers only signals that are asked for. The relay ends by itself.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));
  const state = stateFile ? new HostState(stateFile, config.links) : undefined;
  const { relay } = await startRelayHost(config, { socket, state, log });
  if (relay.working) log(`${config.links.length} links on ${config.underlay.address}`);
  keepHeapSmall();
}

function readArguments(args: string[]): { configFile: string; socket: string; stateFile?: string } {
  const text = { type: 'string' } as const;
  try {
    const { values } = parseArgs({ args, options: { config: text, socket: text, state: text } });
    const { config: configFile, socket, state: stateFile } = values;
    if (configFile && socket) return { configFile, socket, stateFile };
  } catch (error) {
    throw new UserError({ message: (error as Error).message, hint: USAGE }, 2);
  }
  throw new UserError({ message: '--config and --socket are needed', hint: USAGE }, 2);
}

runMain(main);
