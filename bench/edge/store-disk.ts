// The disk tier in figures: how fast it takes evictions, what a load costs, how long the event loop stands still
// meanwhile, how long a restart takes.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { openDiskTier } from '../../src/edge/io/disk-tier.ts';
import { responseHead } from '../../src/edge/stored-response.ts';

export interface DiskFigures {
  recordsPerSecond: number;
  mebibytesPerSecond: number;
  loadMicroseconds: number;
  /** 99th percentile and greatest, while it wrote. */
  loopDelayMs: [number, number];
  restartMs: number;
  indexBytesPerRecord: number;
}

export async function measureDisk(records: number, bodyBytes: number): Promise<DiskFigures> {
  const directory = await mkdtemp(join(tmpdir(), 'catchment-bench-disk-'));
  const options = { directory, maxBytes: 4 * records * (bodyBytes + 2048), now: Date.now };
  try {
    const tier = await openDiskTier(options);
    const head = responseHead({
      status: 200,
      fields: ['Content-Type', 'text/html', 'Cache-Control', 'max-age=60', 'ETag', '"abc"'],
      requestFields: [],
      requestTimeMs: 0,
      responseTimeMs: 0,
    });
    const response = { ...head, body: [new Uint8Array(bodyBytes).fill(7)], size: bodyBytes };
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    let began = performance.now();
    for (let i = 0; i < records; i++) {
      tier.offer(`http://www.example.com/${i}`, response);
      // A tenth of the queue at a time, as evictions come.
      if (i % Math.max(1, Math.floor(1_600_000 / (bodyBytes + 600))) === 0) await tier.flushed();
    }
    await tier.flushed();
    const writeSeconds = (performance.now() - began) / 1000;
    delay.disable();
    const { written, writtenBytes, indexBytes } = tier.stats();
    const loads = Math.min(2000, records);
    began = performance.now();
    for (let i = 0; i < loads; i++) await tier.load(`http://www.example.com/${(i * 7919) % records}`);
    const loadMicroseconds = (1000 * (performance.now() - began)) / loads;
    await tier.close();
    began = performance.now();
    const again = await openDiskTier(options);
    const restartMs = performance.now() - began;
    if (again.stats().records !== written) throw new Error('a restart found other records than were written');
    await again.close();
    return {
      recordsPerSecond: Math.round(written / writeSeconds),
      mebibytesPerSecond: Math.round(writtenBytes / writeSeconds / 2 ** 20),
      loadMicroseconds: Math.round(loadMicroseconds),
      loopDelayMs: [delay.percentile(99) / 1e6, delay.max / 1e6],
      restartMs: Math.round(restartMs),
      indexBytesPerRecord: Math.round(indexBytes / written),
    };
  } finally {
    await rm(directory, { recursive: true });
  }
}
