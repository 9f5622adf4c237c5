// The images of ours that an engine holds: what `./lab images` lists, and what it can do without.

import type { ImageInfo } from 'dockerode';
import type { Engine } from '../engine.ts';
import { INPUTS_LABEL, ROLE_LABEL } from './plan-images.ts';

export interface StoredImage {
  id: string;
  role: string;
  /** Undefined for one that lost its name to a newer build. */
  tag?: string;
  /** With the layers it shares with others. */
  sizeBytes: number;
  builtAt: string;
}

/** Newest first. */
export async function storedImages({ docker }: Pick<Engine, 'docker'>): Promise<StoredImage[]> {
  const found = await docker.listImages({ filters: { label: [INPUTS_LABEL] } });
  return found
    .filter(isOurs)
    .map((image) => ({
      id: image.Id,
      role: image.Labels?.[ROLE_LABEL] ?? '',
      tag: image.RepoTags?.find((tag) => tag === nameOf(image)),
      sizeBytes: image.Size,
      builtAt: new Date(image.Created * 1000).toISOString(),
    }))
    .sort((a, b) => (a.builtAt === b.builtAt ? (a.id < b.id ? -1 : 1) : a.builtAt < b.builtAt ? 1 : -1));
}

/** Labels are inherited: an image that somebody made from ours has them too, and another name. */
function isOurs(image: ImageInfo): boolean {
  const names = (image.RepoTags ?? []).filter((tag) => tag !== '<none>:<none>');
  return names.length === 0 || names.includes(nameOf(image));
}

function nameOf({ Labels }: ImageInfo): string {
  return `catchment/${Labels?.[ROLE_LABEL]}:${Labels?.[INPUTS_LABEL]}`;
}

/**
 * Removes our images but those with the given tags, those that a container uses and those that another of ours stands
 * on. The removed ones.
 */
export async function pruneImages(
  engine: Pick<Engine, 'docker'>,
  keep: ReadonlySet<string>,
): Promise<StoredImage[]> {
  const removed: StoredImage[] = [];
  let candidates = (await storedImages(engine)).filter(({ tag }) => tag === undefined || !keep.has(tag));
  // A parent can go once its children are gone: again as long as something went.
  for (let progress = true; progress; ) {
    progress = false;
    for (const image of candidates) {
      if (!(await remove(engine, image))) continue;
      removed.push(image);
      progress = true;
    }
    candidates = candidates.filter((image) => !removed.includes(image));
  }
  return removed;
}

/** False when it is in use. */
async function remove({ docker }: Pick<Engine, 'docker'>, { id, tag }: StoredImage): Promise<boolean> {
  try {
    await docker.getImage(tag ?? id).remove();
    return true;
  } catch (error) {
    const { statusCode } = error as { statusCode?: number };
    // Gone already, or used by a container or as a parent.
    if (statusCode === 404 || statusCode === 409) return false;
    throw error;
  }
}
