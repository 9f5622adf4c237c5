// Where the relay holds frames: one FIFO of slots per direction (frames of a direction never overtake) and a binary
// heap of the directions by the deadline of their first frame, so that the next frame due is found in one look and
// a frame costs O(log directions) only when it becomes the first of its queue. All storage is allocated once.

const NONE = -1;

export class FrameQueues {
  readonly #next: Int32Array;
  readonly #deadlineNs: Float64Array;
  readonly #head: Int32Array;
  readonly #tail: Int32Array;
  readonly #heap: Int32Array;
  #heapSize = 0;

  constructor(queues: number, slots: number) {
    this.#next = new Int32Array(slots).fill(NONE);
    this.#deadlineNs = new Float64Array(slots);
    this.#head = new Int32Array(queues).fill(NONE);
    this.#tail = new Int32Array(queues).fill(NONE);
    this.#heap = new Int32Array(queues);
  }

  /** Deadlines of one queue must not decrease: the caller keeps order. */
  push(queue: number, slot: number, deadlineNs: number): void {
    this.#deadlineNs[slot] = deadlineNs;
    this.#next[slot] = NONE;
    const tail = this.#tail[queue] as number;
    this.#tail[queue] = slot;
    if (tail !== NONE) {
      this.#next[tail] = slot;
      return;
    }
    this.#head[queue] = slot;
    this.#siftUp(this.#heapSize++, queue);
  }

  /** Infinity when nothing is held. */
  nextDeadlineNs(): number {
    return this.#heapSize === 0 ? Number.POSITIVE_INFINITY : this.#key(this.#heap[0] as number);
  }

  /** Queue whose first frame is due next; ask only when there is one. */
  nextQueue(): number {
    return this.#heap[0] as number;
  }

  /** Takes the frame that is due next out of its queue and returns its slot; ask only when there is one. */
  pop(): number {
    const queue = this.#heap[0] as number;
    const slot = this.#head[queue] as number;
    const following = this.#next[slot] as number;
    this.#head[queue] = following;
    if (following === NONE) {
      this.#tail[queue] = NONE;
      this.#heapSize--;
      if (this.#heapSize > 0) this.#siftDown(this.#heap[this.#heapSize] as number);
    } else {
      this.#siftDown(queue);
    }
    return slot;
  }

  #key(queue: number): number {
    return this.#deadlineNs[this.#head[queue] as number] as number;
  }

  #siftUp(from: number, queue: number): void {
    const key = this.#key(queue);
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const other = this.#heap[parent] as number;
      if (this.#key(other) <= key) break;
      this.#heap[at] = other;
      at = parent;
    }
    this.#heap[at] = queue;
  }

  /** Puts `queue` at the root and lets it sink to its place. */
  #siftDown(queue: number): void {
    const key = this.#key(queue);
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#heapSize) break;
      const right = child + 1;
      if (
        right < this.#heapSize &&
        this.#key(this.#heap[right] as number) < this.#key(this.#heap[child] as number)
      )
        child = right;
      const other = this.#heap[child] as number;
      if (this.#key(other) >= key) break;
      this.#heap[at] = other;
      at = child;
    }
    this.#heap[at] = queue;
  }
}
