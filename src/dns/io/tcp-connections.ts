// All connections of all stream transports, in the order of their last whole query: bounds for them together and for each
// client, the idle timeout with one timer, and, when the server is full, a place for a newcomer at the expense of the one that
// has been quiet longest (RFC 7766 section 6.1.). So ten thousand silent connections lock nobody out.

import type { TcpConfig } from '../listen-config.ts';
import { descriptorLimit } from './tcp-descriptor-limit.ts';

/** Descriptors kept for everything else: zones, admin, checks. */
const SPARE_DESCRIPTORS = 200;
/** A stop waits for that long a silence of a client before it closes the connection between two queries. */
const QUIET_MS = 300;
/** Between the end of our side of a connection and its being cut, for the client to read and close. */
const LINGER_MS = 200;
const GRACE_MS = 5_000;
/** How many times in a timeout connections are looked at. */
const LOOKS = 8;

export interface Connection {
  /** Cuts it. */
  destroy(): void;
  /** Ends our side after what has been written. */
  finish(): void;
}

interface Entry {
  connection: Connection;
  client: string;
  activeAtMs: number;
}

export class ConnectionTable {
  /** Connections closed for a newcomer, for silence, and newcomers refused for their client's number. */
  readonly counts = { accepted: 0, evicted: 0, idle: 0, refused: 0 };
  /** What the limit really is: never more than the process may have. */
  readonly connections: number;
  readonly #perClient: number;
  #idleMs: number;
  /** Sets keep the order of insertion: the first has been quiet longest. */
  readonly #entries = new Map<Connection, Entry>();
  readonly #clients = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #empty: (() => void) | undefined;

  constructor({ connections, connectionsPerClient, idleSeconds }: TcpConfig) {
    this.connections = Math.max(1, Math.min(connections, descriptorLimit() - SPARE_DESCRIPTORS));
    this.#perClient = connectionsPerClient;
    this.#idleMs = idleSeconds * 1000;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** False: the client has its share, and the connection must not be served. */
  admit(connection: Connection, source: Uint8Array): boolean {
    const client = clientOf(source);
    const has = this.#clients.get(client) ?? 0;
    if (has >= this.#perClient) {
      this.counts.refused++;
      return false;
    }
    if (this.#entries.size >= this.connections) this.#evict();
    this.counts.accepted++;
    this.#clients.set(client, has + 1);
    this.#entries.set(connection, { connection, client, activeAtMs: performance.now() });
    this.#timer ??= setInterval(() => this.#closeIdle(), this.#idleMs / LOOKS).unref();
    return true;
  }

  /** The client has asked something whole, or has read on in a long reply. */
  touch(connection: Connection): void {
    const entry = this.#entries.get(connection);
    if (!entry) return;
    entry.activeAtMs = performance.now();
    this.#entries.delete(connection);
    this.#entries.set(connection, entry);
  }

  remove(connection: Connection): void {
    const entry = this.#entries.get(connection);
    if (!entry) return;
    this.#entries.delete(connection);
    const has = (this.#clients.get(entry.client) ?? 1) - 1;
    if (has === 0) this.#clients.delete(entry.client);
    else this.#clients.set(entry.client, has);
    if (this.#entries.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#empty?.();
  }

  /**
   * Closes each connection as soon as its client is quiet, all of them after `graceMs`; call it when nobody new can come.
   * Clients that reuse a connection have to expect that (RFC 7766 section 6.2.3) and ask again.
   */
  async close(graceMs = GRACE_MS): Promise<void> {
    this.#idleMs = Math.min(this.#idleMs, QUIET_MS, graceMs);
    clearInterval(this.#timer);
    const closeQuiet = () => this.#closeIdle('finish');
    const timer = setInterval(closeQuiet, this.#idleMs / LOOKS + 1);
    this.#timer = timer;
    closeQuiet();
    const finishAll = setTimeout(() => this.#finish([...this.#entries.values()]), graceMs);
    if (this.#entries.size > 0)
      await new Promise<void>((resolve) => {
        this.#empty = resolve;
      });
    clearTimeout(finishAll);
    clearInterval(timer);
  }

  #evict(): void {
    const [quietest] = this.#entries.values();
    if (!quietest) return;
    this.counts.evicted++;
    this.remove(quietest.connection);
    quietest.connection.destroy();
  }

  #closeIdle(how: 'destroy' | 'finish' = 'destroy'): void {
    const before = performance.now() - this.#idleMs;
    const idle: Entry[] = [];
    for (const entry of this.#entries.values()) {
      if (entry.activeAtMs > before) break;
      idle.push(entry);
    }
    if (how === 'finish') {
      this.#finish(idle);
    } else {
      this.counts.idle += idle.length;
      for (const { connection } of idle) connection.destroy();
    }
  }

  #finish(entries: Entry[]): void {
    for (const { connection } of entries) {
      connection.finish();
      setTimeout(() => connection.destroy(), LINGER_MS);
    }
  }
}

/** An IPv4 address, or an IPv6 /56: what one customer has. */
function clientOf(source: Uint8Array): string {
  return source.length === 4 ? source.join('.') : source.subarray(0, 7).join(':');
}
