// One choice explained: what GeoIP records say of the client, every fact that the policy read, every candidate with distance,
// RTT, health and why it was passed over, the arithmetic of the TTL, the scope and where it comes from. The policies' own code
// runs here on the records themselves, not on compiled tables: if the tables were wrong, explain would show it.

import { type GeoLocation, locate } from '../../geoip/locate.ts';
import type { MmdbTree } from '../../geoip/mmdb-tree.ts';
import { greatCircleKm } from '../../net/great-circle.ts';
import { type Family, formatAddress } from '../../net/ip-address.ts';
import { formatPrefix, maskBytes, prefixContains } from '../../net/prefix.ts';
import { type Decision, decide, type Verdict } from './decide.ts';
import { explainTtl } from './explain-ttl.ts';
import { hashedLength, inShare, networkHash, pickBySeed } from './network-hash.ts';
import type { RuleNode } from './plan.ts';
import type { TableSpec } from './policy-kind.ts';
import { PrefixLookup } from './prefix-table.ts';
import { type AnswerTarget, popsOf, type Read } from './ranking.ts';
import { rttAspect } from './rtt-overlay.ts';
import type { RttLookup, RttTable } from './rtt-table.ts';
import type { PopState } from './snapshot.ts';
import type { Choice, Steering } from './steering.ts';
import { geoAspectOf } from './table-from-mmdb.ts';
import { makeWorld } from './world.ts';

/** What the steering was compiled from. */
export interface ExplainSources {
  city?: MmdbTree;
  /** As for compiling: without it, AS numbers come from the city database. */
  asn?: MmdbTree;
  rtts?: RttTable;
}

export interface ExplainedCandidate {
  /** POP, region or `anycast`. */
  name: string;
  kind: AnswerTarget['kind'];
  /** Of a POP, when the client's place is known. */
  distanceKm?: number;
  rttMs?: number;
  rttAgeSeconds?: number;
  rttStale?: boolean;
  /** Of a POP. */
  state?: PopState;
  verdict: Verdict | 'not-considered';
  /** Why it was not chosen; absent for those that were. */
  passedOver?: string;
}

export interface SteeringExplanation {
  rule: { name: string; policy: string };
  client: string;
  /** What the databases say: the record's prefix (or that of the hole around the client) and location. */
  geoip?: { database: string; prefix: string; location: GeoLocation };
  asn?: { database: string; prefix: string; asn?: number };
  /** Facts and findings in the order in which the policy came to them. */
  steps: string[];
  /** Best first; POPs that the policy never came to are at the end. */
  candidates: ExplainedCandidate[];
  choice: Choice;
  ttl: string;
  scopePrefixLength: number;
  scope: string;
}

/** For a client's address of 4 or 16 bytes. It agrees with `steering.choose` unless a table is wrong. */
export function explainSteering(
  steering: Steering,
  sources: ExplainSources,
  ruleIndex: number,
  family: Family,
  address: Uint8Array,
): SteeringExplanation {
  const { compiled } = steering;
  const rule = compiled.rules[ruleIndex];
  if (!rule) throw new RangeError(`no rule ${ruleIndex}`);
  const facts = new Facts(steering, sources, address);
  const world = makeWorld(compiled, steering.snapshot, family);
  const deciding = decide(rule, world);
  let next = deciding.next();
  while (!next.done) next = deciding.next(facts.read(next.value));
  const decision = next.value;
  const states = world.states;
  const describe = (index: number): Omit<ExplainedCandidate, 'verdict'> => {
    const target = compiled.targets[index] as AnswerTarget;
    const pop = target.kind === 'pop' || target.kind === 'fixed' ? target.pops[0] : undefined;
    return {
      name: target.name,
      kind: target.kind,
      ...(pop !== undefined && { ...facts.ofPop(pop), state: states[pop] }),
    };
  };
  const scope = facts.scope(rule);
  return {
    rule: { name: rule.name, policy: rule.policy },
    client: formatAddress(address),
    ...facts.databases(),
    steps: stepsOf(decision, facts.steps, compiled.targets),
    candidates: candidatesOf(decision, compiled.targets, describe, states, family),
    choice: {
      policy: rule.policy,
      pops: popsOf(decision.targets, compiled.targets),
      addresses: decision.addresses,
      ttlSeconds: decision.ttlSeconds,
      reason: decision.reason,
      detail: decision.detail,
    },
    ttl: explainTtl(rule, decision, compiled.targets, states),
    scopePrefixLength: scope.length,
    scope: scope.text,
  };
}

/** Reads facts of one client from the sources, and remembers which. */
class Facts {
  readonly steps: string[] = [];
  #steering: Steering;
  #sources: ExplainSources;
  #address: Uint8Array;
  #geo: { record: unknown; prefixLength: number } | undefined;
  #asn: { record: unknown; prefixLength: number } | undefined;
  #rtt: RttLookup | undefined;
  #depths: { what: string; depth: number }[] = [];

  constructor(steering: Steering, sources: ExplainSources, address: Uint8Array) {
    this.#steering = steering;
    this.#sources = sources;
    this.#address = address;
    this.#geo = sources.city?.recordOf(address);
    this.#asn = sources.asn?.recordOf(address);
    this.#rtt = sources.rtts?.lookup(address, steering.rtts.asOfMs);
  }

  read(read: Read): unknown {
    const hash = networkHash(this.#address);
    const network = this.#network(hashedLength(this.#address));
    if (read.op === 'aspect') return this.#aspect(read.table);
    this.#depths.push({ what: `the hash of ${network}`, depth: hashedLength(this.#address) });
    if (read.op === 'share') {
      const result = inShare(hash, read.seed, read.fraction);
      const percent = Math.round(read.fraction * 1000) / 10;
      this.steps.push(
        `${network} is ${result ? '' : 'not '}in the ${percent} % of networks that go elsewhere`,
      );
      return result;
    }
    const winner = pickBySeed(hash, read.seeds, read.weights);
    this.steps.push(
      `the hash of ${network} draws number ${winner + 1} of weights ${read.weights.join(', ')}`,
    );
    return winner;
  }

  ofPop(pop: number): Partial<ExplainedCandidate> {
    const here = locate(this.#geo?.record).coordinates;
    const { name, ...place } = this.#steering.compiled.pops[pop] ?? { name: '', latitude: 0, longitude: 0 };
    const entry = this.#rtt?.byPop.get(name);
    return {
      ...(here && { distanceKm: Math.round(greatCircleKm(here, place)) }),
      ...(entry && {
        rttMs: entry.rttMs,
        rttAgeSeconds: Math.round(entry.ageSeconds),
        rttStale: entry.stale,
      }),
    };
  }

  databases(): Pick<SteeringExplanation, 'geoip' | 'asn'> {
    const { city, asn } = this.#sources;
    return {
      ...(city &&
        this.#geo && {
          geoip: {
            database: city.databaseType,
            prefix: this.#network(this.#geo.prefixLength),
            location: locate(this.#geo.record),
          },
        }),
      ...(asn &&
        this.#asn && {
          asn: {
            database: asn.databaseType,
            prefix: this.#network(this.#asn.prefixLength),
            asn: locate(this.#asn.record).asn,
          },
        }),
    };
  }

  scope(rule: RuleNode): { length: number; text: string } {
    const deepest = this.#depths.reduce((most, each) => (each.depth > most.depth ? each : most), {
      what: '',
      depth: 0,
    });
    if (!rule.dependsOnClient) return { length: 0, text: 'the answer is the same for everybody' };
    if (deepest.depth === 0) {
      return {
        length: 1,
        text: 'nothing of the client decided this time, but /0 would be kept for everybody',
      };
    }
    const others = this.#depths
      .filter((each) => each !== deepest)
      .map(({ what, depth }) => `${what} /${depth}`);
    const rest = others.length > 0 ? ` (also read: ${others.join(', ')})` : '';
    return { length: deepest.depth, text: `/${deepest.depth} from ${deepest.what}${rest}` };
  }

  #aspect(table: number): unknown {
    const spec = this.#steering.compiled.tables[table] as TableSpec;
    const compiled =
      spec.type === 'rtt' ? this.#steering.rtts.table : this.#steering.compiled.compiled[table]?.table;
    if (compiled) {
      const lookup = new PrefixLookup(compiled);
      lookup.classOf(this.#address);
      this.#depths.push({ what: TABLE_WORDS[spec.type], depth: lookup.depth });
    }
    if (spec.type === 'rtt') {
      this.steps.push(`RTTs measured to the client's prefix by ${this.#rtt?.byPop.size ?? 0} POPs`);
      const names = this.#steering.compiled.pops.map(({ name }) => name);
      return rttAspect(this.#rtt?.byPop ?? new Map(), names);
    }
    if (spec.type === 'prefix') return this.#longestMatch(spec.values);
    const source = spec.type === 'asn' && this.#sources.asn ? this.#asn : this.#geo;
    const location = locate(source?.record);
    this.steps.push(
      spec.type === 'asn'
        ? `AS number: ${location.asn ?? 'not known'}`
        : `place: ${placeWords(location)} (${location.reason})`,
    );
    return geoAspectOf(spec)?.(location).aspect;
  }

  #longestMatch(values: Extract<TableSpec, { type: 'prefix' }>['values']): number {
    const covering = values.filter(({ prefix }) => prefixContains(prefix, this.#address));
    covering.sort((a, b) => b.prefix.length - a.prefix.length);
    const best = covering[0];
    this.steps.push(best ? `prefix rule ${formatPrefix(best.prefix)} matches` : 'no prefix rule matches');
    return best?.value ?? -1;
  }

  #network(length: number): string {
    return formatPrefix({ bytes: maskBytes(this.#address, length), length });
  }
}

const TABLE_WORDS: Record<TableSpec['type'], string> = {
  rtt: 'the RTT table',
  nearest: 'the table of nearest POPs',
  place: 'the table of places',
  asn: 'the table of AS numbers',
  prefix: "the map's prefixes",
};

function placeWords(location: GeoLocation): string {
  const words = [location.city, location.region ?? location.country, location.continent].filter(Boolean);
  return words.length > 0 ? words.join(', ') : 'not known';
}

/** What was read and what policies said of it, in order; `found` has a sentence for each read. */
function stepsOf(decision: Decision, found: readonly string[], targets: readonly AnswerTarget[]): string[] {
  let reads = 0;
  return decision.trace.flatMap((entry) => {
    if (entry.kind === 'read') return found[reads++] ?? [];
    if (entry.kind !== 'note') return [];
    return entry.passedOver === undefined ? entry.text : `${targets[entry.passedOver]?.name}: ${entry.text}`;
  });
}

function candidatesOf(
  decision: Decision,
  targets: readonly AnswerTarget[],
  describe: (index: number) => Omit<ExplainedCandidate, 'verdict'>,
  states: readonly PopState[],
  family: Family,
): ExplainedCandidate[] {
  const order: number[] = [];
  const shed = new Set<number>();
  const verdicts = new Map<number, Verdict>();
  for (const entry of decision.trace) {
    const target =
      entry.kind === 'candidate' ? entry.target : entry.kind === 'note' ? entry.passedOver : undefined;
    if (target === undefined) continue;
    if (!order.includes(target)) order.push(target);
    if (entry.kind === 'candidate') verdicts.set(target, entry.verdict);
    else shed.add(target);
  }
  const best = targets[decision.targets[0] ?? -1]?.name;
  const whyNot = (index: number): string => {
    const state = states[targets[index]?.pops[0] ?? -1];
    switch (verdicts.get(index)) {
      case 'no-address':
        return `no IPv${family} address`;
      case 'same-address':
        return 'its address is in the answer already';
      case 'down':
        return targets[index]?.kind === 'region' ? 'all its POPs are down' : downWords(state);
      default:
        return shed.has(index) ? 'it sheds this client network' : `ranked after ${best ?? 'the answer'}`;
    }
  };
  const rest = targets.flatMap((target, index) =>
    target.kind === 'pop' && !order.includes(index) ? [index] : [],
  );
  return [...order, ...rest].map((index) => {
    const chosen = decision.targets.includes(index);
    const verdict = chosen ? 'chosen' : (verdicts.get(index) ?? 'not-considered');
    return { ...describe(index), verdict, ...(!chosen && { passedOver: whyNot(index) }) };
  });
}

function downWords(state: PopState | undefined): string {
  const word = state?.forced === 'drain' ? 'drained' : state?.forced === 'down' ? 'forced down' : 'down';
  return `${word}: ${state?.reason}`;
}
