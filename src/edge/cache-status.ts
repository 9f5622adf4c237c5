// The Cache-Status field (RFC 9211): one member per cache, an item with parameters in Structured Fields form
// (RFC 8941). It is the edge's answer to "why was this not a hit": `detail` holds the reason in one word.

/** Why the request was sent on (RFC 9211 section 2.2). */
export type ForwardReason =
  | 'bypass'
  | 'method'
  | 'uri-miss'
  | 'vary-miss'
  | 'miss'
  | 'request'
  | 'stale'
  | 'partial';

export interface CacheStatus {
  hit?: boolean;
  fwd?: ForwardReason;
  /** Status of the response to the forwarded request. */
  fwdStatus?: number;
  /** Seconds of freshness left; negative when stale. */
  ttl?: number;
  /** The response was or is being stored. */
  stored?: boolean;
  /** This request waited for another one's. */
  collapsed?: boolean;
  key?: string;
  /** The reason, a word or a sentence. */
  detail?: string;
}

/** `catchment-fra; hit; ttl=42`, appended after `earlier` (the list that came from caches nearer to the origin). */
export function formatCacheStatus(cache: string, status: CacheStatus, earlier?: string): string {
  const parts = [cache];
  if (status.hit) parts.push('hit');
  if (status.fwd) parts.push(`fwd=${status.fwd}`);
  if (status.fwdStatus !== undefined) parts.push(`fwd-status=${Math.trunc(status.fwdStatus)}`);
  if (status.ttl !== undefined) parts.push(`ttl=${Math.trunc(status.ttl)}`);
  if (status.stored) parts.push('stored');
  if (status.collapsed) parts.push('collapsed');
  if (status.key !== undefined) parts.push(`key=${sfString(status.key)}`);
  if (status.detail !== undefined) parts.push(`detail=${sfTokenOrString(status.detail)}`);
  const member = parts.join('; ');
  return earlier ? `${earlier}, ${member}` : member;
}

function sfTokenOrString(text: string): string {
  return /^[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*$/.test(text) ? text : sfString(text);
}

/** Structured Fields strings hold printable ASCII only; anything else becomes a question mark. */
function sfString(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`;
}
