// The IGP metric of a backbone link: its delay, so that shortest path means fastest path and hot potato means nearest
// exit. Babel's metrics, and their sums, are 16-bit numbers (RFC 8966 section 4.6.9).

const COST_PER_MS = 100; // 0.01 ms apart is still two costs, and paths up to 655 ms fit
const LARGEST_COST = 65534;

export function igpCost(link: { delayMs: number }): number {
  return Math.min(LARGEST_COST, Math.max(1, Math.round(link.delayMs * COST_PER_MS)));
}
