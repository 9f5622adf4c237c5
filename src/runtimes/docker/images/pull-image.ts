// Images of others, by their names.

import type { Engine } from '../engine.ts';
import { followStream } from './follow-stream.ts';

/** Undefined when the engine does not have it. */
export async function imageId(docker: Engine['docker'], tag: string): Promise<string | undefined> {
  try {
    return (await docker.getImage(tag).inspect()).Id;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}

/** Undefined when it worked, else why not. */
export async function pullImage(
  docker: Engine['docker'],
  tag: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  try {
    await followStream(docker, docker.pull(tag, { abortSignal: signal }), { signal });
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    return (error as { json?: { message?: string } }).json?.message ?? (error as Error).message;
  }
}
