// The query sets, and the file that dnsperf -B reads them from: messages as on TCP, each behind its length. dnsperf's
// own options can send one constant client subnet only, hence the file. Every server gets the same bytes.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EDNS_OPTIONS, TYPES } from '../../src/dns/wire/constants.ts';
import { encodeQuery, type QueryFields } from '../../src/dns/wire/query.ts';
import { type ClientNetwork, clientNetworks, NAME, ZONE } from './world.ts';

export interface QuerySet {
  name: string;
  queries: Buffer[];
  /** What dnsperf reads. */
  file: string;
}

export type QuerySetName = 'ecs' | 'plain' | 'cookie' | 'signed';

/** 10 000 client networks with their subnet options; no EDNS at all; networks with a client cookie; with the DO bit. */
export function makeQuerySets(scratch: string): Record<QuerySetName, QuerySet> {
  const ecs = ecsQueries({});
  return {
    ecs: querySet(scratch, 'ecs', ecs),
    plain: querySet(scratch, 'plain', [encodeQuery({ id: 0, name: NAME, type: TYPES.A })]),
    cookie: querySet(scratch, 'cookie', ecs.map(withClientCookie)),
    signed: querySet(scratch, 'signed', ecsQueries({ dnssecOk: true })),
  };
}

/** Each name once: names that do not exist, so that every answer needs signatures of its own. */
export function distinctNames(scratch: string, count: number): QuerySet {
  const queries = Array.from({ length: count }, (_, i) =>
    encodeQuery({ id: 0, name: `none-${i}.${ZONE}`, type: TYPES.A, edns: { dnssecOk: true } }),
  );
  return querySet(scratch, 'distinct', queries);
}

function ecsQueries(edns: NonNullable<QueryFields['edns']>): Buffer[] {
  return clientNetworks().map((network) => ecsQuery(network, edns));
}

/** A question for the name answered by place, of one network. */
export function ecsQuery(clientSubnet: ClientNetwork, edns: NonNullable<QueryFields['edns']> = {}): Buffer {
  return encodeQuery({ id: 0, name: NAME, type: TYPES.A, edns: { ...edns, clientSubnet } });
}

/** Appends a client cookie (RFC 7873 section 4) to the OPT record, which encodeQuery writes last. */
function withClientCookie(query: Buffer, i: number): Buffer {
  const option = Buffer.alloc(12);
  option.writeUInt16BE(EDNS_OPTIONS.COOKIE, 0);
  option.writeUInt16BE(8, 2);
  option.writeUInt32BE(0xc00c1e00, 4);
  option.writeUInt32BE(i, 8);
  const longer = Buffer.concat([query, option]);
  // RDLENGTH: before the one option there is, a subnet of /24 in 4 + 4 + 3 bytes.
  const at = query.length - 11 - 2;
  longer.writeUInt16BE(query.readUInt16BE(at) + option.length, at);
  return longer;
}

function querySet(scratch: string, name: string, queries: Buffer[]): QuerySet {
  const file = join(scratch, `${name}.queries`);
  const framed = queries.flatMap((query) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(query.length);
    return [length, query];
  });
  writeFileSync(file, Buffer.concat(framed));
  return { name, queries, file };
}
