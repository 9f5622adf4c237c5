// Request traces for eviction policies: object numbers, the same for the same seed. Popularity after Zipf with the
// exponents that web and CDN traces show (Breslau et al., INFOCOM 1999: 0.64 to 0.83; video and API traffic above 1).

import { type Random, seededRandom } from '../../src/base/random.ts';

export interface Trace {
  name: string;
  /** The next object asked for; `at` is the number of the request. */
  next(at: number): number;
}

export interface TraceOptions {
  objects: number;
  requests: number;
  seed: number;
}

export function traces(options: TraceOptions): Trace[] {
  const random = seededRandom(options.seed);
  const one = zipf(options.objects, 1, random);
  return [
    { name: 'Zipf 0.8', next: zipf(options.objects, 0.8, random) },
    { name: 'Zipf 1.0', next: one },
    { name: 'Zipf 1.2', next: zipf(options.objects, 1.2, random) },
    { name: 'Zipf 1.0, 30 % one-hit wonders', next: oneHitWonders(options, one, random) },
    { name: 'Zipf 1.0 and scans', next: scans(options, one) },
    { name: 'drift: every rank moves each 300 requests', next: rotating(options, one, 300) },
    {
      name: 'drift: 1 % of the objects trade places each 10 000 requests',
      next: swapping(options, one, random),
    },
    { name: 'drift: every rank moves each 15 requests', next: rotating(options, one, 15) },
  ];
}

/** 96 % of the requests to 5 objects, 4 % over 200: the load of cdn-up-and-running. */
export function longTail(seed: number): Trace {
  const random = seededRandom(seed);
  return {
    name: 'long tail',
    next: () => (random() < 0.96 ? Math.floor(random() * 5) : 5 + Math.floor(random() * 200)),
  };
}

/** Log-normal with a median of 10 KB, at most 1 MB; the same for the same object. */
export function objectSize(object: number): number {
  const known = sizes.get(object);
  if (known !== undefined) return known;
  const size = drawSize(object);
  sizes.set(object, size);
  return size;
}

const sizes = new Map<number, number>();

function drawSize(object: number): number {
  const random = seededRandom(object + 1);
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.min(1_000_000, Math.max(100, Math.round(10_000 * Math.exp(1.3 * normal))));
}

function zipf(objects: number, exponent: number, random: Random): () => number {
  const cumulated = new Float64Array(objects);
  let total = 0;
  for (let i = 0; i < objects; i++) {
    total += 1 / (i + 1) ** exponent;
    cumulated[i] = total;
  }
  return () => {
    const wanted = random() * total;
    let [low, high] = [0, objects - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulated[middle] as number) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

function oneHitWonders({ objects }: TraceOptions, next: () => number, random: Random): () => number {
  let fresh = objects;
  return () => (random() < 0.3 ? fresh++ : next());
}

/** Every 100 000 requests a crawler asks for 20 000 objects that nobody else wants. */
function scans({ objects }: TraceOptions, next: () => number): (at: number) => number {
  return (at) => (at % 100_000 < 20_000 ? objects + at : next());
}

function rotating({ objects }: TraceOptions, next: () => number, every: number): (at: number) => number {
  return (at) => (next() + Math.floor(at / every)) % objects;
}

function swapping({ objects }: TraceOptions, next: () => number, random: Random): (at: number) => number {
  const places = Int32Array.from({ length: objects }, (_, i) => i);
  return (at) => {
    if (at % 10_000 === 0) {
      for (let i = 0; i < objects / 100; i++) {
        const [a, b] = [next(), Math.floor(random() * objects)];
        const object = places[a] as number;
        places[a] = places[b] as number;
        places[b] = object;
      }
    }
    return places[next()] as number;
  };
}
