// The engine's answers that come as a stream of JSON objects (build, pull, import), followed to their end, however they end.

import type { Engine } from '../engine.ts';

/** The request, and what was told of it: an `error` in the stream rejects, as does the signal. */
export async function followStream(
  docker: Engine['docker'],
  request: Promise<NodeJS.ReadableStream>,
  { signal, onMessage }: { signal?: AbortSignal; onMessage?: (message: object) => void } = {},
): Promise<void> {
  signal?.throwIfAborted();
  // A request that is aborted may never be heard of again.
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal?.reason);
    signal?.addEventListener('abort', stop, { once: true });
  });
  const done = request.then(
    (stream) =>
      new Promise<void>((resolve, reject) => {
        docker.modem.followProgress(
          stream,
          (error) => (error ? reject(error) : resolve()),
          (message) => onMessage?.(message),
        );
      }),
  );
  try {
    await Promise.race([done, aborted]);
  } finally {
    signal?.removeEventListener('abort', stop);
    done.catch(() => {}); // told already, or nobody wants to know
  }
}
