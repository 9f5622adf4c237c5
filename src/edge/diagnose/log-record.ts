// A request as an access log tells it, whoever wrote the log: what all parsers make and all analyses read. What the log
// does not say is absent.

export type LoggedResult =
  | 'hit'
  | 'stale'
  | 'revalidated'
  | 'miss'
  | 'collapsed'
  | 'pass'
  | 'error'
  /** Answered by the server itself, or refused: nothing a cache could have helped with. */
  | 'local';

export interface LogRecord {
  atMs: number;
  method: string;
  /** Empty where the log does not say. */
  host: string;
  /** Path and query. */
  path: string;
  status: number;
  bytes: number;
  result: LoggedResult;
  /** The server's word for why. */
  detail?: string;
  ageSeconds?: number;
  lifetimeSeconds?: number;
  /** Client network or address. */
  client?: string;
  userAgent?: string;
  encoding?: string;
  /** Names of the fields that Vary named. */
  vary?: readonly string[];
  /** Names of the cookies that the client sent. */
  cookies?: readonly string[];
  totalMs?: number;
}

/** nginx's $upstream_cache_status; in any case, and ours. */
const RESULTS: Record<string, { result: LoggedResult; detail?: string }> = {
  hit: { result: 'hit' },
  tcp_hit: { result: 'hit' },
  tcp_mem_hit: { result: 'hit' },
  miss: { result: 'miss' },
  tcp_miss: { result: 'miss' },
  expired: { result: 'miss', detail: 'expired' },
  tcp_refresh_modified: { result: 'miss', detail: 'expired' },
  stale: { result: 'stale' },
  updating: { result: 'stale' },
  revalidated: { result: 'revalidated' },
  tcp_refresh_unmodified: { result: 'revalidated' },
  collapsed: { result: 'collapsed' },
  bypass: { result: 'pass' },
  dynamic: { result: 'pass' },
  pass: { result: 'pass' },
  '-': { result: 'pass' },
  error: { result: 'error' },
  local: { result: 'local' },
  'bad-request': { result: 'local' },
};

/** Undefined: no word for a cache's result. */
export function resultFromWord(word: string): { result: LoggedResult; detail?: string } | undefined {
  return RESULTS[word.toLowerCase()];
}
