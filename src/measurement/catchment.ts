// Catchments out of samples: which POP answered whom. A client's POP is the one that answered most of its requests; the
// share is kept, since a client that is torn between two POPs is a finding and not noise.

import type { Sample, Strategy } from './sample.ts';

export interface MeasuredPop {
  /** POP code, as in X-POP. */
  code: string;
  /** Share (0-1) of the answers that came from it. */
  share: number;
}

/** Undefined when no request was answered. A tie goes to the code that sorts first, so that it is the same each time. */
export function majorityPop(samples: readonly Sample[]): MeasuredPop | undefined {
  const counts = new Map<string, number>();
  for (const { pop } of samples) if (pop !== undefined) counts.set(pop, (counts.get(pop) ?? 0) + 1);
  const [first] = [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return first && { code: first[0], share: first[1] / total };
}

/** Users (in the topology's unit) by POP pair: rows what one strategy chose, columns the other. */
export interface ConfusionMatrix {
  pops: string[];
  /** users[row][column]; row = POP by DNS, column = POP by anycast. */
  users: number[][];
  clients: string[][][];
}

export function confusionMatrix(
  clients: readonly { name: string; users: number; dnsPop?: string; anycastPop?: string }[],
  pops: readonly string[],
): ConfusionMatrix {
  const users = pops.map(() => pops.map(() => 0));
  const names = pops.map(() => pops.map((): string[] => []));
  for (const client of clients) {
    const row = pops.indexOf(client.dnsPop ?? '');
    const column = pops.indexOf(client.anycastPop ?? '');
    if (row < 0 || column < 0) continue;
    (users[row] as number[])[column] = (users[row]?.[column] ?? 0) + client.users;
    names[row]?.[column]?.push(client.name);
  }
  return { pops: [...pops], users, clients: names };
}

export function samplesOf(
  samples: readonly Sample[],
  client: string,
  strategy: Strategy,
  phase?: Sample['phase'],
): Sample[] {
  return samples.filter(
    (each) =>
      each.client === client && each.strategy === strategy && (phase === undefined || each.phase === phase),
  );
}
