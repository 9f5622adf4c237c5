// Text of one record to RDATA and back, with the words split as a zone file would.

import { typeCode } from '../../../src/dns/wire/constants.ts';
import { ROOT } from '../../../src/dns/wire/name.ts';
import { flatten, formatRdata, parseRdata } from '../../../src/dns/wire/rdata.ts';
import type { Rdata } from '../../../src/dns/wire/record.ts';
import { tokenize } from '../../../src/dns/zone/tokenizer.ts';

/** `HTTPS 1 . alpn=h2`: RDATA, or what is wrong with it. */
export function rdataOf(line: string): Rdata | string {
  const { entries, problems } = tokenize(line);
  if (problems[0]) return problems[0].message;
  const [type, ...words] = entries[0]?.tokens ?? [];
  return parseRdata(typeCode(type?.text ?? '') as number, words, ROOT);
}

/** Wire form in hexadecimal; a complaint as it is. */
export function hexOf(line: string): string {
  const rdata = rdataOf(line);
  return typeof rdata === 'string' ? rdata : flatten(rdata).toString('hex');
}

/** The text that a record's wire form has. */
export function textOf(line: string): string {
  const rdata = rdataOf(line);
  const type = line.split(' ')[0] as string;
  return typeof rdata === 'string' ? rdata : formatRdata(typeCode(type) as number, rdata);
}
