// The good packets that bad ones are made of: captured from clients (queries.hex, capture.ts) and written here, for what
// no client at hand sends.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nameBytes, optRecord, rawQuery, subnetOption, words } from '../../support/message.ts';

const NAMES = [
  'www.cdn.test',
  'alias2.cdn.test',
  'x.y.wild.cdn.test',
  'ent.cdn.test',
  'host.sub.cdn.test',
  'c0.cdn.test',
];
const TSIG_RDATA = Buffer.concat([
  nameBytes('hmac-sha256'),
  words(0, 0x6b01, 0x70f1, 300, 32),
  Buffer.alloc(32, 7),
]);

export function corpus(): Buffer[] {
  return [...capturedQueries(), ...writtenQueries()];
}

export function capturedQueries(): Buffer[] {
  const text = readFileSync(join(import.meta.dirname, 'queries.hex'), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((hex) => Buffer.from(hex, 'hex'));
}

function writtenQueries(): Buffer[] {
  const many = Array.from({ length: 20 }, (_, i) => ({ code: 65001 + i, data: Buffer.alloc(i, i) }));
  const cookie = { code: 10, data: Buffer.alloc(24, 5) };
  const tsig = Buffer.concat([nameBytes('key'), words(250, 255, 0, 0, TSIG_RDATA.length), TSIG_RDATA]);
  return [
    ...NAMES.map((name) =>
      rawQuery({ name: nameBytes(name), additional: [optRecord([subnetOption([100, 64, 1], 24)])] }),
    ),
    ...NAMES.map((name) => rawQuery({ name: nameBytes(name), type: 28, flags: 0x100 })),
    rawQuery({
      name: nameBytes('WwW.cDn.TeSt'),
      additional: [optRecord([cookie, subnetOption([100, 64, 0], 20)])],
    }),
    rawQuery({ name: nameBytes('www.cdn.test'), additional: [optRecord(many)] }),
    rawQuery({
      name: nameBytes('big.cdn.test'),
      type: 16,
      additional: [optRecord([], { udpPayloadBytes: 65535 })],
    }),
    rawQuery({ name: nameBytes('big.cdn.test'), type: 16 }),
    rawQuery({ name: nameBytes('medium.cdn.test'), type: 16, additional: [optRecord()] }),
    rawQuery({
      name: nameBytes('.'),
      type: 2,
      additional: [optRecord([{ code: 3, data: Buffer.alloc(0) }])],
    }),
    rawQuery({ name: nameBytes('cdn.test'), type: 252 }),
    rawQuery({ name: nameBytes('cdn.test'), type: 255, additional: [optRecord([], { flags: 0x8000 })] }),
    rawQuery({ name: nameBytes('www.cdn.test'), additional: [optRecord(), tsig] }),
    rawQuery({
      name: nameBytes('www.cdn.test'),
      additional: [optRecord([{ code: 8, data: Buffer.alloc(4) }])],
    }),
  ];
}
