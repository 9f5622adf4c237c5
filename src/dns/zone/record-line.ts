// One entry of a master file becomes a record (RFC 1035 section 5.1): owner or none, TTL and class in either order, type,
// data. What an entry may leave out (owner, TTL, origin) it takes from the entries before it, which the Cursor holds.

import type { Problem } from '../../base/errors.ts';
import { TYPES, typeCode } from '../wire/constants.ts';
import { type Name, parseName } from '../wire/name.ts';
import { parseRdata, parseTtl, type Token } from '../wire/rdata.ts';
import type { Rdata } from '../wire/record.ts';
import type { NamePool } from './name-pool.ts';
import {
  type AliasRecord,
  PSEUDO_TYPES,
  parseAlias,
  parseSteering,
  parseTtlRange,
  type SteeringRecord,
} from './steering-record.ts';

export interface Cursor {
  file: string;
  origin: Name | undefined;
  owner: Name | undefined;
  /** From $TTL, else the last explicit TTL (RFC 1035), else the SOA's. */
  defaultTtl: number | undefined;
  defaultIsFromDirective: boolean;
  /** Depth of $INCLUDE. */
  depth: number;
}

export type EntryProblem = Omit<Problem, 'file' | 'line'>;

export type ParsedRecord =
  | { kind: 'record'; owner: Name; type: number; ttlSeconds: number; rdata: Rdata }
  | ({ kind: 'steering'; owner: Name } & Omit<SteeringRecord, 'file' | 'line'>)
  | ({ kind: 'alias'; owner: Name } & Omit<AliasRecord, 'file' | 'line'>)
  | EntryProblem;

/** Moves the cursor on: the owner, and the default TTL where $TTL gave none. */
export function parseRecord(
  tokens: readonly Token[],
  ownerOmitted: boolean,
  cursor: Cursor,
  pool: NamePool,
): ParsedRecord {
  let next = 0;
  if (!ownerOmitted) {
    const text = (tokens[next++] as Token).text;
    const owner = pool.parse(text, cursor.origin);
    if (owner === undefined) return nameProblem(text, cursor);
    cursor.owner = owner;
  }
  const owner = cursor.owner;
  if (owner === undefined) return { message: 'the record has no owner name before it to repeat' };
  let ttl: { minSeconds: number; maxSeconds: number } | undefined;
  let classSeen = false;
  // TTL and class come in either order, each at most once, before the type.
  for (; next < tokens.length; next++) {
    const word = (tokens[next] as Token).text;
    const asTtl = ttl === undefined ? parseTtlRange(word) : undefined;
    if (typeof asTtl === 'string') return { message: asTtl };
    if (asTtl !== undefined) ttl = asTtl;
    else if (!classSeen && /^(IN|CH|HS|CS)$/i.test(word)) {
      if (word.toUpperCase() !== 'IN') return { message: `class ${word} is not served`, expected: 'IN' };
      classSeen = true;
    } else break;
  }
  const typeText = tokens[next++]?.text;
  const rest = tokens.slice(next);
  const pseudo = typeText?.toUpperCase() ?? '';
  if (ttl !== undefined && ttl.minSeconds < ttl.maxSeconds && pseudo !== 'STEER') {
    return { message: 'a TTL as MAX/MIN belongs to STEER records only' };
  }
  const origin = cursor.origin ?? '';
  if (PSEUDO_TYPES.has(pseudo)) {
    const maxSeconds = ttl?.maxSeconds ?? cursor.defaultTtl;
    if (maxSeconds === undefined) return NO_TTL;
    if (pseudo === 'STEER') {
      const steering = parseSteering(rest);
      if ('message' in steering) return steering;
      return { kind: 'steering', owner, ...steering, ttl: ttl ?? { minSeconds: maxSeconds, maxSeconds } };
    }
    const alias = parseAlias(rest, origin, owner);
    if ('message' in alias) return alias;
    return { kind: 'alias', owner, target: pool.share(alias.target), ttlSeconds: maxSeconds };
  }
  const type = typeText === undefined ? undefined : typeCode(typeText);
  if (type === undefined) {
    return {
      message: typeText === undefined ? 'the record has no type' : `unknown type ${typeText}`,
      hint: `types: ${COMMON_TYPES}, or TYPEn with \\# data`,
    };
  }
  const refused = refusal(type);
  if (refused) return { message: `${typeText} records are not supported: ${refused}` };
  const rdata = pool.rdata(type, rest, origin, () => parseRdata(type, rest, origin));
  if (typeof rdata === 'string') return { message: `${typeText} record: ${rdata}` };
  let ttlSeconds = ttl?.maxSeconds;
  if (type === TYPES.SOA && ttlSeconds === undefined && cursor.defaultTtl === undefined) {
    ttlSeconds = parseTtl(rest[6]?.text ?? '');
  }
  if (ttlSeconds !== undefined && !cursor.defaultIsFromDirective) cursor.defaultTtl = ttlSeconds;
  ttlSeconds ??= cursor.defaultTtl;
  if (ttlSeconds === undefined) return NO_TTL;
  return { kind: 'record', owner, type, ttlSeconds, rdata };
}

const COMMON_TYPES = 'A AAAA ALIAS CAA CNAME DS HTTPS MX NS PTR SOA SRV STEER SVCB TXT';

const NO_TTL: EntryProblem = {
  message: 'the record has no TTL',
  hint: 'put `$TTL 300` at the top of the file',
};

/** Types that a zone cannot hold here, and why. */
function refusal(type: number): string | undefined {
  if (type === TYPES.DNAME) return 'write the names out, or use a wildcard';
  if (SIGNATURE_TYPES.has(type)) return 'signatures and denials are made while answering; leave them out';
  // RFC 6895 section 3.1: 128 to 255 are questions and meta types; 41 is OPT.
  if (type === 0 || type === TYPES.OPT || (type >= 128 && type <= 255)) return 'it is no data';
  return undefined;
}

const SIGNATURE_TYPES: ReadonlySet<number> = new Set([
  TYPES.RRSIG,
  TYPES.NSEC,
  TYPES.NSEC3,
  TYPES.NSEC3PARAM,
]);

/** The name of an argument of a directive; undefined when it is none, or is relative to nothing. */
export function directiveName(text: string | undefined, origin: Name | undefined): Name | undefined {
  const parsed = text === undefined ? undefined : parseName(text, origin ?? '');
  return parsed?.endsWith('\0') ? parsed : undefined;
}

function nameProblem(text: string, cursor: Cursor): EntryProblem {
  if (cursor.origin === undefined && !text.endsWith('.')) {
    return {
      message: `\`${text}\` is relative, but there is no $ORIGIN`,
      hint: 'put `$ORIGIN example.test.` at the top of the file',
    };
  }
  const beyondAscii = /[^\0-\x7e]/.test(text);
  return {
    message: `\`${text}\` is not a domain name`,
    ...(beyondAscii && { hint: 'write names beyond ASCII in their xn-- form (RFC 5890)' }),
  };
}
