// The messages of a zone transfer to a secondary (RFC 5936); who may have one is the pipeline's to say. A secondary knows nothing of policies, so
// steered names go out as a client of unknown location would see them, each with a TXT record that says so; an ALIAS goes
// out as its target's addresses. An incremental transfer is answered with a full one (RFC 1995 section 4), or with the SOA
// alone when the secondary is up to date.

import { FLAGS, HEADER_BYTES, TYPES } from '../wire/constants.ts';
import { MessageWriter } from '../wire/message-writer.ts';
import { formatName, type Name, readName } from '../wire/name.ts';
import type { OwnedRRset, RRset } from '../wire/record.ts';
import { isNewerSerial } from './serial.ts';
import type { AliasRecord } from './steering-record.ts';
import type { Zone } from './zone.ts';

/** As far as compression pointers reach: a longer message would only be less compressed (RFC 5936 section 3.4). */
const MESSAGE_BYTES = 16_384;
const MAX_MESSAGE_BYTES = 65_535;

export interface Addresses {
  /** 4 or 16 bytes each, as the type asks. */
  addresses: readonly Uint8Array[];
  ttlSeconds: number;
}

export interface TransferSources<Rule extends { policy: string }> {
  /** Steered names of all zones, from their STEER records and from the configuration. */
  rules: ReadonlyMap<Name, Rule>;
  /** What the policy answers to a client of whom nothing is known; `type` is A or AAAA. */
  steeredForUnknown(rule: Rule, type: number): Addresses;
  /** The addresses an ALIAS stands for now, its target steered or not, ours or not. */
  aliasForUnknown(owner: Name, alias: AliasRecord, type: number): Addresses;
}

/**
 * The messages that answer an AXFR or IXFR query, without the length prefix of TCP. `query` must have a question that
 * could be read. Each message is valid until the next is asked for; the zone is the one given, whatever is loaded meanwhile.
 */
export function* transferMessages<Rule extends { policy: string }>(
  query: Buffer,
  zone: Zone,
  sources: TransferSources<Rule>,
): Generator<Uint8Array, void, void> {
  const request = readRequest(query);
  if (!request) return;
  const writer = new MessageWriter();
  let records = 0;
  let isFirst = true;
  const begin = (limitBytes: number) => {
    writer.reset(limitBytes);
    writer.length = HEADER_BYTES;
    // The question goes into the first message only (RFC 5936 section 2.2.1).
    if (isFirst) {
      writer.copy(query, HEADER_BYTES, request.questionEnd);
      writer.remember(request.name, HEADER_BYTES);
    }
    records = 0;
  };
  const end = () => {
    writer.setU16(0, request.id);
    writer.setU16(2, FLAGS.QR | FLAGS.AA | request.copiedFlags);
    writer.setU16(4, isFirst ? 1 : 0);
    writer.setU16(6, records);
    writer.setU16(8, 0);
    writer.setU16(10, 0);
    isFirst = false;
    return writer.bytes.subarray(0, writer.length);
  };
  begin(MESSAGE_BYTES);
  for (const record of transferRecords(request, zone, sources)) {
    if (writer.rrset(record) === false) {
      if (records > 0) yield end();
      begin(MESSAGE_BYTES);
      if (writer.rrset(record) === false) {
        // Rare: a record that is larger than our messages begins a larger one.
        begin(MAX_MESSAGE_BYTES);
        writer.rrset(record);
      }
    }
    records++;
  }
  yield end();
}

interface TransferRequest {
  id: number;
  name: Name;
  questionEnd: number;
  /** Opcode and RD, repeated as in any reply. */
  copiedFlags: number;
  /** Of an IXFR query: what the secondary has. */
  serial?: number;
}

function readRequest(query: Buffer): TransferRequest | undefined {
  const question = query.length >= HEADER_BYTES ? readName(query, HEADER_BYTES) : undefined;
  if (!question || question.end + 4 > query.length) return undefined;
  const request: TransferRequest = {
    id: query.readUInt16BE(0),
    name: question.name,
    questionEnd: question.end + 4,
    copiedFlags: query.readUInt16BE(2) & (0x7800 | FLAGS.RD),
  };
  if (query.readUInt16BE(question.end) === TYPES.IXFR) {
    const serial = readSerial(query, request.questionEnd);
    if (serial !== undefined) request.serial = serial;
  }
  return request;
}

/** The serial of the SOA record in an IXFR query's authority section (RFC 1995 section 3). */
function readSerial(query: Buffer, at: number): number | undefined {
  if (query.readUInt16BE(6) !== 0 || query.readUInt16BE(8) === 0) return undefined;
  const owner = readName(query, at);
  if (!owner || owner.end + 10 > query.length || query.readUInt16BE(owner.end) !== TYPES.SOA)
    return undefined;
  const primary = readName(query, owner.end + 10);
  const mailbox = primary && readName(query, primary.end);
  return mailbox && mailbox.end + 4 <= query.length ? query.readUInt32BE(mailbox.end) : undefined;
}

/** One record each, SOA first and last (RFC 5936 section 2.2). */
function* transferRecords<Rule extends { policy: string }>(
  request: TransferRequest,
  zone: Zone,
  sources: TransferSources<Rule>,
): Generator<OwnedRRset, void, void> {
  const soa = zone.nodes.get(zone.origin)?.rrsets.get(TYPES.SOA) as RRset;
  const soaRecord = { ...soa, owner: zone.origin };
  yield soaRecord;
  if (request.serial !== undefined && !isNewerSerial(zone.serial, request.serial)) return;
  for (const [owner, node] of zone.nodes) {
    for (const rrset of node.rrsets.values()) {
      if (rrset.type !== TYPES.SOA) yield* singleRecords(owner, rrset);
    }
    const rule = sources.rules.get(owner);
    const alias = zone.aliases.get(owner);
    if (rule) {
      const mark = `catchment: steered by ${rule.policy}`;
      yield* standIns(owner, node.rrsets, mark, (type) => sources.steeredForUnknown(rule, type));
    } else if (alias) {
      const mark = `catchment: alias of ${formatName(alias.target)}`;
      yield* standIns(owner, node.rrsets, mark, (type) => sources.aliasForUnknown(owner, alias, type));
    }
  }
  yield soaRecord;
}

function* singleRecords(owner: Name, rrset: RRset): Generator<OwnedRRset, void, void> {
  for (const rdata of rrset.rdata) {
    yield { owner, type: rrset.type, ttlSeconds: rrset.ttlSeconds, rdata: [rdata] };
  }
}

/** Addresses as of now, and the TXT record that says where they come from. */
function* standIns(
  owner: Name,
  rrsets: ReadonlyMap<number, RRset>,
  mark: string,
  addressesOf: (type: number) => Addresses,
): Generator<OwnedRRset, void, void> {
  let ttlSeconds: number | undefined;
  for (const type of [TYPES.A, TYPES.AAAA]) {
    const found = addressesOf(type);
    for (const address of found.addresses) {
      ttlSeconds = Math.min(ttlSeconds ?? found.ttlSeconds, found.ttlSeconds);
      yield { owner, type, ttlSeconds: found.ttlSeconds, rdata: [{ parts: [address] }] };
    }
  }
  const text = Buffer.from(mark, 'latin1').subarray(0, 255);
  // Records of one RRset must agree in their TTL (RFC 2181 section 5.2), so other TXT records of the name decide it.
  const markTtl = rrsets.get(TYPES.TXT)?.ttlSeconds ?? ttlSeconds ?? 60;
  yield {
    owner,
    type: TYPES.TXT,
    ttlSeconds: markTtl,
    rdata: [{ parts: [Uint8Array.of(text.length), text] }],
  };
}
