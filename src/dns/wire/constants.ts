// Numbers of the DNS protocol and their mnemonics (IANA "Domain Name System (DNS) Parameters"; RFC 1035, 6891, 8482).

export const TYPES = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  DNAME: 39,
  OPT: 41,
  DS: 43,
  CAA: 257,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
} as const;

export const CLASSES = { IN: 1, CH: 3, NONE: 254, ANY: 255 } as const;

export const OPCODE_QUERY = 0;

export const RCODES = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  BADVERS: 16,
} as const;

/** Bits of the second header word (RFC 1035 section 4.1.1). */
export const FLAGS = { QR: 0x8000, AA: 0x0400, TC: 0x0200, RD: 0x0100, RA: 0x0080 } as const;

/** Codes of EDNS options that this server understands (RFC 5001, RFC 7871). */
export const EDNS_OPTIONS = { NSID: 3, CLIENT_SUBNET: 8 } as const;

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
  const known = (TYPES as Record<string, number>)[upper];
  if (known !== undefined) return known;
  const generic = /^TYPE(\d{1,5})$/.exec(upper);
  const code = generic ? Number(generic[1]) : Number.NaN;
  return code <= 0xffff ? code : undefined;
}

export function rcodeName(code: number): string {
  return rcodeNames.get(code) ?? `RCODE${code}`;
}
