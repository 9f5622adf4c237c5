// One RTT sample without any privilege: a TCP SYN to a closed port comes back as RST after one round trip, to an open
// one as SYN-ACK. Either ends the connection attempt, and the time it took is the sample.

import { connect, isIPv6 } from 'node:net';

/** A second is when Linux sends a lost SYN again (RFC 6298 section 2), so a slower answer may be to the second one. */
const TIMEOUT_MS = 1000;

/** Undefined when nothing answered, or the network said unreachable. */
export function measureRtt(target: {
  address: string;
  port: number;
  localAddress?: string;
}): Promise<number | undefined> {
  return new Promise((resolve) => {
    const { address, port, localAddress } = target;
    const sameFamily = localAddress !== undefined && isIPv6(localAddress) === isIPv6(address);
    const startedAt = performance.now();
    const socket = connect({ host: address, port, ...(sameFamily ? { localAddress } : {}) });
    const settle = (answered: boolean) => {
      const rttMs = performance.now() - startedAt;
      clearTimeout(timer);
      socket.destroy();
      resolve(answered ? rttMs : undefined);
    };
    const timer = setTimeout(() => settle(false), TIMEOUT_MS);
    socket.once('connect', () => settle(true));
    socket.once('error', (error: NodeJS.ErrnoException) => settle(error.code === 'ECONNREFUSED'));
  });
}
