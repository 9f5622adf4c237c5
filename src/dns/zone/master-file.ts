// Master files (RFC 1035 section 5) become records: $ORIGIN, $TTL (RFC 2308 section 4), $INCLUDE, BIND's $GENERATE, `@`,
// omitted owners, and the steering records of our own. All mistakes of a file are reported at once, each with its line.

import type { Problem } from '../../base/errors.ts';
import type { Name } from '../wire/name.ts';
import { parseTtl, type Token } from '../wire/rdata.ts';
import type { Rdata } from '../wire/record.ts';
import { generate } from './generate.ts';
import { NamePool } from './name-pool.ts';
import { type Cursor, directiveName, type EntryProblem, parseRecord } from './record-line.ts';
import type { AliasRecord, SteeringRecord } from './steering-record.ts';
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
  steering: (SteeringRecord & { owner: Name })[];
  aliases: (AliasRecord & { owner: Name })[];
  problems: Problem[];
}

/** Gives the text of an included file and the name to report it under; undefined when it cannot be read. */
export type ReadInclude = (path: string, from: string) => { text: string; file: string } | undefined;

const MAX_INCLUDE_DEPTH = 8; // a file that includes itself must end
/** A file that includes itself twice would make 2^8 copies; nobody has this many includes by hand. */
const MAX_INCLUDES = 1000;

interface Parser {
  result: ParsedMasterFile;
  pool: NamePool;
  readInclude: ReadInclude | undefined;
  includes: number;
}

/** `origin` applies until the first $ORIGIN; without either, names must end in a dot. Never throws. */
export function parseMasterFile(
  text: string,
  file: string,
  options: { origin?: Name; readInclude?: ReadInclude } = {},
): ParsedMasterFile {
  const parser: Parser = {
    result: { records: [], steering: [], aliases: [], problems: [] },
    pool: new NamePool(),
    readInclude: options.readInclude,
    includes: 0,
  };
  parseInto(parser, text, {
    file,
    origin: options.origin,
    owner: undefined,
    defaultTtl: undefined,
    defaultIsFromDirective: false,
    depth: 0,
  });
  return parser.result;
}

function parseInto(parser: Parser, text: string, cursor: Cursor): void {
  const { entries, problems } = tokenize(text.startsWith('\ufeff') ? text.slice(1) : text);
  const all = parser.result.problems;
  // Problems of words and of records come in the order of lines, wherever they were noticed.
  let reported = 0;
  const reportWords = (before: number) => {
    for (; (problems[reported]?.line ?? Infinity) < before; reported++) {
      all.push({
        file: cursor.file,
        line: problems[reported]?.line,
        message: problems[reported]?.message ?? '',
      });
    }
  };
  for (const entry of entries) {
    reportWords(entry.line);
    const first = entry.tokens[0];
    const isDirective = first && !first.quoted && first.text.startsWith('$') && !entry.ownerOmitted;
    const problem = isDirective
      ? applyDirective(parser, entry.tokens, entry.line, cursor)
      : addEntry(parser, entry.tokens, entry.ownerOmitted, entry.line, cursor);
    if (problem) all.push({ file: cursor.file, line: entry.line, ...problem });
  }
  reportWords(Infinity);
}

function addEntry(
  { result, pool }: Parser,
  tokens: readonly Token[],
  ownerOmitted: boolean,
  line: number,
  cursor: Cursor,
): EntryProblem | undefined {
  const parsed = parseRecord(tokens, ownerOmitted, cursor, pool);
  if (!('kind' in parsed)) return parsed;
  const { kind, ...record } = parsed;
  const placed = { ...record, file: cursor.file, line };
  if (kind === 'record') result.records.push(placed as ZoneRecord);
  else if (kind === 'steering') result.steering.push(placed as ParsedMasterFile['steering'][number]);
  else result.aliases.push(placed as ParsedMasterFile['aliases'][number]);
  return undefined;
}

function applyDirective(
  parser: Parser,
  tokens: readonly Token[],
  line: number,
  cursor: Cursor,
): EntryProblem | undefined {
  const [directive, argument, second] = tokens.map((token) => token.text);
  const tooMany = (most: number) =>
    tokens.length > most ? { message: `too many words behind ${directive}` } : undefined;
  switch (directive?.toUpperCase()) {
    case '$ORIGIN': {
      const origin = directiveName(argument, cursor.origin);
      if (origin === undefined) return { message: '$ORIGIN needs a domain name', found: argument };
      cursor.origin = parser.pool.share(origin);
      return tooMany(2);
    }
    case '$TTL': {
      const ttl = parseTtl(argument ?? '');
      if (ttl === undefined) return { message: '$TTL needs a time', expected: '3600 or 1h', found: argument };
      cursor.defaultTtl = ttl;
      cursor.defaultIsFromDirective = true;
      return tooMany(2);
    }
    case '$INCLUDE':
      return include(parser, argument, second, cursor) ?? tooMany(3);
    case '$GENERATE': {
      const generated = generate(tokens.slice(1));
      if (typeof generated === 'string') return { message: generated };
      for (const entry of generated) {
        // One mistake in the template is a mistake in each record: say it once.
        const problem = addEntry(parser, entry, false, line, cursor);
        if (problem) return { ...problem, message: `$GENERATE: ${problem.message}` };
      }
      return undefined;
    }
    default:
      return { message: `unknown directive ${directive}`, expected: '$ORIGIN, $TTL, $INCLUDE or $GENERATE' };
  }
}

function include(
  parser: Parser,
  path: string | undefined,
  originText: string | undefined,
  cursor: Cursor,
): EntryProblem | undefined {
  if (path === undefined) return { message: '$INCLUDE needs the name of a file' };
  if (cursor.depth >= MAX_INCLUDE_DEPTH)
    return { message: `$INCLUDE is nested more than ${MAX_INCLUDE_DEPTH} deep` };
  if (++parser.includes > MAX_INCLUDES) return { message: `more than ${MAX_INCLUDES} files are included` };
  const origin = originText === undefined ? cursor.origin : directiveName(originText, cursor.origin);
  if (originText !== undefined && origin === undefined) {
    return { message: `$INCLUDE: \`${originText}\` is not a domain name` };
  }
  const included = parser.readInclude?.(path, cursor.file);
  if (!included) return { message: `$INCLUDE cannot read ${path}` };
  // Origin and owner of the including file are as before afterwards (RFC 1035 section 5.1); a $TTL stays, as with BIND.
  const inner = { ...cursor, file: included.file, origin, depth: cursor.depth + 1 };
  parseInto(parser, included.text, inner);
  cursor.defaultTtl = inner.defaultTtl;
  cursor.defaultIsFromDirective = inner.defaultIsFromDirective;
  return undefined;
}
