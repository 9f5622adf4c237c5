// A content compressed, as a content of its own: another representation, so another ETag (RFC 9110 section 8.8.3.3).

import { gzipSync } from 'node:zlib';
import type { Content } from '../content.ts';

export function gzipContent(content: Content): Content {
  const bytes = gzipSync(content.bytes(0, content.size));
  return {
    contentType: content.contentType,
    size: bytes.length,
    etag: content.etag.replace(/"$/, '-gzip"'),
    bytes: (first, length) => bytes.subarray(first, first + length),
  };
}
