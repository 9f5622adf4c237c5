// Median, 95th percentile and maximum of distances, each with a weight. Exact: sorted, not bucketed.

export interface DistanceStatistics {
  medianKm: number;
  p95Km: number;
  maxKm: number;
  meanKm: number;
}

/** Gathers distances; weights of 0 do not count. */
export class WeightedDistances {
  #km: number[] = [];
  #weights: number[] = [];

  add(km: number, weight: number): void {
    if (weight <= 0) return;
    this.#km.push(km);
    this.#weights.push(weight);
  }

  /** Sum of weights: who has a distance at all. */
  weight(): number {
    return this.#weights.reduce((sum, weight) => sum + weight, 0);
  }

  /** Whole kilometres; undefined when there are none. */
  statistics(): DistanceStatistics | undefined {
    const order = Uint32Array.from(this.#km.keys()).sort((a, b) => this.#at(a) - this.#at(b));
    const last = order.at(-1);
    if (last === undefined) return undefined;
    const total = this.weight();
    const sum = this.#km.reduce((soFar, km, i) => soFar + km * (this.#weights[i] ?? 0), 0);
    const [median = last, p95 = last] = this.#quantiles(order, [0.5 * total, 0.95 * total]);
    const km = (i: number) => Math.round(this.#at(i));
    return { medianKm: km(median), p95Km: km(p95), maxKm: km(last), meanKm: Math.round(sum / total) };
  }

  #at(i: number): number {
    return this.#km[i] ?? 0;
  }

  /** Indices at which the running weight reaches each of the ascending `targets`. */
  #quantiles(order: Uint32Array, targets: number[]): number[] {
    const found: number[] = [];
    let running = 0;
    for (const i of order) {
      running += this.#weights[i] ?? 0;
      while (found.length < targets.length && running >= (targets[found.length] ?? 0)) found.push(i);
    }
    return found;
  }
}
