// Memory of the whole process for each cached object of 1 kB, filled over HTTP as in life: keys, fields, indexes, and
// what the heap holds besides, without the body.

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HOST, openClient } from '../client.ts';
import { startOriginProcess } from '../origin-process.ts';
import type { Bench } from '../prepare.ts';
import type { RunningServer } from '../server.ts';

const OBJECT_BYTES = 1024;
const BAR_BYTES = 700;
const CONNECTIONS = 64;
/** More than a million fills take. */
const FILL_SECONDS = 1800;
/** Warm code and grown pools do not count: this many are filled before. */
const BEFORE = 5000;
/** The heap is collected when it is idle, in steps. */
const SETTLE_MS = 5000;

export async function memory(bench: Bench): Promise<void> {
  const counts = bench.quick ? [20_000] : [100_000, 1_000_000];
  const origin = await startOriginProcess();
  try {
    const cacheBytes = (Math.max(...counts) + BEFORE) * OBJECT_BYTES * 3;
    await bench.with(bench.ours(), { originPort: origin.port, cacheBytes }, async (server) => {
      await fill(bench, server, -BEFORE, 0);
      await sleep(SETTLE_MS);
      const before = server.memory().rss;
      let filled = 0;
      for (const count of counts) {
        const startedMs = performance.now();
        await fill(bench, server, filled, count);
        const seconds = (performance.now() - startedMs) / 1000;
        const rate = (count - filled) / seconds;
        filled = count;
        await sleep(SETTLE_MS);
        const { rss, peakRss } = server.memory();
        const kept = await keptOf(server, count);
        bench.record({
          section: 'Memory of a cached object of 1 kB, beside its body',
          what: `${count} objects`,
          value: ((rss - before) * 2 ** 20) / count - OBJECT_BYTES,
          unit: 'bytes',
          bar: BAR_BYTES,
          detail: `RSS ${rss.toFixed(0)} MB (${before.toFixed(0)} before, at most ${peakRss.toFixed(0)}), ${rate.toFixed(0)} fills/s, ${(kept * 100).toFixed(0)} % of a sample still cached`,
        });
      }
    });
  } finally {
    await origin.stop();
  }
}

/** With wrk, whose requests cost little, so that a million fills end in minutes. */
async function fill(bench: Bench, server: RunningServer, from: number, to: number): Promise<void> {
  const script = join(bench.scratch, 'fill.lua');
  writeFileSync(
    script,
    `local n = ${from}
request = function()
  if n < ${to} then n = n + 1 end
  return wrk.format(nil, '/object/' .. (n - 1))
end
local answers = 0
response = function(status)
  answers = answers + 1
  if status ~= 200 then io.write('status ' .. status .. '\\n') io.flush() end
  if answers == ${to - from + CONNECTIONS} then io.write('filled\\n') io.flush() end
end
`,
  );
  const options = ['-t1', `-c${CONNECTIONS}`, `-d${FILL_SECONDS}s`, '-s', script, '-H', `Host: ${HOST}`];
  // wrk ends by the clock only, so it is told when all is filled; until then it asks for the last one again.
  const child = spawn('wrk', [...options, `http://127.0.0.1:${server.port}`]);
  try {
    for await (const lines of child.stdout) {
      const text = String(lines);
      if (text.includes('status')) throw new Error(`a fill was answered with ${text.trim()}`);
      if (text.includes('filled')) return;
    }
  } finally {
    child.kill('SIGKILL');
  }
}

/** Share of a sample that is answered from the cache. */
async function keptOf(server: RunningServer, count: number): Promise<number> {
  const client = await openClient(server.port);
  let kept = 0;
  for (let i = 0; i < 200; i++) {
    const { head } = await client.ask(`/object/${Math.floor((i * count) / 200)}`);
    if (/^cache-status:.*hit/im.test(head)) kept++;
  }
  client.close();
  return kept / 200;
}
