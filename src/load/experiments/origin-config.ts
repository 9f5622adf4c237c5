// Where an experiment's edge gets its answers, in the words of its configuration.

import type { RunningService } from './experiment.ts';

/** One origin is `origin` alone, several are listed with their names. */
export function originConfig(origins: readonly RunningService[]): object {
  const addressOf = ({ target: { address, port } }: RunningService) => ({ address, port });
  const [first] = origins;
  const host = 'origin.cdn.test';
  if (origins.length === 1 && first) return { origin: { host, ...addressOf(first) } };
  return {
    origin: { host },
    origins: origins.map((origin, i) => ({ name: `edge-${i + 1}`, ...addressOf(origin) })),
  };
}
