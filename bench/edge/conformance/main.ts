// The conformance suite against our edge and every peer that is installed, one after the other, over HTTP: counts by
// category, and as JSON for the documents. `node bench/edge/conformance/main.ts [--only a,b] [--json FILE] [--failing]`

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PROJECT_FOLDER } from '../../../src/base/project-folder.ts';
import { startSuiteOrigin } from '../../../test/edge/conformance/origin.ts';
import { type CaseResult, runCases } from '../../../test/edge/conformance/run-cases.ts';
import { SUITE } from '../../../test/edge/conformance/suite.ts';
import { tally } from '../../../test/edge/conformance/tally.ts';
import { killServers, type ServerKind, startServer } from '../server.ts';
import { conformanceServers } from './servers.ts';
import { table } from './table.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    /** Where the counts go. */
    json: { type: 'string' },
    /** Name every case that did not pass, and why. */
    failing: { type: 'boolean', default: false },
    server: { type: 'string', default: join(PROJECT_FOLDER, 'src/edge/main.ts') },
  },
});

// Debian keeps daemons where an ordinary user's PATH does not look.
process.env['PATH'] = `${process.env['PATH']}:/usr/local/sbin:/usr/sbin:/sbin`;
const scratch = mkdtempSync(join(tmpdir(), 'catchment-conformance-'));
chmodSync(scratch, 0o755);
const clean = () => {
  killServers();
  rmSync(scratch, { recursive: true, force: true });
};
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    clean();
    process.exit(130);
  });
}

const origin = await startSuiteOrigin();
const results = new Map<string, CaseResult[]>();
try {
  const wanted = values.only?.split(',');
  for (const kind of conformanceServers(values.server, origin.port)) {
    if (wanted && !wanted.includes(kind.name)) continue;
    const found = await tried(kind);
    if (found) results.set(kind.name, found);
  }
} finally {
  await origin.close();
  clean();
}
const counts = Object.fromEntries([...results].map(([name, found]) => [name, tally(found)]));
console.log(table(counts));
if (values.failing) {
  for (const [name, found] of results)
    for (const { test, verdict, reason } of found)
      if (verdict !== 'pass') console.log(`${name}\t${test.level}\t${verdict}\t${test.id}\t${reason}`);
}
if (values.json) {
  const failing = Object.fromEntries(
    [...results].map(([name, found]) => [
      name,
      found.filter(({ verdict }) => verdict !== 'pass').map(({ test, reason }) => ({ id: test.id, reason })),
    ]),
  );
  writeFileSync(values.json, `${JSON.stringify({ cases: SUITE.length, counts, failing }, null, 2)}\n`);
}

async function tried(kind: ServerKind): Promise<CaseResult[] | undefined> {
  try {
    const server = await startServer(kind, scratch, { originPort: origin.port });
    const { port } = server;
    const found = await runCases(origin, SUITE, {
      host: '127.0.0.1',
      port,
      runName: kind.name,
      concurrency: 32,
    });
    await server.stop();
    return found;
  } catch (error) {
    console.error(`${kind.name} left out: ${(error as Error).message}`);
    return undefined;
  }
}
