// Bounds on what one client may send, hold and wait for. Each is a named number with a reason; a configuration may
// replace any of them. Times are in milliseconds, sizes in bytes.

export interface Http1Limits {
  /** Request line and fields together. 16 KiB is what node and most proxies take: a larger head is an attack or a bug. */
  maxHeadBytes: number;
  /** RFC 9110 section 4.1 wants 8000 octets at least. */
  maxTargetBytes: number;
  /** Lines of fields; browsers send 15 to 30. */
  maxFields: number;
  /** Largest request body; a route may allow less or more (ListenerContext.maxBodyBytes). */
  maxBodyBytes: number;
  /** From the first byte of a head to its last: slow senders hold sockets, not answers. */
  headTimeoutMs: number;
  /** A body (either way) that moves slower than this for a whole bodyWindowMs is given up. */
  minBytesPerSecond: number;
  bodyWindowMs: number;
  /** A connection without a request; also how long a new one may say nothing. */
  keepAliveTimeoutMs: number;
  /** Beside minBytesPerSecond, for a client that reads nothing of what was written to it. */
  sendTimeoutMs: number;
  /** After the last answer: what the client still sends is read and dropped this long, or a reset would eat the answer. */
  lingerMs: number;
  requestsPerConnection: number;
  connections: number;
  /** By address; a NAT may hide many people behind one. */
  connectionsPerClient: number;
}

export const DEFAULT_HTTP1_LIMITS: Http1Limits = {
  maxHeadBytes: 16_384,
  maxTargetBytes: 8192,
  maxFields: 128,
  maxBodyBytes: 1_073_741_824,
  headTimeoutMs: 15_000,
  minBytesPerSecond: 240,
  bodyWindowMs: 15_000,
  keepAliveTimeoutMs: 30_000,
  sendTimeoutMs: 30_000,
  lingerMs: 500,
  requestsPerConnection: 100_000,
  connections: 16_384,
  connectionsPerClient: 4096,
};
