// A line of the access log from what the listener wrote down of an answered request.

import type { AccessLogEntry } from '../access-log.ts';
import { fieldValue } from '../fields.ts';
import { currentAgeSeconds } from '../freshness.ts';
import { keyHash } from '../store/key-hash.ts';
import type { AccessRecord } from './client-accounting.ts';

export function accessLogEntry(record: AccessRecord): AccessLogEntry {
  const { answer, fields } = record;
  const { cacheStatus, stored, key } = answer;
  return {
    atMs: record.atMs,
    clientAddress: record.clientAddress,
    method: record.method,
    host: record.authority,
    path: record.pathAndQuery,
    status: record.status,
    bytes: record.bytes,
    result: record.result,
    ttlSeconds: cacheStatus.ttl,
    ...(stored && {
      ageSeconds: Math.floor(currentAgeSeconds(stored, record.atMs)),
      lifetimeSeconds: stored.lifetimeSeconds,
      ...(stored.varyNames.length > 0 && { vary: stored.varyNames }),
    }),
    upstream: answer.upstream,
    upstreamStatus: cacheStatus.fwdStatus,
    firstByteMs: 1000 * record.firstByteSeconds,
    totalMs: 1000 * record.seconds,
    route: answer.route,
    ...(key !== undefined && { keyHash: (keyHash(key) >>> 0).toString(16).padStart(8, '0') }),
    encoding: fieldValue(stored?.fields ?? answer.fields, 'content-encoding'),
    requestId: answer.traceId,
    detail: cacheStatus.detail,
    referer: fieldValue(fields, 'referer'),
    userAgent: fieldValue(fields, 'user-agent'),
    ...(!record.whole && { aborted: true }),
  };
}
