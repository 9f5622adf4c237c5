// Two UDP threads on both processors, the client on the same two: ours beside gdnsd and the others, by queries answered.

import { compare } from '../paired.ts';
import type { Bench } from '../prepare.ts';
import type { ServerKind } from '../server.ts';
import { bind } from '../servers/bind.ts';
import { gdnsd } from '../servers/gdnsd.ts';
import { knot } from '../servers/knot.ts';
import { powerdns } from '../servers/powerdns.ts';
import { thousands } from './cpu.ts';

const SECTION = 'Two threads, client and server on the same two processors';
const BAR = 0.9;
/** Four busy threads on two processors: single pairs say anything from 0.8 to 1.1. */
const OUR_PAIRS = 24;

export async function workers(bench: Bench): Promise<void> {
  const load = { queries: bench.sets.ecs, duration: 1, threads: 2, clients: 64, outstanding: 100 };
  await bench.with(gdnsd(), { threads: 2 }, async (reference) => {
    const beside = async (kind: ServerKind, pairs: number, bar?: number) =>
      bench.with(kind, { threads: 2 }, async (subject) => {
        const result = await compare(subject, reference, load, pairs);
        bench.record({
          section: SECTION,
          what: `answers per second, ${kind.name}`,
          value: result.rateRatio,
          unit: '× gdnsd',
          ...(bar !== undefined && { bar, atLeast: true }),
          detail: `${thousands(result.subject.queriesPerSecond)}/s beside ${thousands(result.reference.queriesPerSecond)}; CPU per query ${result.subject.cpuMicroseconds.toFixed(1)} beside ${result.reference.cpuMicroseconds.toFixed(1)} µs; ${result.lost} lost`,
        });
      });
    await beside(bench.ours({ name: 'ours, 2 workers', workers: 2 }), bench.quick ? 3 : OUR_PAIRS, BAR);
    if (!bench.quick) for (const kind of [knot(), bind, powerdns]) await beside(kind, 8);
  });
}
