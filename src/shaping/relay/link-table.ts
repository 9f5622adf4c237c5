// The links a relay knows: which direction a frame of a link end belongs to, and each direction's impairment and
// state. A direction keeps its number and state while its link exists, whatever is changed, so no held frame is lost.

import { UserError } from '../../base/errors.ts';
import type { Impairment } from '../../runtimes/lab-plan.ts';
import {
  type CompiledImpairment,
  compileImpairment,
  type DirectionState,
  newDirectionState,
} from '../impairment.ts';
import type { Direction, RelayChange, RelayLink } from './protocol.ts';
import { isBlackhole, unknownLink } from './wanted-links.ts';

/** Ten times the 220-router lab; the tables for it take well under a megabyte. */
export const MAX_LINKS = 4_096;
export const MAX_DIRECTIONS = 2 * MAX_LINKS;
const NONE = -1;

export interface DirectionEntry {
  impairment: Impairment;
  blackhole: boolean;
  compiled: CompiledImpairment;
  state: DirectionState;
  /** The end that frames of this direction come from, as the transport numbers it. */
  ingress: number;
}

export class LinkTable {
  readonly directions: (DirectionEntry | undefined)[] = [];
  readonly #numbers = new Map<string, number>();
  #byEnd = new Int32Array(1024).fill(NONE);

  /** The direction of frames that come in by this end; -1 for an end of no link. */
  directionOf(end: number): number {
    return end >= 0 && end < this.#byEnd.length ? (this.#byEnd[end] as number) : NONE;
  }

  /** Adds the link, or renews it under its number; returns the number of its direction aToB, bToA being the next. */
  put(link: RelayLink, aEnd: number, bEnd: number): number {
    const known = this.#numbers.get(link.name);
    this.#refuseSharedEnd(link.name, known, aEnd, bEnd);
    if (known !== undefined) this.#unmap(known);
    const first = known ?? this.#freeNumber();
    this.#numbers.set(link.name, first);
    for (const [number, direction, ingress] of [
      [first, 'aToB', aEnd],
      [first + 1, 'bToA', bEnd],
    ] as const) {
      const impairment = link[direction];
      const blackhole = isBlackhole(link, direction);
      const state = (known === undefined ? undefined : this.directions[number]?.state) ?? newDirectionState();
      const compiled = compileImpairment(impairment, blackhole);
      this.directions[number] = { impairment, blackhole, compiled, state, ingress };
      this.#map(ingress, number);
    }
    return first;
  }

  change(change: RelayChange): void {
    const first = this.numberOf(change.link);
    for (const direction of directionsOf(change.direction)) {
      const entry = this.directions[first + (direction === 'aToB' ? 0 : 1)] as DirectionEntry;
      entry.impairment = change.impairment ?? entry.impairment;
      entry.blackhole = change.blackhole ?? entry.blackhole;
      entry.compiled = compileImpairment(entry.impairment, entry.blackhole);
    }
  }

  /** Frames of the link that are held are dropped when they come due; its number is used again after that. */
  remove(name: string): void {
    const first = this.numberOf(name);
    this.#unmap(first);
    this.#numbers.delete(name);
  }

  names(): string[] {
    return [...this.#numbers.keys()];
  }

  numberOf(name: string): number {
    const number = this.#numbers.get(name);
    if (number === undefined) throw unknownLink(name, this.#numbers.keys());
    return number;
  }

  #freeNumber(): number {
    const used = new Set(this.#numbers.values());
    for (let number = 0; number < MAX_DIRECTIONS; number += 2) {
      if (used.has(number)) continue;
      const held =
        (this.directions[number]?.state.held ?? 0) + (this.directions[number + 1]?.state.held ?? 0);
      if (held === 0) return number;
    }
    throw new UserError({ message: `a relay carries at most ${MAX_LINKS} links` });
  }

  /** Frames of an end can go one way only. */
  #refuseSharedEnd(name: string, known: number | undefined, aEnd: number, bEnd: number): void {
    for (const end of [aEnd, bEnd]) {
      const direction = this.directionOf(end);
      const isOwn = direction === NONE || direction === known || direction - 1 === known;
      if (aEnd !== bEnd && isOwn) continue;
      throw new UserError({
        message: `link ${name} has an end that another has, too`,
        expected: 'an interface or VNI for each end of each link',
        found: String(end),
      });
    }
  }

  #map(end: number, direction: number): void {
    if (end >= this.#byEnd.length) {
      const larger = new Int32Array(2 ** Math.ceil(Math.log2(end + 1))).fill(NONE);
      larger.set(this.#byEnd);
      this.#byEnd = larger;
    }
    this.#byEnd[end] = direction;
  }

  #unmap(first: number): void {
    for (const number of [first, first + 1]) {
      const ingress = this.directions[number]?.ingress;
      if (ingress !== undefined) this.#byEnd[ingress] = NONE;
    }
  }
}

function directionsOf(direction: Direction | undefined): Direction[] {
  return direction ? [direction] : ['aToB', 'bToA'];
}
