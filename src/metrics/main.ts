// The metrics gateway as a process: `node src/metrics/main.ts --config metrics.json`. One JSON line per event on stdout,
// user mistakes in plain words on stderr, SIGTERM ends it cleanly.

import { readConfigFile, runMain } from '../base/io/config-file.ts';
import { keepHeapSmall } from '../base/io/keep-heap-small.ts';
import { parseMetricsConfig } from './config.ts';
import { startGateway } from './io/gateway.ts';

async function main(): Promise<void> {
  const usage = 'node src/metrics/main.ts --config metrics.json';
  const { file, text } = readConfigFile(process.argv.slice(2), usage);
  const config = parseMetricsConfig(text, file);
  const log = (event: string, details: object = {}) =>
    console.log(JSON.stringify({ at: new Date().toISOString(), service: 'metrics', event, ...details }));
  const gateway = await startGateway(config);
  log('listening', { address: gateway.address, port: gateway.port, targets: config.targets.length });
  keepHeapSmall();
  const stop = async () => {
    log('stopping');
    await gateway.close();
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

runMain(main);
