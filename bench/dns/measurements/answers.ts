// Nothing is timed before its answers are right: every client network is asked for, and compared with gdnsd's answer under
// the same map. Ours also has to repeat the subnet option, never with scope 0, and never with scopes that contradict.

import { decodeResponse } from '../../../src/dns/wire/query.ts';
import { askAll } from '../ask.ts';
import type { Bench } from '../prepare.ts';
import type { QuerySet } from '../queries.ts';
import type { RunningServer } from '../server.ts';
import { gdnsd } from '../servers/gdnsd.ts';
import { knot } from '../servers/knot.ts';
import { powerdns } from '../servers/powerdns.ts';
import { clientNetworks } from '../world.ts';

const SECTION = 'Answers to 10 000 client networks';
const SHOWN = 5;

export async function answers(bench: Bench): Promise<void> {
  const { ecs } = bench.sets;
  const oracle = await bench.with(gdnsd(), {}, (server) => collectAnswers(server, ecs));
  if (!oracle) return;
  const gdnsdScope = meanScope(oracle);
  for (const kind of [knot(), powerdns]) {
    const peer = await bench.with(kind, {}, (server) => collectAnswers(server, ecs));
    if (!peer) continue;
    bench.record({
      section: SECTION,
      what: `${kind.name} as gdnsd`,
      value: agreement(peer, oracle) * 100,
      unit: '%',
      detail: `mean scope /${meanScope(peer).toFixed(2)}, ${peer.scopes.filter((scope) => scope === 0).length} with /0`,
    });
  }
  const ours = await bench.with(bench.ours({}), {}, (server) => collectAnswers(server, ecs));
  if (!ours) return;
  const wrong = wrongAnswers(ours, oracle);
  bench.record({
    section: SECTION,
    what: 'ours as gdnsd',
    value: agreement(ours, oracle) * 100,
    unit: '%',
    bar: 100,
    atLeast: true,
    detail: wrong.length === 0 ? 'subnet options echoed, no contradicting scopes' : `${wrong.length} wrong`,
  });
  bench.record({
    section: SECTION,
    what: 'mean scope, ours',
    value: meanScope(ours),
    unit: 'bits',
    bar: gdnsdScope,
    detail: `gdnsd /${gdnsdScope.toFixed(2)}; shorter caches better`,
  });
  bench.problems.push(...wrong.slice(0, SHOWN));
  if (wrong.length > SHOWN) bench.problems.push(`and ${wrong.length - SHOWN} more wrong answers`);
}

export interface Answers {
  /** Of each client network, the address answered; undefined without one. */
  addresses: (string | undefined)[];
  /** Scope prefix lengths; undefined where the option was not echoed as asked. */
  scopes: (number | undefined)[];
}

export async function collectAnswers(server: RunningServer, queries: QuerySet): Promise<Answers> {
  const replies = await askAll(
    server.port,
    queries.queries.map((query) => Buffer.from(query)),
  );
  const networks = clientNetworks();
  const addresses: (string | undefined)[] = [];
  const scopes: (number | undefined)[] = [];
  for (const [i, reply] of replies.entries()) {
    const response = reply && decodeResponse(reply);
    addresses.push(response?.rcode === 0 ? response.answer.find(({ type }) => type === 1)?.text : undefined);
    const option = response?.edns?.clientSubnet;
    const echoed =
      option?.family === 1 &&
      option.sourcePrefixLength === 24 &&
      networks[i]?.every((byte, at) => byte === option.address[at]);
    scopes.push(echoed ? option.scopePrefixLength : undefined);
  }
  return { addresses, scopes };
}

/** Share of networks with the same answer. */
export function agreement(one: Answers, other: Answers): number {
  const same = one.addresses.filter((address, i) => address !== undefined && address === other.addresses[i]);
  return same.length / one.addresses.length;
}

export function meanScope({ scopes }: Answers): number {
  return scopes.reduce<number>((sum, scope) => sum + (scope ?? 0), 0) / scopes.length;
}

/** In words, at most a few; none when all is well. */
export function wrongAnswers(answers: Answers, oracle: Answers): string[] {
  const networks = clientNetworks();
  const wrong: string[] = [];
  const text = (i: number) => `${networks[i]?.join('.')}/24`;
  for (const [i, address] of answers.addresses.entries()) {
    if (address === undefined) wrong.push(`${text(i)}: no answer`);
    else if (address !== oracle.addresses[i])
      wrong.push(
        `${text(i)}: ${address}, gdnsd says ${oracle.addresses[i]} (its scope /${oracle.scopes[i]})`,
      );
    const scope = answers.scopes[i];
    if (scope === undefined) wrong.push(`${text(i)}: the subnet option was not echoed as sent`);
    else if (scope === 0) wrong.push(`${text(i)}: scope 0, so every client would get this answer`);
  }
  return [...wrong, ...contradictions(answers)];
}

/** A network inside another's scope must have its answer, or a cache serves the wrong one (RFC 7871 section 7.3.1). */
function contradictions({ addresses, scopes }: Answers): string[] {
  const bits = clientNetworks().map(
    (bytes) => ((bytes[0] ?? 0) << 16) | ((bytes[1] ?? 0) << 8) | (bytes[2] ?? 0),
  );
  const order = bits.map((_, i) => i).sort((a, b) => (bits[a] as number) - (bits[b] as number));
  const found: string[] = [];
  for (const [position, i] of order.entries()) {
    const scope = Math.min(24, scopes[i] ?? 24);
    const inside = (other: number) =>
      (bits[other] as number) >>> (24 - scope) === (bits[i] as number) >>> (24 - scope);
    for (const step of [1, -1]) {
      for (let at = position + step; at >= 0 && at < order.length; at += step) {
        const other = order[at] as number;
        if (!inside(other)) break;
        if (addresses[other] !== addresses[i])
          found.push(`scope /${scope} of network ${i} covers network ${other}, which has another answer`);
      }
    }
  }
  return found;
}
