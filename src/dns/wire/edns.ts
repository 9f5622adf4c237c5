// EDNS(0): what an OPT record says (RFC 6891), with the options served here: NSID (RFC 5001), Client Subnet (RFC 7871) and
// cookies (RFC 7873). Options that are not known are skipped, as RFC 6891 section 6.1.2 wants. One object is read into
// again and again, since most queries carry an OPT record and the hot path allocates nothing.

import { ClientSubnetReader } from './client-subnet-option.ts';
import { EDNS_OPTIONS } from './constants.ts';

export const CLIENT_COOKIE_BYTES = 8;

export class Edns {
  /** What the client can take over UDP, as it says (not yet bounded). */
  udpPayloadBytes = 0;
  version = 0;
  dnssecOk = false;
  /** The client knows compact denial and wants NXDOMAIN said as an rcode (RFC 9824 section 5.1). */
  compactOk = false;
  nsidRequested = false;
  /** Valid only where `hasClientSubnet`. */
  readonly clientSubnet = new ClientSubnetReader();
  hasClientSubnet = false;
  /** Client cookie (8 bytes), then the server cookie where the client has one (8 to 32). Length 0 without the option. */
  readonly cookie = new Uint8Array(40);
  cookieBytes = 0;

  /** Reads an OPT record: its class and TTL words and its RDATA `bytes[start, end)`. A string says why it is malformed. */
  read(
    udpPayloadBytes: number,
    ttl: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): string | undefined {
    this.udpPayloadBytes = udpPayloadBytes;
    this.version = (ttl >>> 16) & 0xff;
    this.dnssecOk = (ttl & 0x8000) !== 0;
    this.compactOk = (ttl & 0x4000) !== 0;
    this.nsidRequested = false;
    this.hasClientSubnet = false;
    this.cookieBytes = 0;
    // The layout of other versions is not known, and the client is owed BADVERS whatever its options hold.
    if (this.version !== 0) return undefined;
    for (let at = start; at < end; ) {
      if (at + 4 > end) return 'edns-option-truncated';
      const code = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
      const from = at + 4;
      at = from + (((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number));
      if (at > end) return 'edns-option-truncated';
      const malformed = this.#readOption(code, bytes, from, at);
      if (malformed !== undefined) return malformed;
    }
    return undefined;
  }

  #readOption(code: number, bytes: Uint8Array, start: number, end: number): string | undefined {
    switch (code) {
      case EDNS_OPTIONS.NSID:
        this.nsidRequested = true;
        return undefined;
      case EDNS_OPTIONS.CLIENT_SUBNET:
        if (this.hasClientSubnet) return 'client-subnet-twice';
        this.hasClientSubnet = true;
        return this.clientSubnet.read(bytes, start, end, 'query');
      case EDNS_OPTIONS.COOKIE: {
        const length = end - start;
        // RFC 7873 section 5.2.2: a client cookie alone, or with a server cookie of 8 to 32 bytes. Of several the first counts.
        if (length !== CLIENT_COOKIE_BYTES && (length < 16 || length > 40)) return 'cookie-length';
        if (this.cookieBytes > 0) return undefined;
        for (let i = 0; i < length; i++) this.cookie[i] = bytes[start + i] as number;
        this.cookieBytes = length;
        return undefined;
      }
      default:
        return undefined;
    }
  }
}
