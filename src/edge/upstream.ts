// What the cache asks of the way to the origin: send a request, hear of the head, the bytes, and the end or the
// failure. One origin over sockets is io/undici-upstream.ts; several, with peers, parents, balancing and retries, is
// upstream/create-upstream.ts, and both have this one face. The error names are those of RFC 9209 (Proxy-Status).

import type { Readable } from 'node:stream';
import type { Fields } from './fields.ts';

export interface UpstreamRequest {
  method: string;
  pathAndQuery: string;
  fields: Fields;
  body?: Readable;
  /** What balancers hash, so that equal objects go the same way: the cache key. Absent: the path and query. */
  key?: string;
  /** Host the client asked for: what peers and parents get as Host, so that their routes match as ours did. */
  authority?: string;
  /** POP whose edges are the parents of this request; false: none. Absent: as the configuration says. */
  shield?: string | false;
}

export interface UpstreamEvents {
  /** A 1xx response other than 100 (RFC 9110 section 15.2): 103 Early Hints to hand on. Any number, before onHead. */
  onInterim?(status: number, fields: Fields): void;
  onHead(status: number, fields: Fields): void;
  onData(chunk: Uint8Array): void;
  onEnd(): void;
  /** Before onHead: no response. After it: the response broke off, so what came of it is not a whole. */
  onFailure(failure: UpstreamFailure): void;
  /** Where the request is sent next and why; once per attempt, before anything is sent. */
  onChoice?(choice: UpstreamChoice): void;
}

export interface UpstreamExchange {
  pause(): void;
  resume(): void;
  /** onFailure follows, unless the end has come already. */
  abort(): void;
}

export interface UpstreamFailure {
  /** 400 when the request itself could not be sent; 503 when nobody was asked. */
  status: 400 | 502 | 503 | 504;
  /** RFC 9209 section 2.3: `connection_refused`, `http_response_timeout` and the like. */
  error: string;
  /** One sentence. */
  detail: string;
}

export type Tier = 'peer' | 'shield' | 'origin';

export interface UpstreamChoice {
  tier: Tier;
  /** Name of the origin, peer or parent. */
  member: string;
  /** 1 for the first try. */
  attempt: number;
  /** Why this one: `consistent-hash`, `retry after connection_refused: least-connections`. */
  reason: string;
}

export interface Upstream {
  send(request: UpstreamRequest, events: UpstreamEvents): UpstreamExchange;
  /** Health, load and counters of every member, as plain data for /state. */
  report?(): UpstreamReport;
  /** At once; with `graceful` once what is under way has ended. Sending afterwards fails. */
  close(graceful?: boolean): Promise<void>;
}

export interface UpstreamReport {
  members: MemberReport[];
  /** Retries that may be made at once now. */
  retryTokens: number;
  /** Retries left out because the budget was used up. */
  retriesRefused: number;
}

export interface MemberReport {
  tier: Tier;
  name: string;
  address: string;
  port: number;
  weight: number;
  priority: number;
  /** By active checks; `unchecked` without them. */
  health: 'up' | 'down' | 'unchecked';
  circuit: 'closed' | 'open' | 'half-open';
  /** Why health or circuit are as they are, where they are not good. */
  reason?: string;
  inFlight: number;
  queued: number;
  requests: number;
  failures: number;
  /** Attempts here that followed a failure elsewhere. */
  retries: number;
}
