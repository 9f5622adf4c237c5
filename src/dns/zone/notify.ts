// NOTIFY (RFC 1996): a primary tells its secondaries that a zone has changed, so that they need not wait for the SOA's
// refresh time. The message and its reply; sending is io/notify-sender's. We are nobody's secondary, so a NOTIFY that
// comes in is answered NOTIMP by the decoder.

import { CLASSES, FLAGS, HEADER_BYTES, OPCODES, TYPES } from '../wire/constants.ts';
import { MessageWriter } from '../wire/message-writer.ts';
import { readName } from '../wire/name.ts';
import type { RRset } from '../wire/record.ts';
import type { Zone } from './zone.ts';

/** The message that announces the zone's present SOA, which is given as a hint in the answer section (section 3.7). */
export function encodeNotify(id: number, zone: Zone): Buffer {
  const soa = zone.nodes.get(zone.origin)?.rrsets.get(TYPES.SOA) as RRset;
  const writer = new MessageWriter();
  writer.reset(512);
  for (const word of [id, (OPCODES.NOTIFY << 11) | FLAGS.AA, 1, 1, 0, 0]) writer.u16(word);
  writer.name(zone.origin, false);
  writer.u16(TYPES.SOA);
  writer.u16(CLASSES.IN);
  writer.remember(zone.origin, HEADER_BYTES);
  // Two long names in the SOA may not fit in what every host takes; the hint is optional.
  if (writer.rrset({ ...soa, owner: zone.origin }) === false) writer.setU16(6, 0);
  return Buffer.from(writer.bytes.subarray(0, writer.length));
}

/** The RCODE of the reply to a NOTIFY that we sent; undefined when the packet is no such reply. */
export function readNotifyReply(packet: Buffer, id: number, zone: Zone): number | undefined {
  if (packet.length < HEADER_BYTES || packet.readUInt16BE(0) !== id) return undefined;
  const flags = packet.readUInt16BE(2);
  if ((flags & FLAGS.QR) === 0 || ((flags >> 11) & 15) !== OPCODES.NOTIFY) return undefined;
  // Some servers leave the question out of an error reply; where it is there it must be ours.
  if (packet.readUInt16BE(4) > 0 && readName(packet, HEADER_BYTES)?.name !== zone.origin) return undefined;
  return flags & 15;
}
