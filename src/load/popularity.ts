// Which item the next request is for. An item is a number from 0; how popular each is decides what a cache can do.

import type { Random } from '../base/random.ts';

export type Popularity =
  /** All alike. */
  | { kind: 'uniform'; items: number }
  /** A few hot items take most requests, many others share the rest: 96 % on 5 and 4 % over 200 unless told. */
  | { kind: 'long-tail'; hotItems: number; tailItems: number; hotShare: number }
  /** The item of rank r is asked for in proportion to 1 / r^s: what real sites look like, s from 0.6 to 1.2. */
  | { kind: 'zipf'; exponent: number; items: number };

export const LONG_TAIL: Popularity = { kind: 'long-tail', hotItems: 5, tailItems: 200, hotShare: 0.96 };

export function itemCount(popularity: Popularity): number {
  return popularity.kind === 'long-tail' ? popularity.hotItems + popularity.tailItems : popularity.items;
}

/** Draws items; the most popular one is item 0. */
export function itemSource(popularity: Popularity, random: Random): () => number {
  if (popularity.kind === 'uniform') return () => Math.floor(random() * popularity.items);
  if (popularity.kind === 'long-tail') {
    const { hotItems, tailItems, hotShare } = popularity;
    return () =>
      random() < hotShare ? Math.floor(random() * hotItems) : hotItems + Math.floor(random() * tailItems);
  }
  const cumulative = zipfShares(popularity.exponent, popularity.items);
  return () => firstAbove(cumulative, random());
}

/** Cumulative shares of ranks 1 to n; the last is 1. */
function zipfShares(exponent: number, items: number): Float64Array {
  const cumulative = new Float64Array(items);
  let sum = 0;
  for (let rank = 1; rank <= items; rank++) {
    sum += rank ** -exponent;
    cumulative[rank - 1] = sum;
  }
  for (let i = 0; i < items; i++) cumulative[i] = (cumulative[i] ?? 0) / sum;
  return cumulative;
}

/** Index of the first value above; binary search. */
function firstAbove(cumulative: Float64Array, value: number): number {
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cumulative[middle] ?? 1) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
