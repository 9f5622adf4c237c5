// The order of builds: an image after the one it stands on, a few at a time, all ended by the first that fails. Pure but for
// the builds themselves, which are an argument.

import type { PlannedImage } from './plan-images.ts';

/** More take each other's time: a build is apt-get and a disk. */
const BUILDS_AT_A_TIME = 2;

/** Rejects with the first failure, or with the signal's reason; then no build is running any more. */
export async function buildInOrder<Image extends Pick<PlannedImage, 'tag' | 'from'>>(
  images: Image[],
  signal: AbortSignal | undefined,
  build: (image: Image, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const ours = new AbortController();
  const abort = AbortSignal.any([ours.signal, ...(signal ? [signal] : [])]);
  const waiting = new Set(images);
  const unfinished = new Set(images.map(({ tag }) => tag));
  const running = new Map<string, Promise<void>>();
  let failure: unknown;
  while (running.size > 0 || (waiting.size > 0 && !abort.aborted)) {
    for (const image of waiting) {
      if (running.size >= BUILDS_AT_A_TIME || abort.aborted) break;
      if (unfinished.has(image.from)) continue;
      waiting.delete(image);
      const built = build(image, abort)
        .then(() => void unfinished.delete(image.tag))
        .catch((error: unknown) => {
          failure ??= error;
          ours.abort(error);
        })
        .finally(() => running.delete(image.tag));
      running.set(image.tag, built);
    }
    await Promise.race(running.values());
  }
  signal?.throwIfAborted();
  if (failure) throw failure;
}
