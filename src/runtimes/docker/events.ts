// What happens in a lab on Docker: the engine's events (containers that die, start, are paused), which tell of what nobody
// asked for, merged with the commands' own (events.jsonl), which tell of what somebody did.

import { appendFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { labFolder } from '../lab-folder.ts';
import type { LabEvent } from '../runtime.ts';
import { type LabIdentity, labelFilter, NODE_LABEL, SERVICE_LABEL } from './labels.ts';

const POLL_MS = 200;

/** Of https://docs.docker.com/reference/api/engine/#tag/System/operation/SystemEvents. */
interface EngineEvent {
  Type: string;
  Action: string;
  Actor: { Attributes: Record<string, string> };
  time: number;
  timeNano?: number;
}

export function recordEvent(
  lab: string,
  kind: string,
  subject: string | undefined,
  message: string,
): LabEvent {
  const event: LabEvent = { at: new Date().toISOString(), kind, ...(subject ? { subject } : {}), message };
  try {
    appendFileSync(labFolder(lab).events, `${JSON.stringify(event)}\n`);
  } catch {
    // A full disk must not keep anybody from repairing a lab.
  }
  return event;
}

/**
 * From the start of the lab or from now on, in the order they come; ends with the signal, or when the lab's folder has no
 * events any more. The engine remembers its last 256 events (20.10) or 1024 only: of an old lab the beginning may be missing.
 */
export async function* labEvents(
  docker: Docker,
  lab: LabIdentity,
  options: { since: string; fromStart: boolean; signal?: AbortSignal },
): AsyncGenerator<LabEvent> {
  const waiting: LabEvent[] = [];
  let wake = () => {};
  const push = (event: LabEvent) => {
    waiting.push(event);
    wake();
  };
  const ended = new AbortController();
  const signal = AbortSignal.any([ended.signal, ...(options.signal ? [options.signal] : [])]);
  const since = options.fromStart ? Date.parse(options.since) : Date.now();
  const tell = (engineEvent: EngineEvent) => {
    const event = translate(engineEvent);
    if (event) push(event);
  };
  const engine = followEngine(docker, lab, since, tell, signal).catch((error: unknown) =>
    push({
      at: new Date().toISOString(),
      kind: 'engine-gone',
      message: `the Docker engine tells no more: ${error}`,
    }),
  );
  const own = followOwn(lab.name, options.fromStart, push, signal)
    .catch(() => {}) // no such file: the lab is down
    .finally(() => ended.abort());
  signal.addEventListener('abort', () => wake(), { once: true });
  try {
    for (;;) {
      // What both have said up to now, in the order it happened.
      waiting.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
      while (waiting.length > 0) yield waiting.shift() as LabEvent;
      if (signal.aborted) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (waiting.length > 0 || signal.aborted) resolve();
      });
    }
  } finally {
    ended.abort();
    await Promise.allSettled([engine, own]);
  }
}

/** Calls back for each container of the lab that starts from now on, with how many that makes; until the signal. */
export async function countStarts(
  docker: Docker,
  lab: LabIdentity,
  onStart: (count: number) => void,
  signal: AbortSignal,
): Promise<void> {
  let count = 0;
  await followEngine(
    docker,
    lab,
    Date.now(),
    ({ Action }) => {
      if (Action === 'start') onStart(++count);
    },
    signal,
  );
}

async function followEngine(
  docker: Docker,
  lab: LabIdentity,
  sinceMs: number,
  onEvent: (event: EngineEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const stream = await docker.getEvents({
    since: sinceMs / 1000,
    filters: JSON.stringify({ ...labelFilter(lab), type: ['container'] }),
  });
  const lines = createInterface({ input: stream });
  // Both: lines of a stream that is destroyed never end by themselves.
  const stop = () => {
    lines.close();
    (stream as unknown as { destroy(): void }).destroy();
  };
  if (signal.aborted) return stop(); // while the engine was asked
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const line of lines) onEvent(JSON.parse(line) as EngineEvent);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Only what says something about a service; an exec or a health check is no event of the lab. */
export function translate({ Action, Actor, time, timeNano }: EngineEvent): LabEvent | undefined {
  const { [NODE_LABEL]: node = '', [SERVICE_LABEL]: service, exitCode, signal } = Actor.Attributes;
  const subject = service ? `${node}/${service}` : node;
  const at = new Date(timeNano ? timeNano / 1e6 : time * 1000).toISOString();
  const event = (kind: string, message: string): LabEvent => ({
    at,
    kind,
    subject,
    message: `${subject} ${message}`,
  });
  if (!service)
    return Action === 'die'
      ? event('node-died', `lost its network namespace (exit code ${exitCode})`)
      : undefined;
  switch (Action) {
    case 'start':
      return event('service-started', 'started');
    case 'die':
      return event('service-died', `exited with code ${exitCode}`);
    case 'kill':
      return event('service-killed', `was sent signal ${signal}`);
    case 'oom':
      return event('service-out-of-memory', 'met its memory limit');
    case 'pause':
      return event('service-paused', 'is paused');
    case 'unpause':
      return event('service-resumed', 'goes on');
    default:
      return Action.startsWith('health_status: unhealthy')
        ? event('service-unhealthy', 'fails its health check')
        : undefined;
  }
}

async function followOwn(
  lab: string,
  fromStart: boolean,
  push: (event: LabEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const path = labFolder(lab).events;
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    let offset = fromStart ? 0 : (await file.stat()).size;
    let rest = '';
    while (!signal.aborted) {
      const { size, nlink } = await file.stat();
      if (size > offset) {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(size - offset), 0, size - offset, offset);
        offset += bytesRead;
        const lines = (rest + buffer.toString('utf8', 0, bytesRead)).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          const event = parseEvent(line);
          if (event) push(event);
        }
      }
      if (nlink === 0) return; // removed: the lab is down
      await sleep(POLL_MS, undefined, { signal }).catch(() => {});
    }
  } finally {
    await file?.close();
  }
}

/** A line that a full disk has cut is left out. */
function parseEvent(line: string): LabEvent | undefined {
  try {
    return JSON.parse(line) as LabEvent;
  } catch {
    return undefined;
  }
}
