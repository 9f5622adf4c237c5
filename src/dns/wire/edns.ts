// EDNS(0): what an OPT record says (RFC 6891), with the two options served here, NSID (RFC 5001) and Client Subnet
// (RFC 7871). Options that are not known are skipped, as RFC 6891 section 6.1.2 wants.

import { type ClientSubnetOption, parseClientSubnet } from './client-subnet-option.ts';
import { EDNS_OPTIONS } from './constants.ts';

export interface Edns {
  /** What the client can take over UDP, as it says (not yet bounded). */
  udpPayloadBytes: number;
  version: number;
  dnssecOk: boolean;
  nsidRequested: boolean;
  clientSubnet?: ClientSubnetOption;
}

/** The fields of an OPT record: `ttl` and `class` are what these header words hold. A string says why it is malformed. */
export function parseEdns(opt: { class: number; ttl: number; rdata: Uint8Array }): Edns | string {
  const edns: Edns = {
    udpPayloadBytes: opt.class,
    version: (opt.ttl >>> 16) & 0xff,
    dnssecOk: (opt.ttl & 0x8000) !== 0,
    nsidRequested: false,
  };
  // The layout of other versions is not known, and the client is owed BADVERS whatever its options hold.
  if (edns.version !== 0) return edns;
  const data = opt.rdata;
  let at = 0;
  while (at < data.length) {
    if (at + 4 > data.length) return 'edns-option-truncated';
    const code = word(data, at);
    const end = at + 4 + word(data, at + 2);
    if (end > data.length) return 'edns-option-truncated';
    const payload = data.subarray(at + 4, end);
    if (code === EDNS_OPTIONS.NSID) edns.nsidRequested = true;
    if (code === EDNS_OPTIONS.CLIENT_SUBNET) {
      if (edns.clientSubnet) return 'client-subnet-twice';
      const option = parseClientSubnet(payload);
      if (typeof option === 'string') return option;
      edns.clientSubnet = option;
    }
    at = end;
  }
  return edns;
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
