// Signed answers, with a row of their own as they cost by far more: warm, the few answers there are have their signatures
// already; cold, every query is for another name that does not exist, and needs new ones.

import { TYPES } from '../../../src/dns/wire/constants.ts';
import { decodeResponse } from '../../../src/dns/wire/query.ts';
import { askOnce } from '../ask.ts';
import { slice } from '../paired.ts';
import type { Bench } from '../prepare.ts';
import { distinctNames } from '../queries.ts';
import { gdnsd } from '../servers/gdnsd.ts';
import { knot } from '../servers/knot.ts';
import { CLIENT_CPU, compareCpu, cpuFigure, SERVER_CPU, thousands } from './cpu.ts';

const SECTION = 'Signed answers (DO bit), one thread';
const COLD_NAMES = 10_000;

export async function signed(bench: Bench): Promise<void> {
  const pairs = bench.quick ? 3 : 8;
  const pinned = { cpu: SERVER_CPU };
  const ours = bench.ours({ name: 'ours signed', signed: true });
  const cold = distinctNames(bench.scratch, COLD_NAMES);
  await bench.with(ours, pinned, async (subject) => {
    const [query] = bench.sets.signed.queries;
    const reply = query && (await askOnce(subject.port, query, 1000));
    const types = (reply && decodeResponse(reply)?.answer.map(({ type }) => type)) ?? [];
    if (!types.includes(TYPES.RRSIG)) bench.problems.push('ours signed: an answer without RRSIG');
    // Before anything else: every name is new to the cache.
    for (const [what, detail] of [
      ['cold', 'names that do not exist, each for the first time'],
      ['asked again', 'the same names once more'],
    ] as const) {
      const one = await slice(subject, { queries: cold, duration: 'once', cpu: CLIENT_CPU });
      bench.record({
        section: SECTION,
        what: `CPU per signed denial, ours, ${what}`,
        value: one.cpuMicroseconds,
        unit: 'µs',
        detail: `${thousands(one.queriesPerSecond)}/s; ${detail}`,
      });
    }
    await bench.with(gdnsd(), pinned, async (reference) => {
      const result = await compareCpu(subject, reference, bench.sets.signed, pairs);
      bench.record(cpuFigure(SECTION, 'ours, warm', 'gdnsd unsigned', result));
    });
    await bench.with(knot({ signed: true }), pinned, async (reference) => {
      const result = await compareCpu(subject, reference, bench.sets.signed, pairs);
      bench.record(cpuFigure(SECTION, 'ours, warm', 'knot signed', result));
    });
  });
}
