// The relay: takes frames from one end of each link, holds them as the link's impairment says, hands them to the
// other end. One endless loop over: send what is due, sleep until the next deadline, receive, listen to the parent.

import { type Random, seededRandom } from '../../base/random.ts';
import { decide } from '../impairment.ts';
import { Counters } from './counters.ts';
import { FrameQueues } from './frame-queues.ts';
import type { RelayClock } from './io/clock.ts';
import { SLOTS } from './io/frame-slots.ts';
import type { FrameSocket } from './io/frame-socket.ts';
import type { Poller } from './io/poller.ts';
import { type DirectionEntry, LinkTable, MAX_DIRECTIONS } from './link-table.ts';
import type { RelayAnswer, RelayRequest, RelayStats } from './protocol.ts';

/** Frames sent ahead of the held ones of their direction share one queue: they are due at once, so in order. */
const EXPRESS_QUEUE = MAX_DIRECTIONS;
const NONE = -1;

export class Relay {
  readonly #links = new LinkTable();
  readonly #queues = new FrameQueues(MAX_DIRECTIONS + 1, SLOTS);
  readonly #directionOfSlot = new Int32Array(SLOTS);
  readonly #counters = new Counters(MAX_DIRECTIONS);
  readonly #clock: RelayClock;
  readonly #socket: FrameSocket;
  readonly #poller: Poller;
  readonly #random: Random;
  #foreign = 0;

  constructor(parts: { clock: RelayClock; socket: FrameSocket; poller: Poller; seed: number }) {
    this.#clock = parts.clock;
    this.#socket = parts.socket;
    this.#poller = parts.poller;
    this.#random = seededRandom(parts.seed);
  }

  /** One round; `poller.input` and `poller.output` then say whether the parent has spoken or can be answered. */
  turn(wantsOutput: boolean): void {
    this.#sendDue();
    const deadlineNs = this.#queues.nextDeadlineNs() - this.#socket.crossingCostNs;
    this.#poller.wait(this.#clock.nowNs(), deadlineNs, wantsOutput);
    if (this.#poller.frames) this.#receive();
  }

  answer(request: RelayRequest): RelayAnswer {
    if ('configure' in request) {
      for (const link of request.configure) {
        const aEnd = this.#socket.openEnd(link.a);
        const bEnd = this.#socket.openEnd(link.b);
        const first = this.#links.put(link, aEnd, bEnd);
        this.#socket.setEgress(first, bEnd);
        this.#socket.setEgress(first + 1, aEnd);
      }
    } else if ('set' in request) {
      for (const change of [request.set].flat()) this.#links.change(change);
    } else if ('remove' in request) {
      for (const name of request.remove) {
        const first = this.#links.numberOf(name);
        this.#links.remove(name);
        for (const direction of [first, first + 1]) {
          this.#socket.setEgress(direction, NONE); // what is still held ends there
          this.#counters.reset(direction);
        }
      }
    } else {
      return { ok: true, stats: this.#stats(request.stats ?? []) };
    }
    return { ok: true };
  }

  #sendDue(): void {
    const nowNs = this.#clock.nowNs();
    const dueNs = nowNs + this.#socket.crossingCostNs;
    for (;;) {
      const deadlineNs = this.#queues.nextDeadlineNs();
      if (deadlineNs > dueNs) break;
      const queue = this.#queues.nextQueue();
      const slot = this.#queues.pop();
      const direction = this.#directionOfSlot[slot] as number;
      if (queue !== EXPRESS_QUEUE) this.#state(direction).held--;
      this.#counters.sent(direction, this.#socket.slots.frameBytes(slot), nowNs - deadlineNs);
      this.#socket.send(slot, direction);
    }
    this.#socket.flush();
  }

  #receive(): void {
    const { received, slots } = this.#socket;
    const count = received.receive();
    const nowNs = this.#clock.nowNs();
    for (let i = 0; i < count; i++) {
      const slot = this.#socket.take(i);
      if (slot === NONE) continue;
      const direction = this.#links.directionOf(this.#socket.endOf(i));
      if (direction === NONE) {
        this.#foreign++;
        slots.release(slot);
      } else this.#hold(slot, direction, received.atNs(i, nowNs));
    }
  }

  #hold(slot: number, direction: number, arrivalNs: number): void {
    const entry = this.#links.directions[direction];
    if (entry === undefined) {
      this.#socket.slots.release(slot);
      return;
    }
    const { state } = entry;
    const verdict = decide(
      entry.compiled,
      state,
      arrivalNs,
      this.#socket.slots.frameBytes(slot),
      this.#random,
    );
    this.#counters.arrived(direction, verdict, state.duplicate);
    if (verdict !== 'held' && verdict !== 'at-once') {
      this.#socket.slots.release(slot);
      return;
    }
    const twin = state.duplicate ? this.#socket.slots.copy(slot) : NONE;
    this.#enqueue(slot, direction, verdict, arrivalNs);
    if (twin !== NONE) this.#enqueue(twin, direction, verdict, arrivalNs);
  }

  #enqueue(slot: number, direction: number, verdict: 'held' | 'at-once', arrivalNs: number): void {
    this.#directionOfSlot[slot] = direction;
    if (verdict === 'at-once') {
      this.#queues.push(EXPRESS_QUEUE, slot, arrivalNs);
      return;
    }
    const state = this.#state(direction);
    state.held++;
    this.#queues.push(direction, slot, state.deliverAtNs);
  }

  #state(direction: number) {
    return (this.#links.directions[direction] as DirectionEntry).state;
  }

  #stats(names: string[]): RelayStats {
    const links: RelayStats['links'] = {};
    for (const name of names.length > 0 ? names : this.#links.names()) {
      const first = this.#links.numberOf(name);
      links[name] = { aToB: this.#counters.read(first), bToA: this.#counters.read(first + 1) };
    }
    return {
      links,
      kernelDrops: this.#socket.kernelDrops(),
      noMemory: this.#socket.noMemory,
      sendErrors: this.#socket.sendErrors,
      foreign: this.#foreign + this.#socket.foreign,
      wakeLeadNs: this.#poller.leadNs,
    };
  }
}
