// What both listeners share: hand a packet to the server, get the bytes to send back; and how a listen address that
// cannot be had is told to the user.

import { UserError } from '../../base/errors.ts';
import type { Transport } from '../query-pipeline.ts';

/** Returns the reply, or undefined when there must be none. Never throws. */
export type PacketHandler = (packet: Buffer, source: Uint8Array, transport: Transport) => Buffer | undefined;

export interface Listener {
  address: string;
  port: number;
  close(): Promise<void>;
}

export function listenError(
  error: NodeJS.ErrnoException,
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
