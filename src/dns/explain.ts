// One answer end to end, for `./lab explain dns`, `./lab dns explain` and GET /explain: whose address was used, what GeoIP and
// the RTT table know of it, every step of the policy, every candidate with why it was passed over, TTL, scope, final
// records. It runs the code that answers queries, so it cannot disagree with it.

import { parseAddress } from '../net/ip-address.ts';
import { formatPrefix, maskBytes, type Prefix, parsePrefix } from '../net/prefix.ts';
import { type Plan, planAnswer } from './plan.ts';
import { type Resolution, resolvePlan, resolveSteered } from './resolve.ts';
import type { OutsideAddresses, ServerData } from './server-state.ts';
import {
  type ExplainSources,
  explainSteering,
  type SteeringExplanation,
} from './steering/explain-steering.ts';
import type { Steering } from './steering/steering.ts';
import { rcodeName, TYPES, typeCode, typeName } from './wire/constants.ts';
import { formatName, type Name, parseName } from './wire/name.ts';
import { formatRdata } from './wire/rdata.ts';
import type { OwnedRRset } from './wire/record.ts';
import { findZone } from './zone/zone.ts';

/** What resolvers put in the option: RFC 7871 section 11.1 recommends no more than /24 and /56. */
const DEFAULT_SOURCE_LENGTH = { 4: 24, 16: 56 } as const;

export interface ExplainState {
  data: Pick<ServerData, 'zones' | 'rules'>;
  steering: Steering;
  sources: ExplainSources;
  outside: (target: Name) => OutsideAddresses | undefined;
}

export interface Explanation {
  question: { name: string; type: string };
  client: { network: string; from: 'ecs' | 'source' };
  zone?: string;
  /** Aliases followed, as records. */
  aliases?: string[];
  rcode: string;
  reason: string;
  /** Where a policy chose. */
  decision?: Omit<SteeringExplanation, 'choice' | 'client' | 'rule' | 'scopePrefixLength'> & {
    policy: string;
    /** Best first; empty where BGP picks the POP. */
    pops: readonly string[];
    reason: string;
    detail: string;
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
  state: ExplainState,
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
  const address = from === 'source' ? (parseAddress(question.client) ?? prefix.bytes) : prefix.bytes;
  const length = from === 'source' ? 8 * address.length : prefix.length;
  const asked = {
    question: { name: formatName(name), type: typeName(type) },
    client: { network: formatPrefix({ bytes: address, length }), from },
  };
  const zone = findZone(state.data.zones, name, type);
  if (!zone) return { ...asked, rcode: 'REFUSED', reason: 'not-our-zone', answer: [], authority: [] };
  const plan = planAnswer(state.data, { name, type }, zone);
  const { resolution, decision, scopePrefixLength } = resolveFor(state, plan, type, address);
  const ttlSeconds = resolution.answer.at(-1)?.ttlSeconds;
  return {
    ...asked,
    zone: formatName(zone.origin),
    ...(plan.links.length > 0 && { aliases: plan.links.flatMap(recordLines) }),
    rcode: rcodeName(resolution.rcode),
    reason: resolution.reason,
    ...(decision && { decision }),
    ...(ttlSeconds !== undefined && { ttlSeconds }),
    ...(from === 'ecs' && { scopePrefixLength }),
    answer: resolution.answer.flatMap(recordLines),
    authority: resolution.authority.flatMap(recordLines),
  };
}

function resolveFor(
  { data, steering, sources, outside }: ExplainState,
  plan: Plan,
  type: number,
  address: Uint8Array,
): { resolution: Resolution; decision?: Explanation['decision']; scopePrefixLength: number } {
  if (plan.ending.kind !== 'steered') {
    return { resolution: resolvePlan(data.zones, plan, type, outside), scopePrefixLength: 0 };
  }
  const family = type === TYPES.AAAA ? 6 : 4;
  const { choice, rule, client, scopePrefixLength, ...told } = explainSteering(
    steering,
    sources,
    plan.ending.rule.index,
    family,
    address,
  );
  const { pops, reason, detail } = choice;
  const decision = { policy: rule.policy, pops, reason, detail, ...told };
  return { resolution: resolveSteered(plan, type, choice), decision, scopePrefixLength };
}

function clientPrefix(text: string): Prefix | undefined {
  const address = parseAddress(text);
  if (!address) return parsePrefix(text);
  const length = DEFAULT_SOURCE_LENGTH[address.length === 4 ? 4 : 16];
  return { bytes: maskBytes(address, length), length };
}

function recordLines({ owner, type, ttlSeconds, rdata }: OwnedRRset): string[] {
  const start = `${formatName(owner)} ${ttlSeconds} IN ${typeName(type)}`;
  return rdata.map((each) => `${start} ${formatRdata(type, each)}`);
}
