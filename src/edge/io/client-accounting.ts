// What is written down about an answered request: counters, time, and a record for the access log if there is one.

import type { NetworkCount } from '../client-networks.ts';
import type { Answer } from '../edge-request.ts';
import type { Fields } from '../fields.ts';
import { observe } from '../histogram.ts';
import type { ReceivedRequest } from '../http1/request-reader.ts';
import { countRoute, type EdgeMetrics, increment, type Result, resultOf } from '../metrics.ts';

/** One answered (or refused, or broken off) request. */
export interface AccessRecord {
  /** At the end, milliseconds since the epoch. */
  atMs: number;
  clientAddress: string;
  /** GET without host, path and fields for what was refused before it was a request. */
  method: string;
  authority: string;
  pathAndQuery: string;
  fields: Fields;
  httpVersion: '1.0' | '1.1';
  status: number;
  /** Of the body. */
  bytes: number;
  /** From the request's head to the first byte handed to the system, and to the last. */
  firstByteSeconds: number;
  seconds: number;
  result: Result;
  answer: Answer;
  /** False when the client or the origin broke off. */
  whole: boolean;
}

export interface End {
  bytes: number;
  whole: boolean;
  firstByteSeconds: number;
  seconds: number;
  /** Milliseconds since the epoch. */
  atMs: number;
}

export function countAnswer(
  metrics: EdgeMetrics,
  client: NetworkCount,
  answer: Pick<Answer, 'status' | 'cacheStatus' | 'failure' | 'route'>,
  written: End,
): Result {
  const { cacheStatus } = answer;
  const bad = cacheStatus.detail === 'bad-request';
  const result = bad ? 'bad-request' : resultOf(cacheStatus, answer.failure !== undefined);
  metrics.requests[result]++;
  metrics.responseBytes[result] += written.bytes;
  if (answer.route !== undefined) countRoute(metrics, answer.route, result, written.bytes);
  increment(metrics.responses, CLASSES[Math.floor(answer.status / 100)] ?? 'other');
  if (written.whole) observe(metrics.requestSeconds[result], written.seconds);
  else metrics.clientAborts++;
  if (result !== 'local' && result !== 'bad-request') {
    client.requests++;
    client.lastMs = written.atMs;
  }
  return result;
}

export function accessRecord(
  clientAddress: string,
  { method, authority, pathAndQuery, fields, minorVersion }: ReceivedRequest,
  answer: Answer,
  result: Result,
  { bytes, whole, firstByteSeconds, seconds, atMs }: End,
): AccessRecord {
  const httpVersion = minorVersion === 0 ? '1.0' : '1.1';
  const request = { atMs, clientAddress, method, authority, pathAndQuery, fields, httpVersion } as const;
  return { ...request, status: answer.status, bytes, firstByteSeconds, seconds, result, answer, whole };
}

const CLASSES = ['other', '1xx', '2xx', '3xx', '4xx', '5xx'];
