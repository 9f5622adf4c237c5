// What a signature is made over (RFC 4034 sections 3.1.8.1 and 6): the RRSIG's own fields, then the records in canonical
// form and order. Names here are in lower case and uncompressed already. All as one string, a character a byte: it is the
// key of the signature cache as well.

import { CLASSES } from '../wire/constants.ts';
import type { Name } from '../wire/name.ts';
import type { Rdata, RRset } from '../wire/record.ts';
import { ECDSA_P256_SHA256 } from './zone-key.ts';

export interface SignatureFields {
  typeCovered: number;
  labels: number;
  originalTtlSeconds: number;
  expirationSeconds: number;
  inceptionSeconds: number;
  keyTag: number;
  signer: Name;
}

/** RRSIG RDATA without its signature. */
export function signaturePrefix(fields: SignatureFields): string {
  return (
    u16(fields.typeCovered) +
    String.fromCharCode(ECDSA_P256_SHA256, fields.labels) +
    u32(fields.originalTtlSeconds) +
    u32(fields.expirationSeconds) +
    u32(fields.inceptionSeconds) +
    u16(fields.keyTag) +
    fields.signer
  );
}

/** The records of an RRset, sorted by their data, equal ones once (sections 6.2 and 6.3). */
export function canonicalRecords(owner: Name, rrset: RRset, originalTtlSeconds: number): string {
  const head = owner + u16(rrset.type) + u16(CLASSES.IN) + u32(originalTtlSeconds);
  if (rrset.rdata.length === 1) return withData(head, dataOf(rrset.rdata[0] as Rdata));
  // Strings of one character a byte compare as the bytes do, and a prefix comes before what it begins.
  const sorted = [...new Set(rrset.rdata.map(dataOf))].sort((a, b) => (a < b ? -1 : 1));
  return sorted.map((data) => withData(head, data)).join('');
}

/** Labels of a name, without the root and a leading `*` (section 3.1.3). */
export function labelCount(owner: Name): number {
  let count = 0;
  for (let at = 0; owner.charCodeAt(at) > 0; at += 1 + owner.charCodeAt(at)) count++;
  return owner.startsWith('\x01*') ? count - 1 : count;
}

function dataOf(rdata: Rdata): string {
  let data = '';
  for (const part of rdata.parts) {
    if (typeof part === 'string') data += part;
    else if (part.length === 4) {
      // An IPv4 address is by far the most common data; this is quicker than a call into the runtime.
      data += String.fromCharCode(part[0] as number, part[1] as number, part[2] as number, part[3] as number);
    } else data += Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('latin1');
  }
  return data;
}

function withData(head: string, data: string): string {
  return head + u16(data.length) + data;
}

function u16(value: number): string {
  return String.fromCharCode((value >>> 8) & 0xff, value & 0xff);
}

function u32(value: number): string {
  return u16(value >>> 16) + u16(value);
}
