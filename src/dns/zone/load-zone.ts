// Records of one master file become a zone, if they make sense together: one SOA, nothing outside, no CNAME beside other
// data (RFC 1034 section 3.6.2, RFC 2181 section 10.1), and whatever zone-problems finds wrong with it. Warnings do not
// keep a zone from being served.

import type { Problem } from '../../base/errors.ts';
import { TYPES, typeName } from '../wire/constants.ts';
import { formatName, isAtOrBelow, type Name } from '../wire/name.ts';
import { flatten } from '../wire/rdata.ts';
import { type ParsedMasterFile, parseMasterFile, type ReadInclude, type ZoneRecord } from './master-file.ts';
import { type RecordPlaces, recordPlaces } from './record-places.ts';
import { addNode, negativeSoaOf, type Zone } from './zone.ts';
import { zoneProblems } from './zone-problems.ts';
import { zoneWarnings } from './zone-warnings.ts';

export { namesIn } from './zone.ts';

export type LoadedZone =
  | { zone: Zone; problems: []; warnings: Problem[] }
  | { zone?: undefined; problems: Problem[]; warnings: Problem[] };

/** The zone of a master file; the SOA's owner is its origin. With problems there is no zone. Never throws. */
export function loadZone(
  text: string,
  file: string,
  readInclude?: ReadInclude,
  /** Names that the configuration steers: they have addresses, though no record in the file says so. */
  steeredElsewhere: ReadonlySet<Name> = new Set(),
): LoadedZone {
  const parsed = parseMasterFile(text, file, { readInclude });
  const { records } = parsed;
  const problems = [...parsed.problems];
  const soa = records.find((record) => record.type === TYPES.SOA);
  if (!soa) {
    // A broken SOA line is reported already; say it only when there is none at all.
    const silent = problems.some((problem) => /SOA/.test(problem.message));
    return {
      problems: silent ? problems : [...problems, { file, message: 'the zone has no SOA record' }],
      warnings: [],
    };
  }
  for (const extra of records) {
    if (extra.type === TYPES.SOA && extra !== soa && !isSame(extra, soa)) {
      problems.push(at(extra, { message: 'a second SOA record', hint: 'one file holds one zone' }));
    }
  }
  const zone = emptyZone(soa, file);
  const warnings: Problem[] = [];
  for (const record of records) addRecord(zone, record, problems, warnings);
  addSteering(zone, parsed, problems);
  const apex = zone.nodes.get(zone.origin)?.rrsets.get(TYPES.SOA);
  if (apex) zone.negativeSoa = negativeSoaOf(zone.origin, apex);
  const places: RecordPlaces = recordPlaces(records);
  problems.push(...zoneProblems(zone, places, steeredElsewhere));
  if (problems.length > 0) return { problems, warnings };
  warnings.push(...zoneWarnings(zone, places, steeredElsewhere));
  return { zone, problems: [], warnings };
}

function emptyZone(soa: ZoneRecord, file: string): Zone {
  const rrset = { type: TYPES.SOA, ttlSeconds: soa.ttlSeconds, rdata: [soa.rdata] };
  const zone: Zone = {
    origin: soa.owner,
    file,
    nodes: new Map(),
    serial: soaSerial(soa),
    steering: new Map(),
    aliases: new Map(),
    negativeSoa: negativeSoaOf(soa.owner, rrset),
  };
  addNode(zone.nodes, zone.origin, zone.origin);
  return zone;
}

function addRecord(zone: Zone, record: ZoneRecord, problems: Problem[], warnings: Problem[]): void {
  if (!isAtOrBelow(record.owner, zone.origin)) {
    problems.push(outside(record, zone));
    return;
  }
  const rrsets = addNode(zone.nodes, zone.origin, record.owner).rrsets;
  const present = rrsets.get(record.type);
  if (!present) {
    rrsets.set(record.type, { type: record.type, ttlSeconds: record.ttlSeconds, rdata: [record.rdata] });
    return;
  }
  if (present.ttlSeconds !== record.ttlSeconds) {
    // Different TTLs in one RRset are an error of old files: the least is safe (RFC 2181 section 5.2).
    const least = Math.min(present.ttlSeconds, record.ttlSeconds);
    const what = `${formatName(record.owner)} ${typeName(record.type)}`;
    warnings.push(at(record, { message: `the records of ${what} differ in TTL: ${least} is taken for all` }));
    present.ttlSeconds = least;
  }
  if (record.type === TYPES.SOA) return;
  const bytes = flatten(record.rdata);
  if (present.rdata.some((rdata) => rdata === record.rdata || flatten(rdata).equals(bytes))) return;
  if (record.type === TYPES.CNAME) {
    problems.push(at(record, { message: `${formatName(record.owner)} has a second CNAME record` }));
  } else {
    rrsets.set(record.type, { ...present, rdata: [...present.rdata, record.rdata] });
  }
}

function addSteering(zone: Zone, parsed: ParsedMasterFile, problems: Problem[]): void {
  const add = <T extends { owner: Name; file: string; line: number }>(
    kind: string,
    records: readonly T[],
    into: Map<Name, Omit<T, 'owner'>>,
  ) => {
    for (const record of records) {
      const { owner, ...rest } = record;
      if (!isAtOrBelow(owner, zone.origin)) problems.push(outside(record, zone));
      else if (into.has(owner)) {
        const message = `${formatName(owner)} has a second ${kind} record`;
        problems.push(at(record, { message, hint: `the first is in line ${into.get(owner)?.line}` }));
      } else {
        addNode(zone.nodes, zone.origin, owner);
        into.set(owner, rest);
      }
    }
  };
  add('STEER', parsed.steering, zone.steering);
  add('ALIAS', parsed.aliases, zone.aliases);
}

function soaSerial(soa: ZoneRecord): number {
  const bytes = flatten(soa.rdata);
  return bytes.readUInt32BE(bytes.length - 20);
}

function isSame(a: ZoneRecord, b: ZoneRecord): boolean {
  return a.owner === b.owner && flatten(a.rdata).equals(flatten(b.rdata));
}

function outside(record: { owner: Name; file: string; line: number }, zone: Zone): Problem {
  return at(record, {
    message: `${formatName(record.owner)} is outside the zone ${formatName(zone.origin)}`,
  });
}

function at(record: { file: string; line: number }, problem: Omit<Problem, 'file' | 'line'>): Problem {
  return { file: record.file, line: record.line, ...problem };
}
