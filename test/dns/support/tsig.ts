// Signs a query with TSIG (RFC 8945 section 4.3), written from the RFC alone: HMAC-SHA256 over the message and the variables.

import { createHmac } from 'node:crypto';
import { nameBytes, words } from './message.ts';

const TSIG = 250;
const ANY = 255;
const FUDGE_SECONDS = 300;

export interface TestKey {
  name: string;
  secret: Buffer;
}

export function signedQuery(query: Buffer, key: TestKey, nowSeconds: number): Buffer {
  const name = nameBytes(key.name);
  const algorithm = nameBytes('hmac-sha256');
  const time = Buffer.alloc(6);
  time.writeUIntBE(nowSeconds, 0, 6);
  const mac = createHmac('sha256', key.secret)
    .update(query)
    .update(Buffer.concat([name, words(ANY, 0, 0), algorithm, time, words(FUDGE_SECONDS, 0, 0)]))
    .digest();
  const rdata = Buffer.concat([
    ...[algorithm, time, words(FUDGE_SECONDS, mac.length), mac],
    ...[query.subarray(0, 2), words(0, 0)],
  ]);
  const signed = Buffer.concat([query, name, words(TSIG, ANY, 0, 0, rdata.length), rdata]);
  signed.writeUInt16BE(query.readUInt16BE(10) + 1, 10);
  return signed;
}
