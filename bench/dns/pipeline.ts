// Cost of one query in the pipeline, without sockets: decode, steer, encode. `node bench/dns/pipeline.ts`, with --signed for
// a signed zone. `--profile ecs` runs one query set only, long enough for `node --cpu-prof`.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadServer } from '../../src/dns/io/load-server.ts';
import { createQueryHandler } from '../../src/dns/io/query-handler.ts';
import { createRateTable } from '../../src/dns/rate-limit.ts';
import { geoipFile } from './geoip-files.ts';
import { distinctNames, makeQuerySets, type QuerySet } from './queries.ts';
import { catchment } from './servers/catchment.ts';

const ROUNDS = 1_000_000;
const UDP_BYTES = 1232;

const { values } = parseArgs({
  options: { profile: { type: 'string' }, signed: { type: 'boolean', default: false } },
});
const scratch = mkdtempSync(join(tmpdir(), 'catchment-bench-pipeline-'));
try {
  const server = catchment('', {
    name: 'ours',
    policy: 'map',
    workers: 0,
    signed: values.signed,
  });
  server.prepare(scratch, {
    port: 0,
    threads: 0,
    database: geoipFile('GeoLite2-Country.mmdb', console.error),
  });
  const { data } = await loadServer(join(scratch, 'dns.json'));
  const handler = createQueryHandler({ data, changes: {}, rateTable: createRateTable(1) }, console.error);
  const sets: { [name: string]: QuerySet } = {
    ...makeQuerySets(scratch),
    nxdomain: distinctNames(scratch, 10_000),
  };
  for (const [name, { queries }] of Object.entries(sets)) {
    if (values.profile && name !== values.profile) continue;
    measure(handler, name, queries, values.profile ? 10 * ROUNDS : ROUNDS);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function measure(
  handler: ReturnType<typeof createQueryHandler>,
  name: string,
  queries: readonly Buffer[],
  rounds: number,
): void {
  const out = Buffer.alloc(UDP_BYTES);
  const source = Uint8Array.of(198, 51, 100, 7);
  const ask = (i: number) => {
    const query = queries[i % queries.length] as Buffer;
    return handler.handle(query, query.length, source, 'udp', out);
  };
  for (let i = 0; i < ROUNDS / 10; i++) ask(i);
  const heapBefore = process.memoryUsage().heapUsed;
  const started = process.cpuUsage();
  let bytes = 0;
  for (let i = 0; i < rounds; i++) bytes += ask(i);
  const { user, system } = process.cpuUsage(started);
  const heap = (process.memoryUsage().heapUsed - heapBefore) / rounds;
  console.log(
    `${name.padEnd(8)} ${((user + system) / rounds).toFixed(3)} µs of CPU a query, ${(bytes / rounds).toFixed(0)} bytes a reply, heap ${heap >= 0 ? `+${heap.toFixed(1)} bytes a query` : 'collected'}`,
  );
}
