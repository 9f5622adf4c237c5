// What services wrote, as the engine kept it: standard output and error of their containers.

import { createInterface } from 'node:readline';
import { PassThrough, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { LogLine, LogOptions } from '../runtime.ts';
import type { LabContainer } from './containers.ts';

const STARTED_AGAIN_POLL_MS = 250;

export async function* containerLogs(
  docker: Docker,
  containers: readonly LabContainer[],
  { follow = false, lines, signal }: LogOptions = {},
): AsyncGenerator<LogLine> {
  const tail = lines === undefined ? {} : { tail: lines };
  if (!follow) {
    for (const container of containers) {
      const text = demultiplexed(docker, await logs(docker, container, tail));
      for await (const line of createInterface({ input: text })) {
        yield { service: container.service ?? '', line };
      }
    }
    return;
  }
  // All at once, as it comes; to the signal or until the last container is gone.
  const merged = new PassThrough({ objectMode: true });
  const ended = new AbortController();
  const all = AbortSignal.any([ended.signal, ...(signal ? [signal] : [])]);
  all.addEventListener('abort', () => merged.end(), { once: true });
  const followed = containers.map((container) =>
    followContainer(docker, container, { ...tail, signal: all }, (line) => {
      if (!all.aborted) merged.write({ service: container.service ?? '', line });
    }),
  );
  const done = Promise.all(followed).then(
    () => ended.abort(),
    (error) => merged.destroy(error),
  );
  if (all.aborted) merged.end();
  try {
    yield* merged as AsyncIterable<LogLine>;
  } finally {
    ended.abort();
    await done;
  }
}

/** The engine ends a log with its container: one that is started again, by whomever, is followed again from there. */
async function followContainer(
  docker: Docker,
  container: LabContainer,
  { tail, signal }: { tail?: number; signal: AbortSignal },
  onLine: (line: string) => void,
): Promise<void> {
  let from: { tail?: number; since?: number } = tail === undefined ? {} : { tail };
  while (!signal.aborted) {
    const stream = await unlessGone(logs(docker, container, { ...from, follow: true }));
    if (!stream) return;
    const lines = createInterface({ input: demultiplexed(docker, stream) });
    const stop = () => {
      lines.close();
      (stream as unknown as Readable).destroy();
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    else for await (const line of lines) onLine(line);
    signal.removeEventListener('abort', stop);
    const finishedAt = await startedAgain(docker, container, signal);
    if (finishedAt === undefined) return;
    from = { since: finishedAt / 1000 };
  }
}

/** When it ended before its present run, milliseconds; undefined when it is gone, or with the signal. */
async function startedAgain(
  docker: Docker,
  { id }: LabContainer,
  signal: AbortSignal,
): Promise<number | undefined> {
  while (!signal.aborted) {
    const inspected = await unlessGone(docker.getContainer(id).inspect());
    if (!inspected) return undefined;
    const { Running, FinishedAt } = inspected.State;
    if (Running) return Date.parse(FinishedAt);
    await sleep(STARTED_AGAIN_POLL_MS, undefined, { signal }).catch(() => {});
  }
  return undefined;
}

/** Undefined for a container that is removed. */
function unlessGone<T>(asked: Promise<T>): Promise<T | undefined> {
  return asked.catch((error: { statusCode?: number }) => {
    if (error.statusCode === 404 || error.statusCode === 409) return undefined;
    throw error;
  });
}

/** The last words of a container, for a message. */
export async function lastWords(docker: Docker, id: string, lines: number): Promise<string> {
  const stream = await logs(docker, { id }, { tail: lines });
  let text = '';
  for await (const line of createInterface({ input: demultiplexed(docker, stream) })) text += `${line}\n`;
  return text.trim();
}

async function logs(
  docker: Docker,
  { id }: Pick<LabContainer, 'id'>,
  { follow = false, ...options }: { follow?: boolean; tail?: number; since?: number },
): Promise<NodeJS.ReadableStream> {
  const query = { stdout: true, stderr: true, ...options };
  const container = docker.getContainer(id);
  if (follow) return container.logs({ ...query, follow: true });
  // Without following, dockerode hands over the whole at once.
  return Readable.from([(await container.logs({ ...query, follow: false })) as Buffer]);
}

/** Both outputs in one, in order. */
function demultiplexed(docker: Docker, stream: NodeJS.ReadableStream): PassThrough {
  const text = new PassThrough();
  docker.modem.demuxStream(stream, text, text);
  stream.once('end', () => text.end());
  stream.once('close', () => text.end());
  stream.once('error', () => text.end());
  return text;
}
