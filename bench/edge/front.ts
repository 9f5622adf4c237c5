// The HTTP server alone against nginx: hits of 1 kB (with few and with eleven request fields) and of 100 kB, wrk with 64
// connections, server and client each on a core of its own, in interleaved slices, because the machine's speed moves by
// a quarter from minute to minute. CPU time per request is the steady figure. Needs wrk and nginx:
// `node bench/edge/front.ts [rounds] [seconds]`.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [rounds = 5, seconds = 2] = process.argv.slice(2).map(Number);
const NGINX_PORT = 18_901;

const folder = mkdtempSync(join(tmpdir(), 'bench-front-'));
const children: ChildProcess[] = [];

const FIELDS = [
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

/** The last one is another cookie each time, so that nothing of the head before can be used again. */
const LOADS: [string, string, string[], boolean][] = [
  ['1 kB, few fields', '/1k', [], false],
  ['1 kB, eleven fields', '/1k', FIELDS, false],
  ['1 kB, eleven, new', '/1k', FIELDS, true],
  ['100 kB', '/100k', [], false],
];

const CHANGING = `
local requests = {}
function init(args)
  for i = 1, 64 do
    wrk.headers['Cookie'] = 'session=' .. string.format('%032x', i * 7919) .. '; theme=dark; consent=yes'
    requests[i] = wrk.format()
  end
end
local n = 0
function request()
  n = n % 64 + 1
  return requests[n]
end`;

interface Sample {
  perSecond: number;
  p50: string;
  p99: number;
  cpuMicros: number;
}

try {
  const nginx = startNginx();
  const edge = await startEdge();
  const servers = [
    { name: 'nginx', port: NGINX_PORT, pid: nginx },
    { name: 'edge', port: edge.port, pid: edge.pid },
  ];
  const samples = new Map<string, Sample[]>();
  writeFileSync(join(folder, 'changing.lua'), CHANGING);
  for (const { port } of servers)
    for (const [, path, fields, changing] of LOADS) wrk(port, path, fields, changing, 1);
  for (let round = 0; round < rounds; round++) {
    for (const [load, path, fields, changing] of LOADS) {
      for (const { name, port, pid } of round % 2 === 0 ? servers : servers.toReversed()) {
        const before = cpuNanos(pid);
        const run = wrk(port, path, fields, changing, seconds);
        const cpuMicros = (cpuNanos(pid) - before) / 1000 / run.requests;
        const sample = { perSecond: run.requests / run.seconds, p50: run.p50, p99: run.p99, cpuMicros };
        samples.set(`${load} ${name}`, [...(samples.get(`${load} ${name}`) ?? []), sample]);
      }
    }
  }
  for (const [load] of LOADS) {
    const [nginxRun, edgeRun] = servers.map(({ name }) => median(samples.get(`${load} ${name}`) ?? []));
    for (const [name, run] of [['nginx', nginxRun] as const, ['edge', edgeRun] as const])
      console.log(
        `${load.padEnd(20)} ${name.padEnd(6)} ${run?.perSecond.toFixed(0).padStart(7)} req/s  p50 ${run?.p50}  p99 ${run?.p99} ms  CPU ${run?.cpuMicros.toFixed(1)} us/request`,
      );
    const ratio = (edgeRun?.perSecond ?? 0) / (nginxRun?.perSecond ?? 1);
    const cpu = (nginxRun?.cpuMicros ?? 0) / (edgeRun?.cpuMicros ?? 1);
    console.log(`${load.padEnd(20)} edge is ${ratio.toFixed(2)} x nginx; by CPU time ${cpu.toFixed(2)} x\n`);
  }
} finally {
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true, force: true });
}

function startNginx(): number {
  writeFileSync(join(folder, '1k'), 'a'.repeat(1024));
  writeFileSync(join(folder, '100k'), 'a'.repeat(102_400));
  const origin = NGINX_PORT + 1;
  const config = `
worker_processes 1; daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 2048; }
http {
  access_log off; sendfile on; keepalive_requests 10000000; open_file_cache max=1000; client_body_temp_path ${folder}/b;
  fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s; proxy_temp_path ${folder}/p;
  proxy_cache_path ${folder}/cache keys_zone=z:10m;
  server { listen 127.0.0.1:${NGINX_PORT}; location / { proxy_pass http://127.0.0.1:${origin}; proxy_cache z; proxy_cache_valid 1h; add_header X-Cache $upstream_cache_status; } }
  server { listen 127.0.0.1:${origin}; root ${folder}; }
}`;
  writeFileSync(join(folder, 'nginx.conf'), config);
  const child = spawn('taskset', ['-c', '0', 'nginx', '-c', join(folder, 'nginx.conf')], {
    stdio: 'inherit',
  });
  children.push(child);
  return child.pid as number;
}

async function startEdge(): Promise<{ port: number; pid: number }> {
  const node = ['-c', '0', process.execPath, 'bench/edge/front-server.ts'];
  const child = spawn('taskset', node, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const port = await new Promise<number>((resolve) =>
    child.stdout.once('data', (line) => resolve(Number(line))),
  );
  return { port, pid: child.pid as number };
}

function wrk(port: number, path: string, fields: string[], changing: boolean, duration: number) {
  const headers = fields.flatMap((field) => ['-H', field]);
  if (changing) headers.push('-s', join(folder, 'changing.lua'));
  const url = `http://127.0.0.1:${port}${path}`;
  const args = ['-c', '1', 'wrk', '-t1', '-c64', `-d${duration}s`, '--latency', ...headers, url];
  const text = execFileSync('taskset', args, { encoding: 'utf8' });
  const [, requests = '0', time = '1'] = /(\d+) requests in ([\d.]+)s/.exec(text) ?? [];
  if (/Non-2xx|Socket errors/.test(text)) console.log(text);
  const [, p50 = ''] = /^\s+50%\s+(\S+)/m.exec(text) ?? [];
  const [, p99 = '0', unit = 'ms'] = /^\s+99%\s+([\d.]+)(\w+)/m.exec(text) ?? [];
  return {
    requests: Number(requests),
    seconds: Number(time),
    p50,
    p99: Number(p99) * ({ us: 0.001, ms: 1, s: 1000 }[unit] ?? 1),
  };
}

/** Of all threads of a process. */
function cpuNanos(pid: number): number {
  let sum = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`))
    sum += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]);
  return sum;
}

function median(samples: Sample[]): Sample | undefined {
  const sorted = samples.toSorted((a, b) => a.perSecond - b.perSecond);
  const middle = sorted[Math.floor(sorted.length / 2)];
  const cpu = samples.map(({ cpuMicros }) => cpuMicros).toSorted((a, b) => a - b);
  const p99 = samples.map((sample) => sample.p99).toSorted((a, b) => a - b);
  return (
    middle && {
      ...middle,
      cpuMicros: cpu[Math.floor(cpu.length / 2)] ?? 0,
      p99: p99[Math.floor(p99.length / 2)] ?? 0,
    }
  );
}
