// The server as its users run it: a process of its own on random ports of the loopback interface, its files in a folder
// of its own, stopped by pid. Tests of this kind see what in-process ones cannot: signals, sockets, memory, exit codes.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROJECT_FOLDER } from '../../../src/base/project-folder.ts';

export interface LogLine {
  level: string;
  message: string;
  [field: string]: unknown;
}

export interface ServerOptions {
  config: object;
  /** Path in the server's folder to contents. */
  files?: Record<string, string | Uint8Array>;
  /** Put before `node`: `['prlimit', '--nofile=20000']`. */
  prefix?: string[];
  /** Options of Node itself: `['--max-old-space-size=100']`. */
  nodeOptions?: string[];
  /** What the folder needs beside files: pipes, links. */
  prepare?: (folder: string) => void;
  /** An existing folder, which `stop` then leaves: for a second server on the same files. */
  folder?: string;
}

export interface RunningServer {
  folder: string;
  pid: number;
  port: number;
  /** Of the admin server, when the config asks for one. */
  adminPort: number;
  log: LogLine[];
  /** What it wrote that is no log line, such as a stack trace. */
  noise: string[];
  /** Set once the process has ended. */
  ended: Promise<{ code: number | null; signal: string | null }>;
  write(path: string, contents: string | Uint8Array): void;
  signal(name: NodeJS.Signals): void;
  /** Waits for a line at or after `from` whose message matches. */
  logged(pattern: RegExp, from?: number): Promise<LogLine>;
  /** Resident memory, megabytes of 2^20 bytes. */
  residentMb(): number;
  /** SIGTERM, and SIGKILL when that takes more than five seconds; the folder is removed. */
  stop(): Promise<{ code: number | null; signal: string | null }>;
}

/** Rejects with everything that it wrote when the server ends before it is ready. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'catchment-dns-torture-'));
  const write = (path: string, contents: string | Uint8Array) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    // Keys are refused when others can read them.
    writeFileSync(join(folder, path), contents, { mode: 0o600 });
  };
  for (const [path, contents] of Object.entries(options.files ?? {})) write(path, contents);
  options.prepare?.(folder);
  write('dns.json', JSON.stringify(options.config));
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', ...(options.nodeOptions ?? [])];
  const main = join(process.env['CATCHMENT_TEST_SOURCES'] ?? PROJECT_FOLDER, 'src/dns/main.ts');
  const argv = [...(options.prefix ?? []), ...node, main, '--config', join(folder, 'dns.json')];
  const child = spawn(argv[0] as string, argv.slice(1), { stdio: ['ignore', 'ignore', 'pipe'] });
  const log: LogLine[] = [];
  const noise: string[] = [];
  readLines(child, (line) => {
    const parsed = parseLogLine(line);
    if (parsed) log.push(parsed);
    else noise.push(line);
  });
  let over = false;
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('close', (code, signal) => {
      over = true;
      resolve({ code, signal });
    });
  });
  const logged = async (pattern: RegExp, from = 0) => {
    for (let waitedMs = 0; ; waitedMs += 20) {
      const line = log.slice(from).find(({ message }) => pattern.test(message));
      if (line) return line;
      if (over || waitedMs > 15_000) {
        const said = [...log.map((each) => JSON.stringify(each)), ...noise].join('\n');
        throw new Error(`the server ${over ? 'ended' : 'did not log'} before ${pattern}:\n${said}`);
      }
      await sleep(20);
    }
  };
  const removeFolder = () => {
    if (!options.folder) rmSync(folder, { recursive: true, force: true });
  };
  let ready: LogLine;
  try {
    ready = await logged(/^ready$/);
  } catch (error) {
    child.kill('SIGKILL');
    removeFolder();
    throw error;
  }
  const pid = child.pid as number;
  const listening = ready['listening'] as { port: number }[];
  return {
    folder,
    pid,
    port: listening[0]?.port ?? 0,
    adminPort: (ready['admin'] as { port: number } | undefined)?.port ?? 0,
    log,
    noise,
    ended,
    write,
    signal: (name) => void child.kill(name),
    logged,
    residentMb: () =>
      Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024,
    stop: async () => {
      child.kill('SIGTERM');
      const patience = setTimeout(() => child.kill('SIGKILL'), 5000);
      const end = await ended;
      clearTimeout(patience);
      removeFolder();
      return end;
    },
  };
}

function readLines(child: ChildProcess, onLine: (line: string) => void): void {
  let rest = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') onLine(line);
  });
  child.stderr?.on('end', () => {
    if (rest !== '') onLine(rest);
  });
}

function parseLogLine(line: string): LogLine | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value && 'message' in value ? (value as LogLine) : undefined;
  } catch {
    return undefined;
  }
}
