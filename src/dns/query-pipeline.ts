// The whole life of a query, in one visible order: decode, the steps of `#answer` until one of them answers, cookie and rate
// limit, then encode. One pipeline a thread: it keeps what it answered (see answer.ts), so that the hot path allocates
// nothing and a question that came before costs a lookup of its name, of the client, and a copy.

import { prefixContains } from '../net/prefix.ts';
import { Answer, type Rendered } from './answer.ts';
import { Cookies, type CookieVerdict } from './cookies.ts';
import { KEY_TYPES } from './dnssec/apex-records.ts';
import type { OnlineSigner, SecureFacts } from './dnssec/online-signer.ts';
import { CLOCK_SKEW_SECONDS } from './dnssec/signature-window.ts';
import { NO_REPLY, type PacketHandler, TRANSFER, type Transport } from './io/listener.ts';
import { isKnownType, LATENCY_SAMPLE_EVERY, type Metrics } from './metrics.ts';
import { type Ending, type Plan, planAnswer } from './plan.ts';
import type { QueryLogEntry } from './query-log.ts';
import type { RateLimiter } from './rate-limit.ts';
import { errorResolution, type Resolution, resolvePlan, resolveSteered } from './resolve.ts';
import type { OutsideAddresses, ServerData, SteeringRule } from './server-state.ts';
import type { Choice, Steering } from './steering/steering.ts';
import {
  CLASSES,
  EDNS_UDP_BYTES,
  EXTENDED_ERRORS,
  FLAGS,
  PLAIN_UDP_BYTES,
  RCODES,
  rcodeName,
  TCP_BYTES,
  TYPES,
  typeName,
} from './wire/constants.ts';
import { decodeQuery, Query, questionName } from './wire/decode-query.ts';
import { EMPTY_BODY, isTruncated, type ReplyEdns, renderBody, writeReply } from './wire/encode-reply.ts';
import { formatName, type Name, parseName, ROOT } from './wire/name.ts';
import { NameTable } from './wire/name-table.ts';
import type { RRset } from './wire/record.ts';
import { servedNames } from './zone/served-names.ts';
import { type Addresses, transferMessages } from './zone/transfer.ts';
import { findZone, type Zone } from './zone/zone.ts';

/** Time as an argument: a worker reads its clock once for a batch. */
export interface Clock {
  /** For intervals: never goes back. */
  monotonicMs(): number;
  /** For cookies and signatures: seconds since the epoch. */
  epochSeconds(): number;
}

export interface PipelineParts {
  data: ServerData;
  /** All of them, as `tableOfNames` makes it; the pipeline keeps in it what it answered. */
  names: NameTable<KnownName>;
  steering: Steering;
  metrics: Metrics;
  clock: Clock;
  /** One for all threads of the process. Absent: no rate limit. */
  rateLimiter?: RateLimiter;
  /** Absent: nothing is signed. */
  signer?: OnlineSigner;
  queryLog?: { every: number; add: (entry: QueryLogEntry) => void };
  /** A bug of ours, met by this packet. */
  onInternalError?: (error: unknown, packet: Buffer) => void;
}

/** What is kept for a name that exists and a type. */
interface Known {
  plan: Plan;
  fixed?: Answer;
  byChoice?: Map<Choice, Answer>;
  snapshotSerial: number;
}

interface KnownName {
  name: Name;
  zone: Zone;
  byType: Map<number, Known>;
}

/** Names from one step to the next: some 0.1 ms. */
const NAMES_A_STEP = 100;

/** In steps, for a thread that answers queries meanwhile. */
export function* tableOfNames(zones: ServerData['zones']): Generator<void, NameTable<KnownName>> {
  const table = new NameTable<KnownName>([...zones.values()].reduce((sum, zone) => sum + zone.nodes.size, 0));
  let names = 0;
  for (const [name, zone] of servedNames(zones)) {
    table.add(name, { name, zone, byType: new Map() });
    if (++names % NAMES_A_STEP === 0) yield;
  }
  return table;
}

const ERROR_KIND = 0x5bd1e995;

export class QueryPipeline implements PacketHandler {
  readonly #parts: PipelineParts;
  readonly #query = new Query();
  readonly #names: NameTable<KnownName>;
  readonly #errors = new Map<string, Answer>();
  readonly #cookies: Cookies | undefined;
  readonly #rateLimiter: RateLimiter | undefined;
  readonly #nsid: Uint8Array | undefined;
  readonly #edns: ReplyEdns = { dnssecOk: false, compactOk: false, scopePrefixLength: 0 };
  #outside: ReadonlyMap<Name, OutsideAddresses> = new Map();
  #queries = 0;
  #answered: Answer | undefined;
  /** Of the query at hand: set by the steps. */
  #scope = 0;
  /** What makes its response equal to others, for rate limiting. */
  #kind = 0;

  constructor(parts: PipelineParts) {
    this.#parts = parts;
    const { data } = parts;
    this.#names = parts.names;
    this.#cookies = data.cookieSecrets.length > 0 ? new Cookies(data.cookieSecrets) : undefined;
    this.#rateLimiter = parts.rateLimiter;
    this.#nsid = data.nsid === '' ? undefined : Buffer.from(data.nsid);
  }

  /** Addresses of ALIAS targets outside our zones: new ones count from the next query on. */
  setOutsideAddresses(outside: ReadonlyMap<Name, OutsideAddresses>): void {
    this.#outside = outside;
  }

  /** Whether a client may have one more error over UDP, for those that refuse in front of the pipeline. */
  mayRefuse(source: Uint8Array): boolean {
    const limiter = this.#rateLimiter;
    return !limiter || limiter.judge(source, ERROR_KIND, true, this.#parts.clock.monotonicMs()) === 'send';
  }

  handle(packet: Buffer, length: number, source: Uint8Array, transport: Transport, out: Buffer): number {
    try {
      const count = ++this.#queries;
      const log = this.#parts.queryLog;
      const logged = log !== undefined && count % log.every === 0;
      const timed = count % LATENCY_SAMPLE_EVERY === 0;
      if (!logged && !timed) return this.#handle(packet, length, source, transport, out);
      const started = performance.now();
      const bytes = this.#handle(packet, length, source, transport, out);
      const milliseconds = performance.now() - started;
      if (timed) this.#parts.metrics.observeLatency(milliseconds / 1000);
      if (logged && bytes > 0 && this.#answered)
        log.add(this.#logEntry(this.#answered, source, transport, bytes, milliseconds));
      return bytes;
    } catch (error) {
      this.#parts.metrics.families.internal_errors.of().count++;
      this.#parts.onInternalError?.(error, packet.subarray(0, length));
      return serverFailure(packet, length, out);
    }
  }

  *transfer(packet: Buffer, length: number, source: Uint8Array): Iterable<Uint8Array> {
    const query = new Query();
    if (decodeQuery(packet, length, query) !== 'query') return;
    const { zones, rules } = this.#parts.data;
    const name = questionName(packet, query);
    const zone = zones.get(name);
    if (!zone || !this.#mayTransfer(name, source)) return;
    yield* transferMessages(packet.subarray(0, length), zone, {
      rules,
      steeredForUnknown: (rule, type) => this.#steeredForUnknown(rule, type),
      aliasForUnknown: (owner, _alias, type) => this.#aliasForUnknown(zone, owner, type),
    });
  }

  #handle(packet: Buffer, length: number, source: Uint8Array, transport: Transport, out: Buffer): number {
    const query = this.#query;
    const { metrics } = this.#parts;
    const verdict = decodeQuery(packet, length, query);
    if (verdict === 'drop') {
      metrics.families.malformed.of(query.reason).count++;
      metrics.families.dropped.of(transport).count++;
      return NO_REPLY;
    }
    this.#scope = 0;
    this.#kind = ERROR_KIND;
    let answer: Answer | typeof TRANSFER;
    if (verdict === 'reject') {
      metrics.families.malformed.of(query.reason).count++;
      answer = this.#error(query.rcode, query.reason);
    } else answer = this.#answer(packet, source, transport);
    if (answer === TRANSFER) return TRANSFER;
    const bytes = this.#send(answer, verdict === 'query', packet, source, transport, out);
    if (bytes === NO_REPLY) return NO_REPLY;
    answer.counter(transport, metrics).count++;
    if (answer.steered) answer.steered.count++;
    this.#answered = answer;
    return bytes;
  }

  /** The steps, in order; the first that answers ends it. */
  #answer(packet: Buffer, source: Uint8Array, transport: Transport): Answer | typeof TRANSFER {
    return (
      this.#refuseEdnsVersion() ??
      this.#answerChaos(packet) ??
      this.#answerMetaType(packet, source, transport) ??
      this.#answerKnownName(packet, source) ??
      this.#answerAnyName(packet, source)
    );
  }

  #refuseEdnsVersion(): Answer | undefined {
    const { hasEdns, edns } = this.#query;
    return hasEdns && edns.version !== 0 ? this.#error(RCODES.BADVERS, 'edns-version') : undefined;
  }

  /** CHAOS has one use left: which server is it that answers? (RFC 4892) The version is nobody's business unless configured. */
  #answerChaos(packet: Buffer): Answer | undefined {
    const query = this.#query;
    if (query.class === CLASSES.IN) return undefined;
    const text = query.class === CLASSES.CH ? this.#chaosText(questionName(packet, query)) : '';
    if (text === '') return this.#error(RCODES.REFUSED, 'class');
    if (query.type !== TYPES.TXT && query.type !== TYPES.ANY)
      return this.#error(RCODES.NOERROR, 'chaos-nodata');
    const name = questionName(packet, query);
    const data = Buffer.from(text).subarray(0, 255);
    const rdata = [{ parts: [Uint8Array.of(data.length), data] }];
    const answer = [{ owner: name, type: TYPES.TXT, class: CLASSES.CH, ttlSeconds: 0, rdata }];
    const reply = { ...errorResolution(RCODES.NOERROR, 'chaos-identity'), authoritative: true, answer };
    return new Answer(reply, name, query.type, this.#parts.metrics);
  }

  #chaosText(name: Name): string {
    if (name === ID_SERVER || name === HOSTNAME_BIND) return this.#parts.data.nsid;
    return name === VERSION_BIND || name === VERSION_SERVER ? this.#parts.data.version : '';
  }

  /** Transfers go to allowed peers over streams; the other meta types are no data that a zone could hold (RFC 6895 section 3.1). */
  #answerMetaType(
    packet: Buffer,
    source: Uint8Array,
    transport: Transport,
  ): Answer | typeof TRANSFER | undefined {
    const { type } = this.#query;
    if (type === TYPES.AXFR || type === TYPES.IXFR) return this.#answerTransfer(packet, source, transport);
    if (type === TYPES.NXNAME)
      return this.#error(RCODES.FORMERR, 'nxname-asked', EXTENDED_ERRORS.INVALID_QUERY_TYPE);
    const meta = type === TYPES.OPT || type === 0 || (type >= 129 && type < 255);
    return meta ? this.#error(RCODES.NOTIMP, 'meta-type', EXTENDED_ERRORS.NOT_SUPPORTED) : undefined;
  }

  #answerTransfer(
    packet: Buffer,
    source: Uint8Array,
    transport: Transport,
  ): Answer | typeof TRANSFER | undefined {
    const { data, metrics } = this.#parts;
    const name = questionName(packet, this.#query);
    const zone = data.zones.get(name);
    const allowed = zone !== undefined && this.#mayTransfer(name, source);
    if (zone) metrics.families.transfers.of(formatName(name), allowed ? 'allowed' : 'refused').count++;
    // To strangers all names look alike, whether they are zones here or not.
    if (!allowed) return this.#error(RCODES.REFUSED, 'zone-transfer', EXTENDED_ERRORS.PROHIBITED);
    if (transport === 'tcp' || transport === 'dot') return TRANSFER;
    if (this.#query.type === TYPES.AXFR) return this.#error(RCODES.FORMERR, 'transfer-over-udp');
    // RFC 1995 section 2: the SOA alone tells a client over UDP to come back over TCP.
    const soa = zone.nodes.get(zone.origin)?.rrsets.get(TYPES.SOA) as RRset;
    const reply = {
      ...errorResolution(RCODES.NOERROR, 'ixfr-soa'),
      authoritative: true,
      answer: [{ ...soa, owner: name }],
    };
    return new Answer(reply, name, TYPES.IXFR, metrics);
  }

  #mayTransfer(name: Name, source: Uint8Array): boolean {
    return this.#parts.data.transferPeers.get(name)?.some((peer) => prefixContains(peer, source)) ?? false;
  }

  /** The common query: a name that exists. */
  #answerKnownName(packet: Buffer, source: Uint8Array): Answer | undefined {
    const query = this.#query;
    const entry = this.#names.find(packet, query.nameEnd, query.nameHash);
    if (!entry) return undefined;
    let known = entry.byType.get(query.type);
    if (!known) {
      // A DS question at an apex is the parent zone's to answer, so the zone is looked for again.
      const zone =
        query.type === TYPES.DS ? findZone(this.#parts.data.zones, entry.name, TYPES.DS) : entry.zone;
      if (!zone) return undefined;
      known = { plan: this.#plan(entry.name, zone), snapshotSerial: 0 };
      // Bounded by the zones' names and the types there are: nobody can fill the memory by asking for odd types.
      // Key records go by a schedule, so they are made anew.
      if (isKnownType(query.type) && !KEY_TYPES.has(query.type)) entry.byType.set(query.type, known);
    }
    this.#kind = query.nameHash ^ Math.imul(query.type, 0x9e3779b1);
    if (known.plan.ending.kind === 'steered') return this.#answerSteered(entry.name, known, source);
    if (known.plan.ending.kind === 'outside') return this.#resolve(entry.name, known.plan);
    known.fixed ??= this.#resolve(entry.name, known.plan);
    return known.fixed;
  }

  /** Names that do not exist, wildcards' names, names below delegations, and those of other people. */
  #answerAnyName(packet: Buffer, source: Uint8Array): Answer {
    const query = this.#query;
    const { data } = this.#parts;
    const name = questionName(packet, query);
    const zone = findZone(data.zones, name, query.type);
    if (!zone) return this.#error(RCODES.REFUSED, 'not-our-zone', EXTENDED_ERRORS.NOT_AUTHORITATIVE);
    const plan = this.#plan(name, zone);
    // All names that do not exist are one kind, and so are all of a wildcard: a flood of random names is what is limited.
    this.#kind = hashText(plan.ending.kind === 'nxdomain' ? plan.zone.origin : plan.source) ^ query.type;
    if (plan.ending.kind === 'steered') return this.#answerSteered(name, { plan, snapshotSerial: 0 }, source);
    return this.#resolve(name, plan);
  }

  #answerSteered(name: Name, known: Known, source: Uint8Array): Answer {
    const query = this.#query;
    const { steering, metrics } = this.#parts;
    const { plan } = known;
    if (plan.ending.kind !== 'steered') throw new TypeError('the plan asks no policy');
    const { edns } = query;
    // Whose answer is it? The network in the Client Subnet option, or, without one or when the client opted out with
    // source length 0 (RFC 7871 section 7.1.2), the address that the query came from: the resolver's.
    const byOption = query.hasEdns && edns.hasClientSubnet && edns.clientSubnet.sourcePrefixLength > 0;
    const client = byOption ? edns.clientSubnet.address : source;
    const choice = steering.choose(plan.ending.rule.index, query.type === TYPES.AAAA ? 6 : 4, client);
    if (byOption) this.#scope = steering.scopePrefixLength;
    if (known.snapshotSerial !== steering.serial || known.byChoice === undefined) {
      known.byChoice = new Map();
      known.snapshotSerial = steering.serial;
    }
    let answer = known.byChoice.get(choice);
    if (!answer) {
      answer = new Answer(resolveSteered(plan, query.type, choice), name, query.type, metrics, plan);
      known.byChoice.set(choice, answer);
    }
    return answer;
  }

  #plan(name: Name, zone: Zone): Plan {
    return this.#planOf(name, this.#query.type, zone);
  }

  #planOf(name: Name, type: number, zone: Zone): Plan {
    const { data, signer } = this.#parts;
    const apexRecords =
      signer &&
      ((at: Zone, apexType: number) => signer.apexRRset(at, apexType, this.#parts.clock.epochSeconds()));
    const sources = { zones: data.zones, rules: data.rules, ...(apexRecords && { apexRecords }) };
    return planAnswer(sources, { name, type }, zone);
  }

  #resolve(name: Name, plan: Plan): Answer {
    const { type } = this.#query;
    const resolution = resolvePlan(this.#parts.data.zones, plan, type, (target) => this.#outside.get(target));
    return new Answer(resolution, name, type, this.#parts.metrics, plan);
  }

  /** Errors are few and always the same. */
  #error(rcode: number, reason: string, extendedError?: number): Answer {
    let answer = this.#errors.get(reason);
    if (!answer) {
      answer = new Answer(errorResolution(rcode, reason, extendedError), ROOT, -1, this.#parts.metrics);
      this.#errors.set(reason, answer);
    }
    return answer;
  }

  /** Cookie, rate limit, signatures, bytes. */
  #send(
    answer: Answer,
    isQuery: boolean,
    packet: Buffer,
    source: Uint8Array,
    transport: Transport,
    out: Buffer,
  ): number {
    const query = this.#query;
    const { metrics } = this.#parts;
    // The options of a query that was refused as malformed are not to be trusted.
    const edns = query.hasEdns ? this.#replyEdns(isQuery) : undefined;
    const verdict = edns && isQuery ? this.#checkCookie(source, edns) : 'none';
    let truncate = false;
    if (transport === 'udp' && this.#rateLimiter && verdict !== 'good') {
      const isError = answer.reply.rcode !== RCODES.NOERROR;
      const now = this.#parts.clock.monotonicMs();
      const action = this.#rateLimiter.judge(source, this.#kind, isError, now);
      if (action !== 'send') {
        metrics.families.rate_limited.of(action).count++;
        if (action === 'drop') return NO_REPLY;
        // Who speaks cookies gets one, and so proves in the next query that the address is its own (RFC 7873 section 5.2.3).
        if (verdict !== 'none')
          return writeReply(out, packet, query.questionEnd, BAD_COOKIE, EMPTY_BODY, edns, EDNS_UDP_BYTES);
        truncate = true;
      }
    }
    let rendered: Rendered = answer;
    if (edns?.dnssecOk && this.#parts.signer && answer.plan) {
      rendered = this.#signed(answer, this.#parts.signer);
      edns.compactOk = query.edns.compactOk && rendered !== answer;
    }
    const limit =
      transport !== 'udp'
        ? TCP_BYTES
        : edns && isQuery
          ? Math.min(EDNS_UDP_BYTES, Math.max(PLAIN_UDP_BYTES, query.edns.udpPayloadBytes))
          : PLAIN_UDP_BYTES;
    const bytes = writeReply(
      out,
      packet,
      query.questionEnd,
      rendered.reply,
      rendered.body,
      edns,
      limit,
      truncate,
    );
    if (isTruncated(out)) metrics.families.truncated.of(transport).count++;
    return bytes;
  }

  #replyEdns(isQuery: boolean): ReplyEdns {
    const { edns } = this.#query;
    const reply = this.#edns;
    reply.dnssecOk = isQuery && edns.dnssecOk;
    reply.nsid = isQuery && edns.nsidRequested ? this.#nsid : undefined;
    reply.clientSubnet = isQuery && edns.hasClientSubnet ? edns.clientSubnet : undefined;
    reply.compactOk = false;
    reply.scopePrefixLength = this.#scope;
    reply.cookie = undefined;
    return reply;
  }

  #checkCookie(source: Uint8Array, edns: ReplyEdns): CookieVerdict {
    const { edns: asked } = this.#query;
    if (asked.cookieBytes === 0 || !this.#cookies) return 'none';
    const now = this.#parts.clock.epochSeconds();
    const verdict = this.#cookies.check(asked.cookie, asked.cookieBytes, source, now);
    edns.cookie = this.#cookies.reply;
    this.#parts.metrics.families.cookies.of(verdict).count++;
    return verdict;
  }

  #signed(answer: Answer, signer: OnlineSigner): Rendered {
    const { plan, reply, name, type } = answer;
    // Zones that are not signed it leaves as they are: an alias may lead from a signed one into another.
    if (!plan) return answer;
    const now = this.#parts.clock.epochSeconds();
    const { compactOk } = this.#query.edns;
    // A clock that was ahead and is set back has made signatures of the future.
    const begun = now >= answer.signedAtSeconds - CLOCK_SKEW_SECONDS;
    if (answer.signed && begun && now < answer.signedUntilSeconds && answer.signedCompactOk === compactOk) {
      return answer.signed;
    }
    const { ending, owner } = plan;
    const denied = deniedBy(ending, owner, reply);
    const facts: SecureFacts = {
      zone: plan.zone,
      name,
      type,
      compactOk,
      ...(denied && { denied }),
      ...(ending.kind === 'referral' && { cut: ending.cut }),
    };
    const secured = signer.secure(reply, facts, now);
    answer.signed = { reply: secured, body: renderBody(name, secured) };
    answer.signedUntilSeconds = secured.signedUntilSeconds;
    answer.signedAtSeconds = now;
    answer.signedCompactOk = compactOk;
    return answer.signed;
  }

  #logEntry(
    answer: Answer,
    source: Uint8Array,
    transport: Transport,
    bytes: number,
    milliseconds: number,
  ): QueryLogEntry {
    const { hasEdns, edns } = this.#query;
    const subnet = hasEdns && edns.hasClientSubnet ? edns.clientSubnet : undefined;
    const byOption = subnet !== undefined && subnet.sourcePrefixLength > 0;
    const { reply, name, type } = answer;
    return {
      atMs: this.#parts.clock.epochSeconds() * 1000,
      client: byOption ? subnet.address : source,
      clientPrefixLength: byOption ? subnet.sourcePrefixLength : 8 * source.length,
      from: byOption ? 'ecs' : 'source',
      name: formatName(name),
      type: type < 0 ? '' : typeName(type),
      rcode: rcodeName(reply.rcode),
      reason: reply.reason,
      ...(reply.choice && { policy: reply.choice.policy, pop: reply.choice.pops.join('+') }),
      ...(subnet && { scope: this.#scope }),
      ...(reply.answer[0] && { ttlSeconds: reply.answer[0].ttlSeconds }),
      transport,
      bytes,
      durationMicros: 1000 * milliseconds,
    };
  }

  #steeredForUnknown(rule: SteeringRule, type: number): Addresses {
    const choice = this.#parts.steering.choose(rule.index, type === TYPES.AAAA ? 6 : 4, UNKNOWN_CLIENT);
    return type === TYPES.A && !rule.families.ipv4 ? NO_ADDRESSES : choice;
  }

  #aliasForUnknown(zone: Zone, owner: Name, type: number): Addresses {
    const plan = this.#planOf(owner, type, zone);
    if (plan.ending.kind === 'steered') return this.#steeredForUnknown(plan.ending.rule, type);
    const resolution = resolvePlan(this.#parts.data.zones, plan, type, (target) => this.#outside.get(target));
    const rrset = resolution.answer.at(-1);
    if (rrset?.type !== type) return NO_ADDRESSES;
    const addresses = rrset.rdata.flatMap(({ parts }) => parts.filter((part) => typeof part !== 'string'));
    return { addresses, ttlSeconds: rrset.ttlSeconds };
  }
}

/** In no database, in no overlay: "this network" (RFC 1122 section 3.2.1.3). */
const UNKNOWN_CLIENT = new Uint8Array(4);
const NO_ADDRESSES: Addresses = { addresses: [], ttlSeconds: 0 };

const ID_SERVER = parseName('id.server.');
const HOSTNAME_BIND = parseName('hostname.bind.');
const VERSION_BIND = parseName('version.bind.');
const VERSION_SERVER = parseName('version.server.');

const BAD_COOKIE = errorResolution(RCODES.BADCOOKIE, 'bad-cookie');
const SERVER_FAILURE = errorResolution(RCODES.SERVFAIL, 'internal-error');

/** A reply for when our own code fails: the client is told, instead of left to time out. */
function serverFailure(packet: Buffer, length: number, out: Buffer): number {
  if (length < 12 || ((packet[2] as number) & (FLAGS.QR >> 8)) !== 0) return NO_REPLY;
  return writeReply(out, packet, 0, SERVER_FAILURE, EMPTY_BODY, undefined, PLAIN_UDP_BYTES);
}

/** What a negative answer says is not there. */
function deniedBy(ending: Ending, owner: Name, reply: Resolution): SecureFacts['denied'] {
  if (ending.kind === 'nxdomain') return { kind: 'nxdomain', name: owner, types: [] };
  const isNegative = reply.authority.some((rrset) => rrset.type === TYPES.SOA);
  return isNegative && 'types' in ending ? { kind: 'nodata', name: owner, types: ending.types } : undefined;
}

function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}
