// A purge carried out in this edge: on the store, and on what is on its way to it. The store refuses what was fetched
// before a purge of it (putIfNotPurgedSince); here trips that began before are no longer offered to new requests, so that
// nobody who asks after a purge is given what is from before it.

import type { CollapsedForwarding } from '../collapsed-forwarding.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { PurgeTarget } from './purge-target.ts';
import { type KeySpace, mayConcern, type PurgeEffect, purgeStore, storePurges } from './store-purges.ts';

export interface PurgedParts {
  store: ObjectStore;
  collapsed: Pick<CollapsedForwarding, 'invalidateWhere' | 'stopSharing'>;
  keySpace: KeySpace;
}

/** @throws UserError for a target that means nothing here. */
export function applyPurge(parts: PurgedParts, target: PurgeTarget, soft: boolean): PurgeEffect {
  const { store, collapsed, keySpace } = parts;
  const purges = storePurges(target, keySpace);
  const matches = (key: string) => mayConcern(purges, key);
  // What was purged softly may be old.
  if (!soft) {
    // Tags are known when the head is there, so by a tag the store decides what is kept of trips under way.
    if (target.kind === 'tags') collapsed.stopSharing(matches);
    else collapsed.invalidateWhere(matches);
  }
  return purgeStore(store, purges, soft);
}

/** For PurgeSubject.check. @throws UserError */
export function checkPurge({ keySpace }: Pick<PurgedParts, 'keySpace'>, target: PurgeTarget): void {
  storePurges(target, keySpace);
}
