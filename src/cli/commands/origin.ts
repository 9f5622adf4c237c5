// `./lab origin`: the origin by itself, without a lab: something to put a cache in front of.

import type { Command } from 'commander';
import { UserError } from '../../base/errors.ts';
import type { Endpoint } from '../../net/endpoint.ts';
import { LATENCY_PROFILES } from '../../origin/latency-profile.ts';
import { parseEndpoint } from '../listen-option.ts';

const DEFAULT_LISTEN = '127.0.0.1:8080';

interface OriginOptions {
  config?: string;
  listen?: Endpoint;
  admin?: Endpoint;
  latency?: string;
  seed?: string;
}

export function define(command: Command): void {
  command
    .description(
      'The origin by itself, in the foreground: content, caching fields and trouble as its URLs ask for.',
    )
    .option(
      '-c, --config <file>',
      'its configuration (src/origin/README.md), in the place of the options below',
    )
    .option('--listen <address:port>', `where it listens; by default ${DEFAULT_LISTEN}`, parseEndpoint)
    .option('--admin <address:port>', 'faults, counters and metrics', parseEndpoint)
    .option('--latency <profile>', `how long answers take: ${LATENCY_PROFILES.join(', ')}`)
    .option('--seed <number>', 'of content and latencies')
    .addHelpText(
      'after',
      `
SIGTERM and Ctrl-C end it. src/origin/README.md lists what its URLs can ask for.

Examples:
  ./lab origin
  ./lab origin --listen 127.0.0.1:8081 --latency cdn --admin 127.0.0.1:9081
  ./lab origin --config origin.json
  curl -i 'http://127.0.0.1:8080/json/1?max_age=60&swr=30&vary=accept-language'
  curl -i 'http://127.0.0.1:8080/bytes/64k?fault=truncated'`,
    )
    .action(async ({ config, ...options }: OriginOptions) => {
      const { runOrigin } = await import('../../origin/io/run-origin.ts');
      const { parseOriginConfig } = await import('../../origin/config.ts');
      const { file, text } = await written(config, options);
      const parsed = parseOriginConfig(text, file);
      // The command line takes signals for an interruption; the origin ends by them.
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeAllListeners(signal);
      await runOrigin(parsed);
      await new Promise(() => {});
    });
}

/** The configuration's text: the file's, or what the options say. */
async function written(
  config: string | undefined,
  { listen, admin, latency, seed }: Omit<OriginOptions, 'config'>,
): Promise<{ file: string; text: string }> {
  if (config !== undefined) {
    const { readConfigFile } = await import('../../base/io/config-file.ts');
    if (listen ?? admin ?? latency ?? seed)
      throw new UserError(
        { message: '--config says all that the other options could', hint: './lab origin --help' },
        2,
      );
    return readConfigFile(['--config', config], './lab origin --config origin.json');
  }
  const text = JSON.stringify({
    listen: [listen ?? parseEndpoint(DEFAULT_LISTEN)],
    ...(admin && { admin }),
    ...(latency && { latencyProfile: latency }),
    ...(seed && { seed: Number(seed) }),
  });
  return { file: 'the options', text };
}
