// Doubly linked queues over slot numbers: two typed arrays shared by all queues of a policy, so that an object costs
// eight bytes and no garbage. The store numbers its objects (slots); a policy knows nothing else of them.

/** No slot. */
export const NO_SLOT = -1;
const FIRST_SLOTS = 64;

/** A longer copy of a typed array when `index` is beyond it; doubling, so that growth costs nothing on average. */
export function withRoomFor<T extends Uint8Array | Int32Array | Uint32Array | Float64Array>(
  array: T,
  index: number,
): T {
  if (index < array.length) return array;
  const longer = new (array.constructor as new (length: number) => T)(
    Math.max(FIRST_SLOTS, array.length * 2, index + 1),
  );
  longer.set(array);
  return longer;
}

/** Neighbours of each slot, for the queues of one policy: a slot is in one of them at most. */
export class SlotLinks {
  newer = new Int32Array(FIRST_SLOTS);
  older = new Int32Array(FIRST_SLOTS);

  reserve(slot: number): void {
    this.newer = withRoomFor(this.newer, slot);
    this.older = withRoomFor(this.older, slot);
  }
}

export class SlotQueue {
  newest = NO_SLOT;
  oldest = NO_SLOT;
  #links: SlotLinks;

  constructor(links: SlotLinks) {
    this.#links = links;
  }

  push(slot: number): void {
    const links = this.#links;
    links.reserve(slot);
    links.newer[slot] = NO_SLOT;
    links.older[slot] = this.newest;
    if (this.newest === NO_SLOT) this.oldest = slot;
    else links.newer[this.newest] = slot;
    this.newest = slot;
  }

  /** The slot must be in this queue. */
  remove(slot: number): void {
    const { newer, older } = this.#links;
    const before = newer[slot] as number;
    const after = older[slot] as number;
    if (before === NO_SLOT) this.newest = after;
    else older[before] = after;
    if (after === NO_SLOT) this.oldest = before;
    else newer[after] = before;
  }

  /** The neighbour that came later; NO_SLOT at the newest. */
  newerThan(slot: number): number {
    return this.#links.newer[slot] as number;
  }
}
