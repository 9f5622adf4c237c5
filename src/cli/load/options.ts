// The words of `./lab load` as a plan: which of them go together, and what each means. All mistakes with the way out.

import { readFileSync } from 'node:fs';
import { type Problem, UserError } from '../../base/errors.ts';
import { parseLogLine } from '../../edge/diagnose/parse-log-line.ts';
import { type LoadLoop, type LoadPlan, type LoadRequests, MOST_CONNECTIONS } from '../../load/load-plan.ts';
import { LONG_TAIL, type Popularity } from '../../load/popularity.ts';

export interface LoadOptions {
  uniform?: number;
  longTail?: boolean;
  zipf?: [exponent: number, items: number];
  urls?: string;
  replay?: string;
  speed?: number;
  rate?: number;
  arrivals: 'constant' | 'poisson';
  connections?: number;
  think?: number;
  duration: number;
  warmUp: number;
  maxAge?: number;
  header: string[];
  timeout: number;
  spread: 'round-robin' | 'random';
  seed: number;
  spin?: boolean;
  from?: string;
  yesIOwnThis?: boolean;
  series?: boolean;
}

/** A rate that a laptop and any server stand, where none is given. */
const DEFAULT_RATE = 100;

export interface UnresolvedPlan {
  /** Targets are resolved where the load is made. */
  targets: { hostname: string; port: number; host: string }[];
  plan: Omit<LoadPlan, 'targets'>;
}

/** @throws UserError (exit code 2) naming every problem. */
export function loadPlan(urls: readonly string[], options: LoadOptions): UnresolvedPlan {
  const problems: Problem[] = [];
  const parsed = urls.map((text) => {
    const url = URL.parse(text.includes('://') ? text : `http://${text}`);
    if (url?.protocol === 'http:' && url.hostname !== '') return url;
    const hint =
      url?.protocol === 'https:'
        ? 'TLS is not spoken here: the port behind it'
        : 'http://127.0.0.1:8088/json/{item}';
    problems.push({ message: `${text} is not an http URL`, hint });
    return undefined;
  });
  const [first] = parsed;
  const path = first ? pathOf(first) : '/';
  const requests = requestsOf(path, options, problems);
  const loop = loopOf(options, problems);
  const fields = fieldsOf(options.header, problems);
  if (parsed.slice(1).some((url) => url && pathOf(url) !== path)) {
    const hint =
      'the same path at each, such as http://127.0.0.1:8081/{item} http://127.0.0.1:8082/{item}, or --urls FILE';
    problems.push({ message: 'several URLs are several servers for the same paths', hint });
  }
  if (problems.length > 0) throw new UserError(problems, 2);
  return {
    targets: parsed.flatMap((url) =>
      url
        ? [
            {
              hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
              port: Number(url.port || 80),
              host: url.host,
            },
          ]
        : [],
    ),
    plan: {
      spread: options.spread,
      requests,
      loop,
      durationMs: durationOf(requests, options),
      warmUpMs: options.warmUp,
      timeoutMs: options.timeout,
      fields,
      spin: options.spin === true,
      seed: options.seed,
    },
  };
}

function requestsOf(path: string, options: LoadOptions, problems: Problem[]): LoadRequests {
  const { uniform, longTail, zipf, urls, replay, maxAge, speed = 1 } = options;
  const named = Object.entries({
    '--uniform': uniform,
    '--long-tail': longTail,
    '--zipf': zipf,
    '--urls': urls,
    '--replay': replay,
  })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
  if (named.length > 1)
    problems.push({ message: `${named.join(' and ')} exclude each other`, expected: 'one of them' });
  const aged = (text: string) =>
    maxAge === undefined ? text : `${text}${text.includes('?') ? '&' : '?'}max_age=${maxAge}`;
  if (urls !== undefined) {
    const paths = readLines(urls).map((line) => (line.startsWith('/') ? line : pathOfText(line)));
    if (paths.length === 0) problems.push({ file: urls, message: 'there is no URL in it' });
    return { kind: 'list', paths: paths.map(aged), order: 'sequence' };
  }
  if (replay !== undefined) return { kind: 'replay', requests: replayOf(replay, aged, problems), speed };
  const popularity: Popularity | undefined =
    uniform !== undefined
      ? { kind: 'uniform', items: uniform }
      : longTail
        ? LONG_TAIL
        : zipf && { kind: 'zipf', exponent: zipf[0], items: zipf[1] };
  const withItem = path.includes('{item}') ? path : path.endsWith('/') ? `${path}{item}` : undefined;
  if (!popularity) {
    if (path.includes('{item}'))
      problems.push({ message: '{item} of what?', expected: '--uniform N, --long-tail or --zipf S,N' });
    return { kind: 'list', paths: [aged(path)], order: 'sequence' };
  }
  if (withItem === undefined)
    problems.push({
      message: `where in ${path} does the item go?`,
      hint: 'write {item}, such as http://127.0.0.1:8088/json/{item}',
    });
  return { kind: 'items', path: aged(withItem ?? path), popularity };
}

function loopOf(options: LoadOptions, problems: Problem[]): LoadLoop {
  const { rate, connections, arrivals, think = 0, replay } = options;
  if (connections !== undefined && rate === undefined && replay === undefined) {
    if (connections < 1 || connections > MOST_CONNECTIONS)
      problems.push({ message: `--connections ${connections}`, expected: `1 to ${MOST_CONNECTIONS}` });
    return { kind: 'closed', connections, thinkMs: think };
  }
  const ratePerSecond = rate ?? DEFAULT_RATE;
  if (ratePerSecond <= 0)
    problems.push({ message: `--rate ${ratePerSecond}`, expected: 'requests a second' });
  return { kind: 'open', ratePerSecond, arrivals, mostConnections: connections ?? MOST_CONNECTIONS };
}

function fieldsOf(headers: readonly string[], problems: Problem[]): string[] {
  return headers.flatMap((text) => {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e\t]*)$/.exec(text);
    if (match) return [match[1] ?? '', match[2] ?? ''];
    problems.push({ message: `--header ${text}: not a field`, hint: "--header 'Accept-Language: de'" });
    return [];
  });
}

/** A replay takes as long as its log, unless told otherwise. */
function durationOf(requests: LoadRequests, { duration }: LoadOptions): number {
  if (requests.kind !== 'replay') return duration;
  const last = requests.requests.at(-1)?.atMs ?? 0;
  return Math.min(Math.max(1000, last / requests.speed + 1), 86_400_000);
}

function replayOf(file: string, aged: (path: string) => string, problems: Problem[]) {
  const records = readLines(file)
    .flatMap((line) => parseLogLine(line) ?? [])
    .filter(({ method }) => method === 'GET')
    .sort((a, b) => a.atMs - b.atMs);
  const startMs = records[0]?.atMs ?? 0;
  if (records.length === 0)
    problems.push({
      file,
      message: 'no GET of an access log is in it',
      hint: './lab edge diagnose --help shows the forms',
    });
  return records.map(({ atMs, path }) => ({ atMs: atMs - startMs, path: aged(path) }));
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'));
  } catch (cause) {
    throw new UserError({ file, message: `cannot read it: ${(cause as Error).message}` }, 1, { cause });
  }
}

function pathOfText(text: string): string {
  const url = URL.parse(text);
  return url ? pathOf(url) : `/${text}`;
}

/** URL parsing escapes the braces. */
function pathOf({ pathname, search }: URL): string {
  return `${pathname}${search}`.replace(/%7Bitem%7D/gi, '{item}');
}
