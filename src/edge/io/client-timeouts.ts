// When a connection has taken too long over something (slowloris and its relatives): looked at about once a second for
// all connections, so that no request has to set a timer.

import { Refusal } from '../http1/refusal.ts';
import type { ClientConnection } from './client-connection.ts';

/** While the server closes, a connection this long without a request will not bring one. */
const CLOSING_IDLE_MS = 250;
/** What an idle connection remembers of its last head is freed after this long. */
const FORGET_MS = 2000;

/** What is to be done; a Refusal is sent to the client. Undefined: nothing. */
export function sweepVerdict(
  connection: ClientConnection,
  nowMs: number,
): 'close' | 'destroy' | 'forget' | Refusal | undefined {
  const { pace, state, socket } = connection;
  const { limits, closing } = connection.host;
  const elapsedMs = nowMs - pace.sinceMs;
  const unsentBytes = socket.writableLength;
  if (unsentBytes > 0) {
    const sentBytes = socket.bytesWritten - unsentBytes;
    if (sentBytes !== pace.sent || pace.markMs === 0) {
      pace.sent = sentBytes;
      pace.markMs = nowMs;
    }
    const allowedMs = limits.sendTimeoutMs + (unsentBytes / limits.minBytesPerSecond) * 1000;
    return nowMs - pace.markMs > allowedMs ? 'destroy' : undefined;
  }
  switch (state) {
    case 'lingering':
      return elapsedMs > limits.lingerMs ? 'destroy' : undefined;
    case 'head':
      return elapsedMs > limits.headTimeoutMs ? HEAD_TIMEOUT : undefined;
    case 'body': {
      const windowMs = nowMs - pace.markMs;
      if (windowMs < limits.bodyWindowMs) return undefined;
      const received = connection.receivedBodyBytes - pace.received;
      if (received < (limits.minBytesPerSecond * windowMs) / 1000) return BODY_TIMEOUT;
      pace.received = connection.receivedBodyBytes;
      pace.markMs = nowMs;
      return undefined;
    }
    case 'answering':
      // The origin's turn, or that of a body's reader: its own limits hold, and the window begins anew.
      pace.markMs = nowMs;
      pace.received = connection.receivedBodyBytes;
      return undefined;
    case 'idle':
      if (elapsedMs > (closing ? CLOSING_IDLE_MS : limits.keepAliveTimeoutMs)) return 'close';
      return elapsedMs > FORGET_MS ? 'forget' : undefined;
  }
}

const HEAD_TIMEOUT = new Refusal(408, 'head not complete in time');
const BODY_TIMEOUT = new Refusal(408, 'body too slow');
