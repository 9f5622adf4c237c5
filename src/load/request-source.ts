// The sequence of requests of a run: paths drawn or listed, and, for the open loop, when each is to start. Same seed, same
// sequence.

import { deriveSeed, seededRandom } from '../base/random.ts';
import { type LoadPlan, totalMs } from './load-plan.ts';
import { itemSource } from './popularity.ts';

/** The next path. */
export function pathSource({ requests, seed }: Pick<LoadPlan, 'requests' | 'seed'>): () => string {
  const random = seededRandom(deriveSeed(seed, 'items'));
  if (requests.kind === 'items') {
    const [before = '', ...rest] = requests.path.split('{item}');
    const after = rest.join('{item}');
    const draw = itemSource(requests.popularity, random);
    return rest.length === 0 ? () => before : () => `${before}${draw()}${after}`;
  }
  const paths = requests.kind === 'list' ? requests.paths : requests.requests.map(({ path }) => path);
  if (requests.kind === 'list' && requests.order === 'random')
    return () => paths[Math.floor(random() * paths.length)] ?? '/';
  let next = 0;
  return () => paths[next++ % paths.length] ?? '/';
}

export interface Arrival {
  /** Milliseconds from the start of the run. */
  atMs: number;
  path: string;
}

/** All requests of an open loop in order, warm-up included. The first of a constant rate comes at once. */
export function* arrivals(plan: LoadPlan): Generator<Arrival, void> {
  const endMs = totalMs(plan);
  if (plan.requests.kind === 'replay') {
    const { requests, speed } = plan.requests;
    for (const { atMs, path } of requests) {
      if (atMs / speed >= endMs) return;
      yield { atMs: atMs / speed, path };
    }
    return;
  }
  if (plan.loop.kind !== 'open') return;
  const { ratePerSecond, arrivals: kind } = plan.loop;
  const random = seededRandom(deriveSeed(plan.seed, 'arrivals'));
  const path = pathSource(plan);
  const meanMs = 1000 / ratePerSecond;
  // By multiplication and not by adding gaps, so that no rounding adds up over a long run.
  for (let n = 0, atMs = 0; atMs < endMs; n++) {
    yield { atMs, path: path() };
    atMs = kind === 'constant' ? (n + 1) * meanMs : atMs - Math.log(1 - random()) * meanMs;
  }
}

/** Which target takes the next request. */
export function targetSource({ targets, spread, seed }: LoadPlan): () => number {
  const random = seededRandom(deriveSeed(seed, 'targets'));
  let next = 0;
  return spread === 'random' ? () => Math.floor(random() * targets.length) : () => next++ % targets.length;
}
