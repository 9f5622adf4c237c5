// Runs a command inside a node: an exec in the container that owns the node's network namespace. With a terminal it is the
// caller's own, in raw mode and of its size; else input and output are passed and captured.

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { PassThrough, type Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { Exec } from 'dockerode';
import type { ExecOptions, ExecResult } from '../runtime.ts';

export async function execInContainer(
  docker: Docker,
  id: string,
  argv: string[],
  options: ExecOptions = {},
): Promise<ExecResult> {
  if (options.signal?.aborted) return { exitCode: 143, stdout: '', stderr: '' };
  const terminal =
    options.stdio === 'inherit' && !options.output && process.stdin.isTTY && process.stdout.isTTY;
  const exec = await docker.getContainer(id).exec({
    Cmd: argv,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: terminal,
    Env: environment(options.env, terminal),
  });
  const stream = await exec.start({ hijack: true, stdin: true, Tty: terminal });
  const abort = () => void endCommand(docker, id, exec);
  options.signal?.addEventListener('abort', abort, { once: true });
  if (options.signal?.aborted) abort();
  try {
    const output = terminal
      ? await attachTerminal(exec, stream)
      : await attachStreams(docker, stream, options);
    const { ExitCode } = await exec.inspect();
    return { exitCode: ExitCode ?? 1, ...output };
  } finally {
    options.signal?.removeEventListener('abort', abort);
  }
}

async function attachStreams(
  docker: Docker,
  stream: NodeJS.ReadWriteStream,
  options: ExecOptions,
): Promise<{ stdout: string; stderr: string }> {
  const inherit = options.stdio === 'inherit';
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  docker.modem.demuxStream(stream, stdout, stderr);
  const end = () => {
    stdout.end();
    stderr.end();
  };
  stream.once('end', end);
  stream.once('close', end);
  stream.once('error', end);
  if (inherit) {
    process.stdin.pipe(stream);
    if (options.output) stdout.pipe(options.output);
    else stdout.pipe(process.stdout, { end: false });
    stderr.pipe(process.stderr, { end: false });
  } else {
    stream.end(options.input ?? '');
  }
  try {
    const [out, err] = await Promise.all([
      inherit ? finished(stdout, { writable: false }).then(() => '') : textOf(stdout, options.onLine),
      inherit ? finished(stderr, { writable: false }).then(() => '') : textOf(stderr),
    ]);
    return { stdout: out, stderr: err };
  } finally {
    if (inherit) {
      process.stdin.unpipe(stream);
      process.stdin.pause();
    }
  }
}

/** With `onLine` the lines go there and the text is empty, as on every runtime. */
async function textOf(stream: Readable, onLine?: (line: string) => void): Promise<string> {
  if (onLine) {
    for await (const line of createInterface({ input: stream })) onLine(line);
    return '';
  }
  let text = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) text += chunk;
  return text;
}

async function attachTerminal(
  exec: Exec,
  stream: NodeJS.ReadWriteStream,
): Promise<{ stdout: string; stderr: string }> {
  const { stdin, stdout } = process;
  const resize = () => void exec.resize({ h: stdout.rows, w: stdout.columns }).catch(() => {});
  stdin.setRawMode(true);
  stdin.pipe(stream);
  stream.pipe(stdout, { end: false });
  stdout.on('resize', resize);
  resize();
  try {
    await finished(stream as unknown as Readable, { writable: false });
  } finally {
    stdout.off('resize', resize);
    stdin.unpipe(stream);
    stdin.setRawMode(false);
    stdin.pause();
  }
  return { stdout: '', stderr: '' };
}

function environment(env: Record<string, string> = {}, terminal: boolean): string[] {
  const term = terminal && process.env['TERM'] ? { TERM: process.env['TERM'] } : {};
  return Object.entries({ ...term, ...env }).map(([name, value]) => `${name}=${value}`);
}

/**
 * The engine's API ends no exec. It tells the command's pid on the host, the kernel tells (NSpid in /proc/PID/status, which
 * anybody may read) what that is inside, and a second exec may end it.
 */
async function endCommand(docker: Docker, id: string, exec: Exec): Promise<void> {
  try {
    // Started a moment ago, it may have no pid yet.
    let { Pid, Running } = await exec.inspect();
    for (; Running && Pid === 0; { Pid, Running } = await exec.inspect()) await sleep(10);
    const inside = /^NSpid:.*\s(\d+)$/m.exec(readFileSync(`/proc/${Pid}/status`, 'utf8'))?.[1];
    if (!inside) return;
    // An exec leads a process group of its own: what it started goes too.
    const kill = await docker.getContainer(id).exec({ Cmd: ['sh', '-c', `kill -s TERM -- -${inside}`] });
    await kill.start({ Detach: true });
  } catch {
    // It has ended by itself, or the lab has.
  }
}
