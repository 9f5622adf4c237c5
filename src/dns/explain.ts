// One decision end to end, for `./lab explain dns` and GET /explain: whose address was used, what GeoIP and the RTT table
// know of it, every POP with why it was passed over, TTL, scope, final records. It runs the code that answers queries,
// so it cannot disagree with it.

import { parseAddress } from '../net/ip-address.ts';
import { formatPrefix, maskBytes, type Prefix, parsePrefix } from '../net/prefix.ts';
import { clientNetwork, scopeFor } from './client-subnet.ts';
import { resolve } from './resolve.ts';
import type { ServerState } from './server-state.ts';
import type { SteeringDecision } from './steering/policy.ts';
import { rcodeName, typeCode, typeName } from './wire/constants.ts';
import { formatName, parseName } from './wire/name.ts';
import { formatRdata } from './wire/rdata.ts';
import { findZone } from './zone/zone.ts';

/** What resolvers put in the option: RFC 7871 section 11.1 recommends no more than /24 and /56. */
const DEFAULT_SOURCE_LENGTH = { 4: 24, 16: 56 } as const;

export interface Explanation {
  question: { name: string; type: string };
  client: { network: string; from: 'ecs' | 'source' };
  zone?: string;
  rcode: string;
  reason: string;
  location?: unknown;
  rtt?: { pop: string; rttMs: number; ageSeconds: number; stale: boolean }[];
  decision?: {
    policy: string;
    pop?: string;
    reason: string;
    detail: string;
    candidates: SteeringDecision['candidates'];
  };
  ttlSeconds?: number;
  scopePrefixLength?: number;
  answer: string[];
  authority: string[];
}

/**
 * `client` is an address (then the network a resolver would send in ECS: /24 or /56), a prefix (that network), or with
 * `from: 'source'` the address of a resolver that sends no ECS. A string says what is wrong with the question.
 */
export function explain(
  state: ServerState,
  question: { name: string; type: string; client: string; from?: 'ecs' | 'source' },
): Explanation | string {
  const name = parseName(question.name);
  if (name === undefined) return `name: \`${question.name}\` is not a domain name`;
  const type = typeCode(question.type);
  if (type === undefined) return `type: \`${question.type}\` is not a record type; try A or AAAA`;
  const prefix = clientPrefix(question.client);
  if (!prefix)
    return `client: \`${question.client}\` is not an address or prefix such as 100.64.3.7 or 100.64.3.0/24`;
  const from = question.from ?? 'ecs';
  const option =
    from === 'ecs'
      ? {
          family: prefix.bytes.length === 4 ? (1 as const) : (2 as const),
          sourcePrefixLength: prefix.length,
          scopePrefixLength: 0,
          address: prefix.bytes,
        }
      : undefined;
  const source = from === 'source' ? (parseAddress(question.client) ?? prefix.bytes) : prefix.bytes;
  const client = clientNetwork(option, source);
  const asked = { name: formatName(name), type: typeName(type) };
  const network = formatPrefix({ bytes: client.address, length: client.prefixLength });
  const zone = findZone(state.zones, name, type);
  if (!zone) {
    const nothing = { rcode: 'REFUSED', reason: 'not-our-zone', answer: [], authority: [] };
    return { question: asked, client: { network, from: client.from }, ...nothing };
  }
  const resolution = resolve(state, { name, type }, zone, client);
  const decision = resolution.decision;
  return {
    question: asked,
    client: { network, from: client.from },
    zone: formatName(zone.origin),
    rcode: rcodeName(resolution.rcode),
    reason: resolution.reason,
    ...(decision && {
      location: state.locate(client.address),
      rtt: [...state.rtt(client.address).byPop].map(([pop, entry]) => ({ pop, ...entry })),
      decision: {
        policy: decision.policy,
        pop: decision.pop,
        reason: decision.reason,
        detail: decision.detail,
        candidates: decision.candidates,
      },
    }),
    ttlSeconds: resolution.ttlSeconds ?? resolution.answer[0]?.ttlSeconds,
    ...(option && { scopePrefixLength: scopeFor(option, decision) }),
    answer: resolution.answer.flatMap(recordLines),
    authority: resolution.authority.flatMap(recordLines),
  };
}

function clientPrefix(text: string): Prefix | undefined {
  const address = parseAddress(text);
  if (!address) return parsePrefix(text);
  const length = DEFAULT_SOURCE_LENGTH[address.length === 4 ? 4 : 16];
  return { bytes: maskBytes(address, length), length };
}

function recordLines(rrset: Parameters<typeof recordLine>[0]): string[] {
  return rrset.rdata.map((rdata) => recordLine({ ...rrset, rdata: [rdata] }));
}

function recordLine(rrset: {
  owner: string;
  type: number;
  ttlSeconds: number;
  rdata: readonly { parts: readonly (Uint8Array | string)[] }[];
}): string {
  const data = rrset.rdata.map((rdata) => formatRdata(rrset.type, rdata)).join(' ');
  return `${formatName(rrset.owner)} ${rrset.ttlSeconds} IN ${typeName(rrset.type)} ${data}`;
}
