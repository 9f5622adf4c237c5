// Master files (RFC 1035 section 5) become records: $ORIGIN, $TTL (RFC 2308 section 4), $INCLUDE, `@`, omitted owners, TTL
// and class in either order, parentheses, comments. All mistakes of a file are reported at once, each with its line.

import type { Problem } from '../../base/errors.ts';
import { CLASSES, TYPES, typeCode } from '../wire/constants.ts';
import { type Name, parseName } from '../wire/name.ts';
import { parseRdata, parseTtl, type Token } from '../wire/rdata.ts';
import type { Rdata } from '../wire/record.ts';
import { tokenize } from './tokenizer.ts';

export interface ZoneRecord {
  owner: Name;
  type: number;
  ttlSeconds: number;
  rdata: Rdata;
  file: string;
  line: number;
}

export interface ParsedMasterFile {
  records: ZoneRecord[];
  problems: Problem[];
}

/** Gives the text of an included file and the name to report it under; undefined when it cannot be read. */
export type ReadInclude = (path: string, from: string) => { text: string; file: string } | undefined;

const MAX_INCLUDE_DEPTH = 8; // a file that includes itself must end

interface Cursor {
  file: string;
  origin: Name | undefined;
  owner: Name | undefined;
  /** From $TTL, else the last explicit TTL (RFC 1035), else the SOA's. */
  defaultTtl: number | undefined;
  defaultIsFromDirective: boolean;
  depth: number;
}

/** `origin` applies until the first $ORIGIN; without either, names must end in a dot. */
export function parseMasterFile(
  text: string,
  file: string,
  options: { origin?: Name; readInclude?: ReadInclude } = {},
): ParsedMasterFile {
  const result: ParsedMasterFile = { records: [], problems: [] };
  const cursor: Cursor = {
    file,
    origin: options.origin,
    owner: undefined,
    defaultTtl: undefined,
    defaultIsFromDirective: false,
    depth: 0,
  };
  parseInto(result, text, cursor, options.readInclude);
  return result;
}

function parseInto(result: ParsedMasterFile, text: string, cursor: Cursor, readInclude?: ReadInclude): void {
  const { entries, problems } = tokenize(text);
  const report = (line: number, problem: Omit<Problem, 'file' | 'line'>) => {
    result.problems.push({ file: cursor.file, line, ...problem });
  };
  for (const problem of problems) report(problem.line, { message: problem.message });
  for (const entry of entries) {
    const first = entry.tokens[0];
    if (first && !first.quoted && first.text.startsWith('$') && !entry.ownerOmitted) {
      const problem = applyDirective(result, entry.tokens, cursor, readInclude);
      if (problem) report(entry.line, problem);
      continue;
    }
    const record = parseRecord(entry.tokens, entry.ownerOmitted, cursor);
    if ('message' in record) report(entry.line, record);
    else result.records.push({ ...record, file: cursor.file, line: entry.line });
  }
}

type EntryProblem = Omit<Problem, 'file' | 'line'>;

function applyDirective(
  result: ParsedMasterFile,
  tokens: readonly Token[],
  cursor: Cursor,
  readInclude?: ReadInclude,
): EntryProblem | undefined {
  const [directive, argument, second] = tokens.map((token) => token.text);
  switch (directive?.toUpperCase()) {
    case '$ORIGIN': {
      const origin = name(argument, cursor);
      if (origin === undefined) return { message: '$ORIGIN needs a domain name', found: argument };
      cursor.origin = origin;
      return undefined;
    }
    case '$TTL': {
      const ttl = parseTtl(argument ?? '');
      if (ttl === undefined) return { message: '$TTL needs a time', expected: '3600 or 1h', found: argument };
      cursor.defaultTtl = ttl;
      cursor.defaultIsFromDirective = true;
      return undefined;
    }
    case '$INCLUDE': {
      const included = readInclude?.(argument ?? '', cursor.file);
      if (!included) return { message: `$INCLUDE cannot read ${argument ?? 'a file that is not named'}` };
      if (cursor.depth >= MAX_INCLUDE_DEPTH)
        return { message: `$INCLUDE is nested more than ${MAX_INCLUDE_DEPTH} deep` };
      const origin = second === undefined ? cursor.origin : name(second, cursor);
      // Origin and owner of the including file are as before afterwards (RFC 1035 section 5.1).
      parseInto(
        result,
        included.text,
        { ...cursor, file: included.file, origin, depth: cursor.depth + 1 },
        readInclude,
      );
      return undefined;
    }
    default:
      return { message: `unknown directive ${directive}`, expected: '$ORIGIN, $TTL or $INCLUDE' };
  }
}

function parseRecord(
  tokens: readonly Token[],
  ownerOmitted: boolean,
  cursor: Cursor,
): Omit<ZoneRecord, 'file' | 'line'> | EntryProblem {
  const rest = [...tokens];
  if (!ownerOmitted) {
    const text = (rest.shift() as Token).text;
    const owner = name(text, cursor);
    if (owner === undefined) return nameProblem(text, cursor);
    cursor.owner = owner;
  }
  if (cursor.owner === undefined)
    return { message: 'the first record has no owner name before it to repeat' };
  let ttl: number | undefined;
  let classSeen = false;
  // TTL and class come in either order, each at most once, before the type.
  for (; rest.length > 0; rest.shift()) {
    const word = (rest[0] as Token).text;
    const asTtl = ttl === undefined ? parseTtl(word) : undefined;
    if (asTtl !== undefined) ttl = asTtl;
    else if (!classSeen && /^(IN|CH|HS|CS)$/i.test(word)) {
      if (word.toUpperCase() !== 'IN') return { message: `class ${word} is not served`, expected: 'IN' };
      classSeen = true;
    } else break;
  }
  const typeText = rest.shift()?.text;
  const type = typeText === undefined ? undefined : typeCode(typeText);
  if (type === undefined) {
    return {
      message: typeText === undefined ? 'the record has no type' : `unknown type ${typeText}`,
      hint: 'types: A AAAA CAA CNAME MX NS PTR SOA SRV TXT, or TYPEn with \\# data',
    };
  }
  const refused = REFUSED_TYPES.get(type);
  if (refused) return { message: `${typeText} records are not supported: ${refused}` };
  const rdata = parseRdata(type, rest, cursor.origin ?? '');
  if (typeof rdata === 'string') return { message: `${typeText} record: ${rdata}` };
  if (type === TYPES.SOA && ttl === undefined && cursor.defaultTtl === undefined) {
    ttl = parseTtl(rest[6]?.text ?? '');
  }
  if (ttl !== undefined && !cursor.defaultIsFromDirective) cursor.defaultTtl = ttl;
  const ttlSeconds = ttl ?? cursor.defaultTtl;
  if (ttlSeconds === undefined)
    return { message: 'the record has no TTL', hint: 'put `$TTL 300` at the top of the file' };
  return { owner: cursor.owner, type, ttlSeconds, rdata };
}

const REFUSED_TYPES = new Map<number, string>([
  [TYPES.DNAME, 'write the names out, or use a wildcard'],
  [TYPES.OPT, 'it is no data'],
  [TYPES.TKEY, 'it is no data'],
  [TYPES.TSIG, 'it is no data'],
  [TYPES.IXFR, 'it is a question only'],
  [TYPES.AXFR, 'it is a question only'],
  [CLASSES.ANY, 'it is a question only'],
]);

function name(text: string | undefined, cursor: Cursor): Name | undefined {
  if (text === undefined) return undefined;
  const parsed = parseName(text, cursor.origin ?? '');
  return parsed?.endsWith('\0') && parsed !== '' ? parsed : undefined;
}

function nameProblem(text: string, cursor: Cursor): EntryProblem {
  if (cursor.origin === undefined && !text.endsWith('.')) {
    return {
      message: `\`${text}\` is relative, but there is no $ORIGIN`,
      hint: 'put `$ORIGIN example.test.` at the top of the file',
    };
  }
  return { message: `\`${text}\` is not a domain name` };
}
