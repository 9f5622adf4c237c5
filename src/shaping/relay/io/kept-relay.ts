// A relay that is kept alive: when its process dies, another one is started with all links as they are meant to be
// then. Used by whoever owns a lab's relay: the supervisor of a netns lab, and the relay's host in a container.

import { setTimeout as sleep } from 'node:timers/promises';
import type { RelayChange, RelayLink, RelayStats } from '../protocol.ts';
import { WantedLinks } from '../wanted-links.ts';
import { RelayGone, type RelayOptions, type RelayProcess, startRelay } from './relay-process.ts';

/** Between the death of a relay and the next try, so that one that cannot start does not take the machine. */
const RESTART_DELAY_MS = { first: 0, next: 500 };
/** A relay that lived this long was a good one. */
const GOOD_AFTER_MS = 5000;

export interface KeptRelay {
  /** False while no frame can pass any link: the relay has died and is not back yet. */
  readonly working: boolean;
  /** How often another one took its place. */
  readonly restarts: number;
  /** The links as they are meant to be now. */
  links(): RelayLink[];
  /** Once. Fulfilled when the links carry frames; fails when the first relay refuses them or dies, and goes on trying. */
  start(): Promise<void>;
  /** While no relay lives, the change counts from the start of the next. @throws UserError for a link that is not there */
  set(change: RelayChange | RelayChange[]): Promise<void>;
  /** @throws Error while no relay lives */
  stats(links?: string[]): Promise<RelayStats>;
  stop(): Promise<void>;
}

/** `onRestart` is called when a relay has died and the next one is about to start: frames on their way are lost. */
export function keepRelay(
  links: readonly RelayLink[],
  options: RelayOptions & { onRestart?: () => void },
): KeptRelay {
  const wanted = new WantedLinks(links);
  let relay: RelayProcess | undefined;
  let working = false;
  let stopped = false;
  let restarts = 0;

  const start = async (): Promise<void> => {
    const startedAt = performance.now();
    const started = startRelay(options);
    relay = started;
    void started.ended.then(async () => {
      working = false;
      const lived = performance.now() - startedAt;
      if (!stopped) await sleep(RESTART_DELAY_MS[lived > GOOD_AFTER_MS ? 'first' : 'next']);
      if (stopped) return;
      restarts++;
      options.onRestart?.();
      await start().catch((error) => {
        // A relay that died says so itself.
        if (!(error instanceof RelayGone)) options.onTrouble?.(String(error));
      });
    });
    await started.configure(wanted.list());
    working = true;
  };

  return {
    get working() {
      return working;
    },
    get restarts() {
      return restarts;
    },
    links: () => wanted.list(),
    start,
    async set(change) {
      wanted.change([change].flat());
      await relay?.set(change).catch((error) => {
        if (!(error instanceof RelayGone)) throw error;
      });
    },
    async stats(names) {
      if (!relay) throw new RelayGone('the relay is not running');
      return relay.stats(names);
    },
    async stop() {
      stopped = true;
      await relay?.stop();
      working = false;
    },
  };
}
