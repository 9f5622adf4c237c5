// The origin as a process: `node src/origin/main.ts --config origin.json`. One JSON line per event on stdout, user
// mistakes in plain words on stderr, SIGTERM ends it cleanly.

import { readConfigFile, runMain } from '../base/io/config-file.ts';
import { keepHeapSmall } from '../base/io/keep-heap-small.ts';
import { parseOriginConfig } from './config.ts';
import { startOrigin } from './io/start-origin.ts';

async function main(): Promise<void> {
  const { file, text } = readConfigFile(
    process.argv.slice(2),
    'node src/origin/main.ts --config origin.json',
  );
  const config = parseOriginConfig(text, file);
  const log = (event: string, details: object = {}) =>
    console.log(JSON.stringify({ at: new Date().toISOString(), service: 'origin', event, ...details }));
  const origin = await startOrigin(config);
  log('listening', { addresses: origin.addresses, admin: origin.adminAddress });
  keepHeapSmall();
  const stop = async () => {
    log('stopping');
    await origin.close();
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

runMain(main);
