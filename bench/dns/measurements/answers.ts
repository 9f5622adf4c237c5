// Nothing is timed before its answers are right: every client network is asked for, and compared with gdnsd's answer under
// the same map. Ours also has to repeat the subnet option, never with scope 0, and never with scopes that contradict.

import { decodeResponse } from '../../../src/dns/wire/query.ts';
import { formatAddress } from '../../../src/net/ip-address.ts';
import { askAll } from '../ask.ts';
import type { Bench } from '../prepare.ts';
import { ecsQuery } from '../queries.ts';
import type { RunningServer, ServerKind } from '../server.ts';
import { gdnsd } from '../servers/gdnsd.ts';
import { knot } from '../servers/knot.ts';
import { powerdns } from '../servers/powerdns.ts';
import { type ClientNetwork, clientNetworks, clientNetworks6 } from '../world.ts';

const SECTION = 'Answers to 10 000 IPv4 and 2 000 IPv6 client networks';
const SHOWN = 5;

export async function answers(bench: Bench): Promise<void> {
  const networks = clientNetworks();
  const networks6 = clientNetworks6();
  const collect = (kind: ServerKind) =>
    bench.with(kind, {}, async (server) => ({
      four: await collectAnswers(server, networks),
      six: await collectAnswers(server, networks6),
    }));
  const oracle = await collect(gdnsd());
  if (!oracle) return;
  const ours = [bench.ours({}), bench.ours({ name: 'ours without koffi', withoutKoffi: true })];
  for (const kind of [knot(), powerdns, ...ours]) {
    const given = await collect(kind);
    if (!given) continue;
    const isOurs = ours.includes(kind);
    const wrong = isOurs
      ? [
          ...wrongAnswers(networks, given.four, oracle.four),
          ...wrongAnswers(networks6, given.six, oracle.six),
        ]
      : [];
    const same = agreement(given.four, oracle.four) + agreement(given.six, oracle.six);
    const zeros = [...given.four.scopes, ...given.six.scopes].filter((scope) => scope === 0).length;
    bench.record({
      section: SECTION,
      what: `${kind.name} as gdnsd`,
      value: (100 * same) / (networks.length + networks6.length),
      unit: '%',
      ...(isOurs && { bar: 100, atLeast: true }),
      detail: [
        `mean scope /${meanScope(given.four).toFixed(2)} and /${meanScope(given.six).toFixed(2)}`,
        ...(zeros > 0 ? [`${zeros} with /0`] : []),
        ...(isOurs && wrong.length === 0 ? ['options echoed, no contradicting scopes'] : []),
        ...(wrong.length > 0 ? [`${wrong.length} wrong`] : []),
      ].join('; '),
    });
    if (kind === ours[0])
      bench.record({
        section: SECTION,
        what: 'mean scope, ours',
        value: meanScope(given.four),
        unit: 'bits',
        bar: meanScope(oracle.four),
        detail: `IPv4, gdnsd /${meanScope(oracle.four).toFixed(2)}; IPv6 /${meanScope(given.six).toFixed(2)}, gdnsd /${meanScope(oracle.six).toFixed(2)}; shorter is better for caches`,
      });
    bench.problems.push(...wrong.slice(0, SHOWN).map((text) => `${kind.name}: ${text}`));
    if (wrong.length > SHOWN) bench.problems.push(`${kind.name}: ${wrong.length - SHOWN} more wrong answers`);
  }
}

interface Answers {
  /** Of each client network, the address answered; undefined without one. */
  addresses: (string | undefined)[];
  /** Scope prefix lengths; undefined where the option was not echoed as asked. */
  scopes: (number | undefined)[];
}

async function collectAnswers(server: RunningServer, networks: readonly ClientNetwork[]): Promise<Answers> {
  const replies = await askAll(
    server.port,
    networks.map((network) => ecsQuery(network)),
  );
  const addresses: (string | undefined)[] = [];
  const scopes: (number | undefined)[] = [];
  for (const [i, reply] of replies.entries()) {
    const network = networks[i] as ClientNetwork;
    const response = reply && decodeResponse(reply);
    addresses.push(response?.rcode === 0 ? response.answer.find(({ type }) => type === 1)?.text : undefined);
    const option = response?.edns?.clientSubnet;
    const echoed =
      option?.sourcePrefixLength === network.prefixLength &&
      Buffer.compare(option.address, network.address) === 0;
    scopes.push(echoed ? option.scopePrefixLength : undefined);
  }
  return { addresses, scopes };
}

/** Networks with the same answer. */
function agreement(one: Answers, other: Answers): number {
  return one.addresses.filter((address, i) => address !== undefined && address === other.addresses[i]).length;
}

function meanScope({ scopes }: Answers): number {
  return scopes.reduce<number>((sum, scope) => sum + (scope ?? 0), 0) / scopes.length;
}

/** In words; none when all is well. */
function wrongAnswers(networks: readonly ClientNetwork[], answers: Answers, oracle: Answers): string[] {
  const wrong: string[] = [];
  const text = (i: number) => {
    const { address, prefixLength } = networks[i] as ClientNetwork;
    return `${formatAddress(address)}/${prefixLength}`;
  };
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
  return [...wrong, ...contradictions(networks, answers, text)];
}

/** A network inside another's scope must have its answer, or a cache serves the wrong one (RFC 7871 section 7.3.1). */
function contradictions(
  networks: readonly ClientNetwork[],
  { addresses, scopes }: Answers,
  text: (i: number) => string,
): string[] {
  const bits = networks.map(({ address, prefixLength }) =>
    [...address]
      .map((byte) => byte.toString(2).padStart(8, '0'))
      .join('')
      .slice(0, prefixLength),
  );
  const order = bits.map((_, i) => i).sort((a, b) => ((bits[a] as string) < (bits[b] as string) ? -1 : 1));
  const found: string[] = [];
  for (const [position, i] of order.entries()) {
    // Sorted, so all that share the scope's bits are neighbours.
    const scope = (bits[i] as string).slice(0, scopes[i]);
    for (const step of [1, -1]) {
      for (let at = position + step; bits[order[at] ?? -1]?.startsWith(scope); at += step) {
        const other = order[at] as number;
        if (addresses[other] !== addresses[i])
          found.push(`${text(i)} has scope /${scopes[i]}, which covers ${text(other)}, and another answer`);
      }
    }
  }
  return found;
}
