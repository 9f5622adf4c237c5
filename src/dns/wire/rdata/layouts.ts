// The fields of each type's RDATA: one line a type (RFC 1035 section 3.3, 1183 RP, 3596 AAAA, 2782 SRV, 3403 NAPTR, 4034
// DS, DNSKEY, RRSIG and NSEC, 4255 SSHFP, 6698 TLSA, 7344 CDS and CDNSKEY, 7477 CSYNC, 7553 URI, 8659 CAA, 8976 ZONEMD,
// 9460 SVCB and HTTPS). Other types have the generic form only (RFC 3597 section 5).

import { TYPES } from '../constants.ts';
import {
  ALGORITHM,
  BASE64,
  type Field,
  HEX,
  IPV4,
  IPV6,
  MOMENT,
  NAME,
  REST,
  STRING,
  STRINGS,
  SVC_PARAMS,
  TAG,
  TTL,
  TYPE,
  TYPE_BITMAP,
  U8,
  U16,
  U32,
} from './fields.ts';

const DS: readonly Field[] = [U16, ALGORITHM, U8, HEX];
const DNSKEY: readonly Field[] = [U16, U8, ALGORITHM, BASE64];
const TLSA: readonly Field[] = [U8, U8, U8, HEX];
const SVCB: readonly Field[] = [U16, NAME, SVC_PARAMS];

export const LAYOUTS: ReadonlyMap<number, readonly Field[]> = new Map([
  [TYPES.A, [IPV4]],
  [TYPES.NS, [NAME]],
  [TYPES.CNAME, [NAME]],
  [TYPES.SOA, [NAME, NAME, U32, TTL, TTL, TTL, TTL]],
  [TYPES.PTR, [NAME]],
  [TYPES.HINFO, [STRING, STRING]],
  [TYPES.MX, [U16, NAME]],
  [TYPES.TXT, [STRINGS]],
  [TYPES.RP, [NAME, NAME]],
  [TYPES.AFSDB, [U16, NAME]],
  [TYPES.AAAA, [IPV6]],
  [TYPES.SRV, [U16, U16, U16, NAME]],
  [TYPES.NAPTR, [U16, U16, STRING, STRING, STRING, NAME]],
  [TYPES.KX, [U16, NAME]],
  [TYPES.DS, DS],
  [TYPES.SSHFP, [U8, U8, HEX]],
  [TYPES.RRSIG, [TYPE, ALGORITHM, U8, TTL, MOMENT, MOMENT, U16, NAME, BASE64]],
  [TYPES.NSEC, [NAME, TYPE_BITMAP]],
  [TYPES.DNSKEY, DNSKEY],
  [TYPES.TLSA, TLSA],
  [TYPES.SMIMEA, TLSA],
  [TYPES.CDS, DS],
  [TYPES.CDNSKEY, DNSKEY],
  [TYPES.OPENPGPKEY, [BASE64]],
  [TYPES.CSYNC, [U32, U16, TYPE_BITMAP]],
  [TYPES.ZONEMD, [U32, U8, U8, HEX]],
  [TYPES.SVCB, SVCB],
  [TYPES.HTTPS, SVCB],
  [TYPES.SPF, [STRINGS]],
  [TYPES.URI, [U16, U16, REST]],
  [TYPES.CAA, [U8, TAG, REST]],
]);
