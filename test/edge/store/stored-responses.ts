// Stored responses for tests, of a size, a language and with tags.

import { responseHead, type StoredResponse } from '../../../src/edge/stored-response.ts';

export function stored(size: number, language?: string, tags?: readonly string[]): StoredResponse {
  const head = responseHead({
    status: 200,
    fields: [
      'Cache-Control',
      'max-age=60',
      'ETag',
      `"${size}"`,
      ...(language ? ['Vary', 'Accept-Language'] : []),
    ],
    requestFields: language ? ['Accept-Language', language] : [],
    requestTimeMs: 0,
    responseTimeMs: 0,
  });
  const body = size === 0 ? [] : [new Uint8Array(size).fill(size & 0xff)];
  return { ...head, body, size, ...(tags ? { tags } : undefined) };
}
