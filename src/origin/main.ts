// The origin as a process: `node src/origin/main.ts --config origin.json`; user mistakes in plain words on stderr.

import { readConfigFile, runMain } from '../base/io/config-file.ts';
import { parseOriginConfig } from './config.ts';
import { runOrigin } from './io/run-origin.ts';

async function main(): Promise<void> {
  const { file, text } = readConfigFile(
    process.argv.slice(2),
    'node src/origin/main.ts --config origin.json',
  );
  await runOrigin(parseOriginConfig(text, file));
}

runMain(main);
