// The image under all others: Debian's slim one. Here already, or pulled; where no registry can be reached it is made from
// Debian packages by debootstrap, under a name of our own, so that nobody takes it for Debian's.

import type { Engine } from '../engine.ts';
import type { ImageInputs } from './plan-images.ts';
import { imageId, pullImage } from './pull-image.ts';

export const DEBIAN_RELEASE = 'bookworm';
export const PUBLIC_BASE = `debian:${DEBIAN_RELEASE}-slim`;
export const OWN_BASE = `catchment/base:${DEBIAN_RELEASE}`;

export interface BaseOptions {
  /** One line a time: what is going on (`doing`), or what is done. */
  onLine?: (line: string, kind: 'doing' | 'done') => void;
  signal?: AbortSignal;
  /** Asks the registry for a newer one, and makes our own anew if there is no answer. */
  rebuild?: boolean;
}

/** The base that builds stand on now, undefined when there is none yet. */
export async function presentBase({
  docker,
}: Pick<Engine, 'docker'>): Promise<ImageInputs['base'] | undefined> {
  for (const tag of [PUBLIC_BASE, OWN_BASE]) {
    const id = await imageId(docker, tag);
    if (id) return { tag, id };
  }
  return undefined;
}

/** The base image; made when it is not there. A UserError with what to type when it can be neither pulled nor made. */
export async function ensureBase(engine: Engine, options: BaseOptions = {}): Promise<ImageInputs['base']> {
  const { docker } = engine;
  const { onLine, signal, rebuild } = options;
  const present = await presentBase(engine);
  if (present && !rebuild) return present;
  onLine?.(`pulling ${PUBLIC_BASE}`, 'doing');
  const pullError = await pullImage(docker, PUBLIC_BASE, signal);
  const pulled = pullError === undefined ? await imageId(docker, PUBLIC_BASE) : undefined;
  if (pulled) {
    onLine?.(`pulled ${PUBLIC_BASE}`, 'done');
    return { tag: PUBLIC_BASE, id: pulled };
  }
  // Debian's own, without a registry to have a newer one from: its packages are brought up to date in the images anyway.
  if (present?.tag === PUBLIC_BASE) return present;
  const { importDebootstrapped } = await import('./debootstrap.ts');
  await importDebootstrapped(engine, {
    pullError: pullError ?? 'it was not there after pulling',
    onLine,
    signal,
  });
  return { tag: OWN_BASE, id: (await imageId(docker, OWN_BASE)) as string };
}
