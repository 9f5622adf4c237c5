// SIEVE (Zhang, Yang, Yue, Vigfusson, Rashmi: "SIEVE is simpler than LRU", NSDI 2024). One queue and a hand that moves
// from old to new, clears the mark of what was used and evicts the first that was not; survivors keep their place.
// For comparison: it loses to LRU when popularity drifts, since the hand comes late to what was popular long ago.

import { NO_SLOT, SlotLinks, SlotQueue, withRoomFor } from '../slot-queue.ts';
import type { EvictionPolicy } from './eviction-policy.ts';

export function createSieve(): EvictionPolicy {
  const queue = new SlotQueue(new SlotLinks());
  let visited = new Uint8Array();
  let hand = NO_SLOT;
  const remove = (slot: number) => {
    if (hand === slot) hand = queue.newerThan(slot);
    queue.remove(slot);
  };
  return {
    add(slot) {
      visited = withRoomFor(visited, slot);
      visited[slot] = 0;
      queue.push(slot);
    },
    hit(slot) {
      visited[slot] = 1;
    },
    resize() {},
    remove,
    evict() {
      if (hand === NO_SLOT) hand = queue.oldest;
      if (hand === NO_SLOT) return NO_SLOT;
      while (visited[hand] === 1) {
        visited[hand] = 0;
        hand = queue.newerThan(hand);
        if (hand === NO_SLOT) hand = queue.oldest;
      }
      const victim = hand;
      remove(victim);
      return victim;
    },
    setCapacity() {},
  };
}
