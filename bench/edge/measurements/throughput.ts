// Requests a second of cached objects, one process on one processor, beside nginx in the same rounds.

import { ask } from '../client.ts';
import { type Comparison, takeTurns } from '../paired.ts';
import type { Bench } from '../prepare.ts';
import { CLIENT_CPU, SERVER_CPU } from '../processors.ts';
import type { RunningServer } from '../server.ts';
import { nginx } from '../servers/nginx.ts';
import { squid } from '../servers/squid.ts';
import { trafficserver } from '../servers/trafficserver.ts';
import { varnish } from '../servers/varnish.ts';
import { CONNECTIONS, writeWrkScript } from '../wrk.ts';

interface Load {
  name: string;
  path: string;
  bytes: number;
  fields: readonly string[];
  /** Requests a second, of nginx's, at least. */
  bar: number;
}

/** What a browser sends; with Host they are eleven. */
const BROWSER_FIELDS = [
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Accept-Language: en-GB,en;q=0.7,de;q=0.3',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Referer: https://www.example.org/articles/2026/cache',
  'DNT: 1',
  'Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; consent=yes',
  'Sec-Fetch-Dest: document',
  'Sec-Fetch-Mode: navigate',
  'Sec-Fetch-Site: same-origin',
];

const LOADS: readonly Load[] = [
  { name: '1 kB, one request field', path: '/hit/1k', bytes: 1024, fields: [], bar: 1.2 },
  { name: '1 kB, eleven request fields', path: '/hit/1k', bytes: 1024, fields: BROWSER_FIELDS, bar: 1 },
  { name: '100 kB, one request field', path: '/hit/100k', bytes: 102_400, fields: [], bar: 0.9 },
];

/** Half a millisecond: below that a p99 is the machine's and not the server's. */
const P99_NOISE_MS = 0.5;

export async function throughput(bench: Bench): Promise<void> {
  const script = writeWrkScript(bench.scratch);
  const kinds = [
    nginx('default'),
    bench.ours(),
    ...(bench.quick ? [] : [varnish, trafficserver, squid('default')]),
  ];
  const servers: RunningServer[] = [];
  try {
    for (const kind of kinds) servers.push(await bench.start(kind, { cpu: SERVER_CPU }));
    for (const load of LOADS) {
      bench.origin.behave(load.path, { cacheControl: 'max-age=86400', bytes: load.bytes });
      for (const server of servers) await checkHit(bench, server, load);
      const wrkLoad = { path: load.path, fields: load.fields, seconds: 2, cpu: CLIENT_CPU };
      const results = await takeTurns(servers, script, wrkLoad, bench.quick ? 3 : 7);
      results.forEach((result, i) => {
        record(bench, load, (servers[i + 1] as RunningServer).name, result);
      });
    }
  } finally {
    for (const server of servers) await server.stop();
  }
}

function record(bench: Bench, load: Load, name: string, result: Comparison): void {
  const { subject, reference } = result;
  const isOurs = name === 'ours';
  const section = `Throughput: cached ${load.name}, ${CONNECTIONS} connections, one processor`;
  const details = [
    `${subject.perSecond.toFixed(0)}/s beside ${reference.perSecond.toFixed(0)}`,
    `p50 ${subject.p50Ms.toFixed(2)} ms beside ${reference.p50Ms.toFixed(2)}`,
    `others took ${(subject.others * 100).toFixed(0)} % of a processor meanwhile, of nginx ${(reference.others * 100).toFixed(0)} %`,
    ...(subject.errors > 0 ? [`${subject.errors} errors`] : []),
    ...(result.dropped > 0 ? [`${result.dropped} rounds left out for that`] : []),
  ];
  bench.record({
    section,
    what: `requests a second, ${name}`,
    value: result.rateRatio,
    unit: '× nginx',
    ...(isOurs && { bar: load.bar, atLeast: true }),
    detail: details.join('; '),
  });
  bench.record({
    section,
    what: `requests for a CPU second, ${name}`,
    value: 1 / result.cpuRatio,
    unit: '× nginx',
    ...(isOurs && { bar: load.bar, atLeast: true }),
    detail: `CPU ${subject.cpuMicroseconds.toFixed(1)} µs a request beside ${reference.cpuMicroseconds.toFixed(1)}; what a rate is where nothing else runs`,
  });
  bench.record({
    section,
    what: `p99, ${name}`,
    value: subject.p99Ms,
    unit: 'ms',
    ...(isOurs && { bar: reference.p99Ms + P99_NOISE_MS }),
    detail: `nginx ${reference.p99Ms.toFixed(2)} ms; median ratio of the rounds ${result.p99Ratio.toFixed(2)}`,
  });
  if (isOurs && subject.errors > 0) bench.problems.push(`${subject.errors} errors at ${load.name}`);
}

/** Fills the cache and looks whether the second answer is the cache's, whole and right. */
async function checkHit(bench: Bench, server: RunningServer, load: Load): Promise<void> {
  const fields = Object.fromEntries(
    load.fields.map((field) => field.split(/: (.*)/s, 2) as [string, string]),
  );
  // Twice before it counts: Traffic Server stores after it has answered.
  for (let i = 0; i < 3; i++) await ask(server.port, load.path, { fields });
  const before = bench.origin.asked(load.path);
  const reply = await ask(server.port, load.path, { fields });
  if (reply.status !== 200 || reply.body.length !== load.bytes)
    bench.problems.push(`${server.name}: ${load.name}: ${reply.status} with ${reply.body.length} bytes`);
  if (bench.origin.asked(load.path) !== before) bench.say(`  ${server.name} does not cache: ${load.name}`);
}
