// Records of one master file become a zone, if they make sense together: one SOA, NS at the apex, nothing outside, no
// CNAME beside other data (RFC 1034 section 3.6.2, RFC 2181 section 10.1), glue where a delegation needs it.

import type { Problem } from '../../base/errors.ts';
import { TYPES, typeName } from '../wire/constants.ts';
import { formatName, isAtOrBelow, type Name, parentOf } from '../wire/name.ts';
import { flatten } from '../wire/rdata.ts';
import type { Rdata, RRset } from '../wire/record.ts';
import { parseMasterFile, type ReadInclude, type ZoneRecord } from './master-file.ts';
import { addNode, negativeSoaOf, type Zone, type ZoneNode } from './zone.ts';

/** The zone of a master file; the SOA's owner is its origin. With problems there is no zone. */
export function loadZone(
  text: string,
  file: string,
  readInclude?: ReadInclude,
): { zone: Zone; problems: [] } | { zone?: undefined; problems: Problem[] } {
  const { records, problems } = parseMasterFile(text, file, { readInclude });
  const soas = records.filter((record) => record.type === TYPES.SOA);
  const soa = soas[0];
  if (!soa) {
    // A broken SOA line is reported already; say it only when there is none at all.
    const silent = problems.some((problem) => /SOA/.test(problem.message));
    return { problems: silent ? problems : [...problems, { file, message: 'the zone has no SOA record' }] };
  }
  for (const extra of soas.slice(1)) {
    problems.push(at(extra, { message: 'a second SOA record', hint: 'one file holds one zone' }));
  }
  const origin = soa.owner;
  const nodes = new Map<Name, ZoneNode>();
  addNode(nodes, origin, origin);
  for (const record of records) {
    if (isAtOrBelow(record.owner, origin)) addRecord(nodes, origin, record, problems);
    else {
      problems.push(
        at(record, { message: `${formatName(record.owner)} is outside the zone ${formatName(origin)}` }),
      );
    }
  }
  checkNodes(nodes, origin, records, problems);
  const apex = nodes.get(origin)?.rrsets.get(TYPES.SOA);
  if (problems.length > 0 || !apex) return { problems };
  return { zone: { origin, file, nodes, negativeSoa: negativeSoaOf(origin, apex) }, problems: [] };
}

function addRecord(nodes: Map<Name, ZoneNode>, origin: Name, record: ZoneRecord, problems: Problem[]): void {
  const rrsets = addNode(nodes, origin, record.owner).rrsets;
  const present = rrsets.get(record.type);
  if (!present) {
    rrsets.set(record.type, { type: record.type, ttlSeconds: record.ttlSeconds, rdata: [record.rdata] });
    return;
  }
  if (record.type === TYPES.CNAME) {
    problems.push(at(record, { message: `${formatName(record.owner)} has a second CNAME record` }));
  } else if (!present.rdata.some((rdata) => flatten(rdata).equals(flatten(record.rdata)))) {
    // Different TTLs in one RRset are an error of old files: the least is safe (RFC 2181 section 5.2).
    const ttlSeconds = Math.min(present.ttlSeconds, record.ttlSeconds);
    rrsets.set(record.type, { type: record.type, ttlSeconds, rdata: [...present.rdata, record.rdata] });
  }
}

function checkNodes(
  nodes: Map<Name, ZoneNode>,
  origin: Name,
  records: readonly ZoneRecord[],
  problems: Problem[],
): void {
  const recordOf = (name: Name, type: number) =>
    records.find((record) => record.owner === name && record.type === type) as ZoneRecord;
  if (!nodes.get(origin)?.rrsets.has(TYPES.NS)) {
    problems.push(
      at(recordOf(origin, TYPES.SOA), { message: `the zone ${formatName(origin)} has no NS record` }),
    );
  }
  for (const [name, { rrsets }] of nodes) {
    if (rrsets.has(TYPES.CNAME) && rrsets.size > 1) {
      const others = [...rrsets.keys()].filter((type) => type !== TYPES.CNAME).map(typeName);
      const message = `${formatName(name)} has a CNAME beside ${others.join(', ')}`;
      problems.push(
        at(recordOf(name, TYPES.CNAME), { message, hint: 'an alias has no other data (RFC 1034 3.6.2)' }),
      );
    }
    const nameServers = rrsets.get(TYPES.NS);
    if (!nameServers) continue;
    if (name.startsWith('\x01*')) {
      problems.push(
        at(recordOf(name, TYPES.NS), { message: 'NS at a wildcard has no defined meaning (RFC 4592 4.2)' }),
      );
    }
    for (const host of namesIn(nameServers)) {
      // A name server inside the zone must have its address here: at the apex as data, below a cut as glue.
      const needed =
        name === origin
          ? isAtOrBelow(host, origin) && !cutAbove(nodes, origin, host)
          : isAtOrBelow(host, name);
      if (needed && !hasAddress(nodes, origin, host)) {
        const message = `the name server ${formatName(host)} has no address in this zone`;
        problems.push(
          at(recordOf(name, TYPES.NS), { message, hint: `add an A or AAAA record for ${formatName(host)}` }),
        );
      }
    }
  }
}

function cutAbove(nodes: Map<Name, ZoneNode>, origin: Name, name: Name): boolean {
  for (let above = name; above !== origin; above = parentOf(above)) {
    if (nodes.get(above)?.rrsets.has(TYPES.NS)) return true;
  }
  return false;
}

function hasAddress(nodes: Map<Name, ZoneNode>, origin: Name, host: Name): boolean {
  const rrsets = (nodes.get(host) ?? (host !== origin ? nodes.get(`\x01*${parentOf(host)}`) : undefined))
    ?.rrsets;
  return rrsets !== undefined && (rrsets.has(TYPES.A) || rrsets.has(TYPES.AAAA));
}

/** Targets of NS, MX, SRV and alike: the names in the RDATA. */
export function namesIn(rrset: RRset): Name[] {
  return rrset.rdata.flatMap((rdata: Rdata) => rdata.parts.filter((part) => typeof part === 'string'));
}

function at(record: ZoneRecord, problem: Omit<Problem, 'file' | 'line'>): Problem {
  return { file: record.file, line: record.line, ...problem };
}
