// What an operator can do to a running edge, put together from its parts: purge here and at the peers, warm, push, pin, and
// read traces.

import { UserError } from '../../base/errors.ts';
import { type KeySite, requestKey } from '../cache-key.ts';
import type { CollapsedForwarding } from '../collapsed-forwarding.ts';
import type { EdgeConfig } from '../config.ts';
import type { TraceLog } from '../explain-log.ts';
import { applyPurge, checkPurge } from '../purge/apply-purge.ts';
import type { KeySpace } from '../purge/store-purges.ts';
import type { Pipeline } from '../request-pipeline.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { AdminSubject } from './admin-subject.ts';
import type { OpenedStore } from './open-store.ts';
import { createPurgeService } from './purge-service.ts';
import { heldObject, storedFromPush } from './push-object.ts';
import { warmUrls } from './warm-urls.ts';

export interface OperationParts {
  config: EdgeConfig;
  store: ObjectStore;
  flushed?: OpenedStore['flushed'];
  /** Objects in the store, those on the disk included: after a restart all are there. */
  held: OpenedStore['objects'];
  collapsed: CollapsedForwarding;
  pipeline: Pick<Pipeline, 'answer'>;
  traces: TraceLog;
  /** As of now: a reload replaces what is in it. */
  live: KeySpace;
  now(): number;
  onEvent(event: string, details: object): void;
}

export interface Operations {
  subject: Omit<AdminSubject, 'healthz' | 'state' | 'metrics'>;
  state(): object;
  close(): Promise<void>;
}

/** @throws UserError when the journal of purges cannot be had. */
export async function operationsOf(parts: OperationParts): Promise<Operations> {
  const { config, store, collapsed, pipeline, traces, live, now, onEvent } = parts;
  const purges = await createPurgeService({
    name: config.pop,
    subject: {
      check: (target) => checkPurge({ keySpace: live }, target),
      apply: (target, soft) => applyPurge({ store, collapsed, keySpace: live }, target, soft),
      flushed: async () => parts.flushed?.(),
      get objects() {
        return parts.held();
      },
    },
    peers: config.purge.peers.map((peer) => ({ ...peer, localAddress: config.sourceAddress })),
    journalPath: config.purge.journal,
    now,
    onEvent,
  });
  // What is fetched from now on no purge of the past is about: with nothing in the store there is nothing to wait for.
  if (parts.held() > 0) await purges.catchUp(true);
  else void purges.catchUp();
  const keyOf = (url: string) => {
    const { routes, site } = live;
    const { authority, pathAndQuery } = split(url, site);
    const route = routes.match(authority, pathAndQuery);
    return requestKey(route, { authority, pathAndQuery, fields: [] }, site).key;
  };
  return {
    subject: {
      trace: (id) => traces.get(id),
      purges,
      warm: (urls, concurrency) =>
        warmUrls(urls, concurrency, (url) => {
          const { authority, pathAndQuery } = split(url, live.site);
          return pipeline.answer({
            method: 'GET',
            authority,
            pathAndQuery,
            fields: [],
            clientAddress: '127.0.0.1',
          });
        }),
      put: (object) => {
        const key = keyOf(object.url);
        if (!store.put(key, storedFromPush(object, now()), { tags: object.tags }))
          throw tooLarge(object.body.length, store.maxObjectBytes);
        // Afterwards: only what is stored can be too much to pin.
        return { pinned: object.pin && store.pin(key) };
      },
      held: async (url) => {
        const key = keyOf(url);
        const [newest] = store.mayHold?.(key) ? ((await store.load?.(key)) ?? []) : store.peek(key);
        return newest && heldObject(url, newest, store.isPinned(key), now());
      },
      pins: {
        pin: (url) => store.pin(keyOf(url)),
        unpin: (url) => store.unpin(keyOf(url)),
        list: () =>
          [...store.entries()].filter(({ pinned }) => pinned).map(({ key, bytes }) => ({ url: key, bytes })),
      },
    },
    state: () => ({ purges: purges.state() }),
    close: () => purges.close(),
  };
}

function tooLarge(bytes: number, most: number): UserError {
  return new UserError({
    message: `too large for the store: ${bytes} bytes, and at most ${most} are taken`,
    hint: 'a larger cacheBytes, or a disk tier',
  });
}

/** A path alone is of the edge's own site. */
function split(url: string, site: KeySite): { authority: string; pathAndQuery: string } {
  const [, host, rest = '/'] = /^https?:\/\/([^/?]*)(.*)$/i.exec(url) ?? [];
  if (host === undefined) return { authority: site.originHost, pathAndQuery: url };
  return { authority: host, pathAndQuery: rest.startsWith('/') ? rest : `/${rest}` };
}
