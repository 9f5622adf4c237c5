// The images of a lab, built where they are missing. `./lab up --runtime docker` and `./lab images` call it; when all
// are there it costs the bundling of the programs, a third of a second.

import type { LabEvent } from '../../runtime.ts';
import type { Engine } from '../engine.ts';
import { ensureBase, presentBase } from './base-image.ts';
import { buildImage } from './build-image.ts';
import { buildInOrder } from './build-order.ts';
import { gatherImageInputs } from './image-inputs.ts';
import { IMAGE_ROLES, type ImageRole, type PlannedImage, planImages } from './plan-images.ts';

export type { ImageRole } from './plan-images.ts';

export interface EnsureOptions {
  /** Kind `images`: what is done (`progress`); kind `waiting`: what is going on. */
  onEvent?: (event: LabEvent) => void;
  signal?: AbortSignal;
  /** Builds all anew, on a newer base where there is one: for newer Debian packages. */
  rebuild?: boolean;
}

/** The tag of each role's image, all of them there. A UserError with the failing step when one cannot be built. */
export async function ensureImages(
  engine: Engine,
  options: EnsureOptions = {},
): Promise<Record<ImageRole, string>> {
  const tagOf = new Map((await buildMissing(engine, options)).map(({ name, tag }) => [name, tag]));
  return Object.fromEntries(IMAGE_ROLES.map((role) => [role, tagOf.get(role)])) as Record<ImageRole, string>;
}

/** As ensureImages; returns the whole plan, all of it built. */
export async function buildMissing(
  engine: Engine,
  { onEvent, signal, rebuild = false }: EnsureOptions = {},
): Promise<PlannedImage[]> {
  const tell = (kind: 'images' | 'waiting', message: string, subject?: string) =>
    onEvent?.({ at: new Date().toISOString(), kind, subject, message, progress: kind === 'images' });
  const base = await ensureBase(engine, {
    onLine: (line, kind) => tell(kind === 'doing' ? 'waiting' : 'images', line, 'base'),
    signal,
    rebuild,
  });
  const images = planImages(await gatherImageInputs(base, engine.architecture));
  const present = await presentTags(engine, images);
  const missing = rebuild ? images : images.filter(({ tag }) => !present.has(tag));
  await buildInOrder(missing, signal, async (image, abort) => {
    const startedAt = performance.now();
    await buildImage(engine, image, {
      signal: abort,
      anew: rebuild,
      onStep: (step) => tell('waiting', `building image ${image.name}: ${step}`, image.name),
    });
    const took = ((performance.now() - startedAt) / 1000).toFixed(1);
    tell('images', `image ${image.name} built in ${took} s`, image.name);
  });
  return images;
}

/** What `ensureImages` would use, and which of it is there; the base undefined when even that is missing. */
export async function wantedImages(
  engine: Engine,
): Promise<{ base?: string; images: (PlannedImage & { present: boolean })[] }> {
  const base = await presentBase(engine);
  const images = planImages(
    await gatherImageInputs(base ?? { tag: 'not-there', id: '' }, engine.architecture),
  );
  const present = await presentTags(engine, images);
  return { base: base?.tag, images: images.map((image) => ({ ...image, present: present.has(image.tag) })) };
}

async function presentTags({ docker }: Engine, images: PlannedImage[]): Promise<Set<string>> {
  const reference = images.map(({ tag }) => tag);
  const found = await docker.listImages({ filters: { reference } });
  return new Set(found.flatMap(({ RepoTags }) => RepoTags ?? []));
}
