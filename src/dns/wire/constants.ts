// Numbers of the DNS protocol and their mnemonics (IANA "Domain Name System (DNS) Parameters"; RFC 1035, 6891, 8914,
// 9460, 9824).

export const TYPES = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  RP: 17,
  AFSDB: 18,
  AAAA: 28,
  LOC: 29,
  SRV: 33,
  NAPTR: 35,
  KX: 36,
  CERT: 37,
  DNAME: 39,
  OPT: 41,
  DS: 43,
  SSHFP: 44,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  SMIMEA: 53,
  CDS: 59,
  CDNSKEY: 60,
  OPENPGPKEY: 61,
  CSYNC: 62,
  ZONEMD: 63,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
  /** Only ever a bit in an NSEC bitmap: "this name does not exist" (RFC 9824 section 2). */
  NXNAME: 128,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
  URI: 256,
  CAA: 257,
} as const;

export const CLASSES = { IN: 1, CH: 3, NONE: 254, ANY: 255 } as const;

export const OPCODES = { QUERY: 0, NOTIFY: 4, UPDATE: 5 } as const;

export const OPCODE_QUERY = OPCODES.QUERY;

export const RCODES = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  NOTAUTH: 9,
  BADVERS: 16,
  BADCOOKIE: 23,
} as const;

/** Bits of the second header word (RFC 1035 section 4.1.1, RFC 4035 section 3.1.6). */
export const FLAGS = {
  QR: 0x8000,
  AA: 0x0400,
  TC: 0x0200,
  RD: 0x0100,
  RA: 0x0080,
  AD: 0x0020,
  CD: 0x0010,
} as const;

/** Bits of the OPT record's flags word: DNSSEC OK (RFC 3225) and Compact Answers OK (RFC 9824 section 5.1). */
export const EDNS_FLAGS = { DO: 0x8000, CO: 0x4000 } as const;

/** Codes of EDNS options (RFC 5001, 7871, 7873, 7828, 7830, 8914). */
export const EDNS_OPTIONS = {
  NSID: 3,
  CLIENT_SUBNET: 8,
  COOKIE: 10,
  TCP_KEEPALIVE: 11,
  PADDING: 12,
  EXTENDED_ERROR: 15,
} as const;

/** INFO-CODEs of extended errors (RFC 8914 section 4; 30 from RFC 9824 section 3.5). */
export const EXTENDED_ERRORS = {
  OTHER: 0,
  STALE_ANSWER: 3,
  NOT_READY: 14,
  BLOCKED: 15,
  PROHIBITED: 18,
  NOT_AUTHORITATIVE: 20,
  NOT_SUPPORTED: 21,
  INVALID_DATA: 24,
  INVALID_QUERY_TYPE: 30,
} as const;

export const HEADER_BYTES = 12;
/** Largest reply over UDP without EDNS (RFC 1035 section 4.2.1). */
export const PLAIN_UDP_BYTES = 512;
/** Largest reply over UDP at all: fits the IPv6 minimum MTU of 1280 with its headers (DNS Flag Day 2020). */
export const EDNS_UDP_BYTES = 1232;
export const TCP_BYTES = 65535;

const typeNames = new Map<number, string>(Object.entries(TYPES).map(([name, code]) => [code, name]));
const rcodeNames = new Map<number, string>(Object.entries(RCODES).map(([name, code]) => [code, name]));

/** `AAAA`, or `TYPE65280` for a type without a mnemonic here (RFC 3597 section 5). */
export function typeName(code: number): string {
  return typeNames.get(code) ?? `TYPE${code}`;
}

/** The number of `aaaa`, `TYPE28`; undefined when it is neither. */
export function typeCode(text: string): number | undefined {
  const upper = text.toUpperCase();
  if (Object.hasOwn(TYPES, upper)) return TYPES[upper as keyof typeof TYPES];
  const generic = /^TYPE(\d{1,5})$/.exec(upper);
  const code = generic ? Number(generic[1]) : Number.NaN;
  return code <= 0xffff ? code : undefined;
}

export function rcodeName(code: number): string {
  return rcodeNames.get(code) ?? `RCODE${code}`;
}
