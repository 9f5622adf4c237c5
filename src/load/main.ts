// The load generator as a process, for a client node: `node src/load/main.ts < plan.json`. Targets may be given by name,
// which means what it means in that node. One JSON line a second on standard output (`{"progress": …}`), the last one is
// `{"result": …}`.

import { lookup } from 'node:dns/promises';
import { mayLoad } from './address-guard.ts';
import { runLoad } from './io/run-load.ts';
import type { LoadPlan, LoadTarget } from './load-plan.ts';

type GivenPlan = Omit<LoadPlan, 'targets'> & {
  targets: (Omit<LoadTarget, 'address'> & { hostname: string })[];
  /** Send load to whatever address; else only to this machine's and the lab's. */
  ownsThem?: boolean;
};

const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
let given: GivenPlan;
try {
  given = JSON.parse(Buffer.concat(chunks).toString('utf8')) as GivenPlan;
} catch {
  process.stderr.write('load: standard input holds no plan (JSON as in src/load/load-plan.ts)\n');
  process.exit(2);
}
const targets = await Promise.all(
  given.targets.map(async ({ hostname, port, host }): Promise<LoadTarget> => {
    const { address } = await lookup(hostname);
    if (given.ownsThem !== true && !mayLoad(address))
      throw new Error(`${hostname} (${address}) is neither this machine nor of the lab`);
    return { address, port, host };
  }),
).catch((error: Error) => {
  process.stderr.write(`load: ${error.message}\n`);
  process.exit(1);
});
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
process.once('SIGINT', () => stop.abort());
const result = await runLoad(
  { ...given, targets },
  {
    signal: stop.signal,
    onProgress: ({ elapsedMs, totalMs, result: { requests, requestsPerSecond, errors } }) =>
      say({ progress: { elapsedMs, totalMs, requests, requestsPerSecond, errors } }),
  },
);
say({ result });
process.exit(0);

function say(line: object): void {
  // Pipes are written synchronously on Linux, so nothing is lost at the exit.
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
