// What services wrote, as the engine kept it: standard output and error of their containers.

import { createInterface } from 'node:readline';
import { PassThrough, Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { LogLine, LogOptions } from '../runtime.ts';
import type { LabContainer } from './containers.ts';

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
  // All at once, as it comes.
  const merged = new PassThrough({ objectMode: true });
  const streams = await Promise.all(
    containers.map(async (container) => {
      const stream = await logs(docker, container, { ...tail, follow: true });
      createInterface({ input: demultiplexed(docker, stream) }).on('line', (line) =>
        merged.write({ service: container.service ?? '', line }),
      );
      return stream;
    }),
  );
  const stop = () => {
    for (const stream of streams) (stream as unknown as Readable).destroy();
    merged.end();
  };
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted) stop();
  try {
    yield* merged as AsyncIterable<LogLine>;
  } finally {
    stop();
  }
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
  { follow = false, ...options }: { follow?: boolean; tail?: number },
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
