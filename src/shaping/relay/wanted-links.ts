// The links as they are meant to be now: as configured, with every change since. The relay holds the same while it
// lives; this outlives it, so that the next relay starts where the last one was.

import { UserError } from '../../base/errors.ts';
import { nearestNames } from '../../base/suggest.ts';
import type { Direction, RelayChange, RelayLink } from './protocol.ts';

export class WantedLinks {
  readonly #links: Map<string, RelayLink>;

  constructor(links: readonly RelayLink[]) {
    this.#links = new Map(links.map((link) => [link.name, link]));
  }

  list(): RelayLink[] {
    return [...this.#links.values()];
  }

  /** All changes or, when one names a link that is not there, none. @throws UserError */
  change(changes: readonly RelayChange[]): void {
    for (const { link } of changes) if (!this.#links.has(link)) throw unknownLink(link, this.#links.keys());
    for (const change of changes)
      this.#links.set(change.link, changedLink(this.#links.get(change.link) as RelayLink, change));
  }
}

export function unknownLink(name: string, known: Iterable<string>): UserError {
  return new UserError({
    message: `the relay has no link ${name}`,
    hint: `nearest: ${nearestNames(name, known).join(', ') || 'none'}`,
  });
}

/** The link after the change; what the change leaves out stays. */
export function changedLink(link: RelayLink, change: RelayChange): RelayLink {
  const isMeant = (direction: Direction) => change.direction === undefined || change.direction === direction;
  const impairment = (direction: Direction) =>
    isMeant(direction) && change.impairment ? change.impairment : link[direction];
  const blackhole = (direction: Direction) =>
    isMeant(direction) && change.blackhole !== undefined ? change.blackhole : isBlackhole(link, direction);
  return {
    ...link,
    aToB: impairment('aToB'),
    bToA: impairment('bToA'),
    blackhole:
      blackhole('aToB') && blackhole('bToA')
        ? true
        : blackhole('aToB')
          ? 'aToB'
          : blackhole('bToA')
            ? 'bToA'
            : false,
  };
}

export function isBlackhole(link: RelayLink, direction: Direction): boolean {
  return link.blackhole === true || link.blackhole === direction;
}
