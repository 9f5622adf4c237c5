// Where input and output meet the server: whatever carries a query (UDP by batches or by dgram, TCP, TLS, HTTPS) hands
// its bytes to a PacketHandler and sends on what that has written. Also how a listen address that cannot be had is told.

import { UserError } from '../../base/errors.ts';

export type Transport = 'udp' | 'tcp' | 'dot' | 'doh';

/** What `handle` returns for a zone transfer: the messages come from `transfer`. */
export const TRANSFER = -1;
/** What `handle` returns when there must be no reply. */
export const NO_REPLY = 0;

/** Room for a reply: over UDP no more than passes without fragments (DNS flag day 2020), otherwise all a length can say. */
export const UDP_REPLY_BYTES = 1232;
export const STREAM_REPLY_BYTES = 65_535;

export interface PacketHandler {
  /**
   * Answers `packet[0, length)`: writes the reply into `out` from 0 and returns its length, NO_REPLY, or TRANSFER (tcp and
   * dot only). Never throws. Must not keep `packet`, `source` (4 or 16 bytes) or `out`: they are used again for the next
   * packet. `out` has UDP_REPLY_BYTES for udp, STREAM_REPLY_BYTES otherwise. Bytes of `packet` from `length` on are
   * leftovers of others.
   */
  handle(packet: Buffer, length: number, source: Uint8Array, transport: Transport, out: Buffer): number;
  /**
   * Messages of a zone transfer, each without the length prefix of TCP; pulled as fast as the client reads. A message may
   * be used again once the next is asked for.
   */
  transfer(packet: Buffer, length: number, source: Uint8Array): Iterable<Uint8Array>;
}

export interface ListenAddress {
  address: string;
  /** 0: any free one. */
  port: number;
}

export interface Listener {
  address: string;
  port: number;
  /** Takes no more, answers what has come, ends within `graceMs` (named constants of the transports when absent). */
  close(graceMs?: number): Promise<void>;
}

/** Told to the user: which address, why not, what to do. `code` is a Node.js error code such as EADDRINUSE. */
export function listenError(
  error: { code?: string | undefined; message: string },
  transport: Transport,
  address: string,
  port: number,
): UserError {
  const where = `${transport} ${address} port ${port}`;
  const hints: Record<string, string> = {
    EADDRINUSE: `another server listens there: see \`ss -lnp 'sport = :${port}'\``,
    EACCES: 'ports below 1024 need root or CAP_NET_BIND_SERVICE; choose a port such as 5353',
    EADDRNOTAVAIL: `no interface has this address: see \`ip address show to ${address}\``,
  };
  const hint = hints[error.code ?? ''];
  return new UserError({ message: `cannot listen on ${where}: ${error.message}`, ...(hint && { hint }) }, 1, {
    cause: error,
  });
}
