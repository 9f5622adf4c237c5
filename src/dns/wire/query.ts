// The client's side of the codec, for probes and tests: encode a query, decode any response.

import { type ClientSubnetOption, ClientSubnetReader, encodeClientSubnet } from './client-subnet-option.ts';
import { EDNS_OPTIONS, EDNS_UDP_BYTES, FLAGS, HEADER_BYTES, TYPES } from './constants.ts';
import { MessageWriter } from './message-writer.ts';
import { formatName, type Name, parseName, readName } from './name.ts';
import { formatRdata, readRdata } from './rdata.ts';
import type { Rdata } from './record.ts';

export interface QueryFields {
  id: number;
  /** Dotted text; the final dot may be left out. */
  name: string;
  /** Number of the type: `TYPES.A`. */
  type: number;
  recursionDesired?: boolean;
  /** Without it the query carries no OPT record. */
  edns?: {
    udpPayloadBytes?: number;
    dnssecOk?: boolean;
    /** Ask the server who it is (RFC 5001). */
    nsid?: boolean;
    clientSubnet?: { address: Uint8Array; prefixLength: number };
  };
}

export interface ResponseRecord {
  name: string;
  type: number;
  class: number;
  ttlSeconds: number;
  rdata: Rdata;
  /** As in a master file: `192.0.2.1`, `10 mail.test.`. */
  text: string;
}

export interface Response {
  id: number;
  rcode: number;
  authoritative: boolean;
  truncated: boolean;
  recursionAvailable: boolean;
  question?: { name: string; type: number; class: number };
  answer: ResponseRecord[];
  authority: ResponseRecord[];
  additional: ResponseRecord[];
  edns?: { udpPayloadBytes: number; version: number; nsid?: string; clientSubnet?: ClientSubnetOption };
}

// Synchronous use only, so one is enough.
const writer = new MessageWriter();

/** Throws TypeError when the name is not a domain name. */
export function encodeQuery(fields: QueryFields): Buffer {
  const name = parseName(fields.name);
  if (name === undefined) throw new TypeError(`not a domain name: ${fields.name}`);
  writer.reset(EDNS_UDP_BYTES);
  for (const word of [fields.id, fields.recursionDesired ? FLAGS.RD : 0, 1, 0, 0, fields.edns ? 1 : 0]) {
    writer.u16(word);
  }
  writer.name(name, false);
  writer.u16(fields.type);
  writer.u16(1);
  if (fields.edns) {
    const options: { code: number; data: Uint8Array }[] = [];
    if (fields.edns.nsid) options.push({ code: EDNS_OPTIONS.NSID, data: new Uint8Array() });
    const subnet = fields.edns.clientSubnet;
    if (subnet) {
      const data = encodeClientSubnet({
        family: subnet.address.length === 4 ? 1 : 2,
        sourcePrefixLength: subnet.prefixLength,
        scopePrefixLength: 0,
        address: subnet.address,
      });
      options.push({ code: EDNS_OPTIONS.CLIENT_SUBNET, data });
    }
    writer.u8(0);
    writer.u16(TYPES.OPT);
    writer.u16(fields.edns.udpPayloadBytes ?? EDNS_UDP_BYTES);
    writer.u32(fields.edns.dnssecOk ? 0x8000 : 0);
    writer.u16(options.reduce((sum, option) => sum + 4 + option.data.length, 0));
    for (const { code, data } of options) {
      writer.u16(code);
      writer.u16(data.length);
      writer.copy(data, 0, data.length);
    }
  }
  return Buffer.from(writer.bytes.subarray(0, writer.length));
}

/** Undefined when the packet is not a well-formed response. Never throws. */
export function decodeResponse(packet: Buffer): Response | undefined {
  if (packet.length < HEADER_BYTES) return undefined;
  const flags = packet.readUInt16BE(2);
  if ((flags & FLAGS.QR) === 0) return undefined;
  const response: Response = {
    id: packet.readUInt16BE(0),
    rcode: flags & 15,
    authoritative: (flags & FLAGS.AA) !== 0,
    truncated: (flags & FLAGS.TC) !== 0,
    recursionAvailable: (flags & FLAGS.RA) !== 0,
    answer: [],
    authority: [],
    additional: [],
  };
  let at = HEADER_BYTES;
  for (let i = packet.readUInt16BE(4); i > 0; i--) {
    const owner = readName(packet, at);
    if (!owner || owner.end + 4 > packet.length) return undefined;
    response.question ??= {
      name: formatName(owner.name),
      type: packet.readUInt16BE(owner.end),
      class: packet.readUInt16BE(owner.end + 2),
    };
    at = owner.end + 4;
  }
  const sections = [response.answer, response.authority, response.additional];
  for (const [s, section] of sections.entries()) {
    for (let i = packet.readUInt16BE(6 + 2 * s); i > 0; i--) {
      const end = readRecord(packet, at, section, response);
      if (end === undefined) return undefined;
      at = end;
    }
  }
  return response;
}

function readRecord(
  packet: Buffer,
  at: number,
  section: ResponseRecord[],
  response: Response,
): number | undefined {
  const owner: { name: Name; end: number } | undefined = readName(packet, at);
  if (!owner || owner.end + 10 > packet.length) return undefined;
  const type = packet.readUInt16BE(owner.end);
  const start = owner.end + 10;
  const end = start + packet.readUInt16BE(owner.end + 8);
  if (end > packet.length) return undefined;
  if (type === TYPES.OPT) {
    response.rcode |= packet.readUInt8(owner.end + 4) << 4;
    response.edns = {
      udpPayloadBytes: packet.readUInt16BE(owner.end + 2),
      version: packet.readUInt8(owner.end + 5),
    };
    readOptions(packet.subarray(start, end), response.edns);
    return end;
  }
  const rdata = readRdata(type, packet, start, end);
  if (!rdata) return undefined;
  section.push({
    name: formatName(owner.name),
    type,
    class: packet.readUInt16BE(owner.end + 2),
    ttlSeconds: packet.readUInt32BE(owner.end + 4),
    rdata,
    text: formatRdata(type, rdata),
  });
  return end;
}

function readOptions(data: Buffer, edns: NonNullable<Response['edns']>): void {
  for (let at = 0; at + 4 <= data.length; ) {
    const payload = data.subarray(at + 4, at + 4 + data.readUInt16BE(at + 2));
    const code = data.readUInt16BE(at);
    if (code === EDNS_OPTIONS.NSID) edns.nsid = payload.toString('utf8');
    if (code === EDNS_OPTIONS.CLIENT_SUBNET) {
      const option = new ClientSubnetReader();
      if (option.read(payload, 0, payload.length, 'reply') === undefined) edns.clientSubnet = option;
    }
    at += 4 + payload.length;
  }
}
