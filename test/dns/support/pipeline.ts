// The server's packet handler without sockets: loaded from files as the server loads them, then asked in this process with
// a clock that the test sets. Packets lie in a buffer used over and over, as a worker's do, so that the end of an older one
// follows each; a bug that the handler would hide behind SERVFAIL is thrown.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { allSteps } from '../../../src/base/all-steps.ts';
import { OnlineSigner } from '../../../src/dns/dnssec/online-signer.ts';
import { type PacketHandler, STREAM_REPLY_BYTES, UDP_REPLY_BYTES } from '../../../src/dns/io/listener.ts';
import { loadServer } from '../../../src/dns/io/load-server.ts';
import { Metrics } from '../../../src/dns/metrics.ts';
import { QueryPipeline, tableOfNames } from '../../../src/dns/query-pipeline.ts';
import { createRateTable, RateLimiter } from '../../../src/dns/rate-limit.ts';
import { Steering } from '../../../src/dns/steering/steering.ts';
import { TsigHandler } from '../../../src/dns/zone/tsig-handler.ts';
import { findZone } from '../../../src/dns/zone/zone.ts';
import { parseAddress } from '../../../src/net/ip-address.ts';
import { worldConfig, worldFiles } from './world.ts';

export interface TestPipeline {
  /** Undefined when there is no reply; a transfer counts as none. The reply is the test's to keep. */
  handle(packet: Uint8Array, transport: 'udp' | 'tcp', source?: Uint8Array): Buffer | undefined;
  pipeline: QueryPipeline;
  steering: Steering;
  clock: { monotonicMs: number; epochSeconds: number };
  metrics: Metrics;
}

const SOURCE = parseAddress('198.51.100.77') as Uint8Array;

/** `config` replaces whole fields of the small world's, `files` add to its files. */
export async function testPipeline(
  config: object = { rateLimit: false },
  files: Record<string, string | Uint8Array> = {},
): Promise<TestPipeline> {
  const folder = mkdtempSync(join(tmpdir(), 'catchment-dns-pipeline-'));
  for (const [path, contents] of Object.entries({ ...worldFiles(), ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    // Keys are refused when others can read them.
    writeFileSync(join(folder, path), contents, { mode: 0o600 });
  }
  writeFileSync(join(folder, 'dns.json'), JSON.stringify(worldConfig(config)));
  const { data } = await loadServer(join(folder, 'dns.json')).finally(() =>
    rmSync(folder, { recursive: true }),
  );

  const clock = { monotonicMs: 1_000_000, epochSeconds: Math.floor(Date.now() / 1000) };
  const metrics = new Metrics();
  const steering = new Steering(data.steering);
  let bug: unknown;
  const { signing } = data;
  const pipeline = new QueryPipeline({
    data,
    names: allSteps(tableOfNames(data.zones)),
    steering,
    metrics,
    clock: { monotonicMs: () => clock.monotonicMs, epochSeconds: () => clock.epochSeconds },
    ...(data.rateLimit && { rateLimiter: new RateLimiter(data.rateLimit, createRateTable(1)) }),
    ...(signing && {
      signer: new OnlineSigner(signing.keys, {
        ...signing,
        zoneOf: (name, type) => findZone(data.zones, name, type),
      }),
    }),
    onInternalError: (error) => {
      bug = error;
    },
  });
  const handler: PacketHandler = data.tsig
    ? new TsigHandler(pipeline, { ...data.tsig, epochSeconds: () => clock.epochSeconds })
    : pipeline;
  const taken = Buffer.alloc(65_535);
  const out = { udp: Buffer.alloc(UDP_REPLY_BYTES), tcp: Buffer.alloc(STREAM_REPLY_BYTES) };
  return {
    pipeline,
    steering,
    clock,
    metrics,
    handle: (packet, transport, source = SOURCE) => {
      taken.set(packet);
      const length = handler.handle(taken, packet.length, source, transport, out[transport]);
      if (bug) throw bug;
      return length > 0 ? Buffer.from(out[transport].subarray(0, length)) : undefined;
    },
  };
}
