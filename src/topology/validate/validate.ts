// What a schema cannot say about a topology: one visible list of checks, each a sentence about the whole file. All run,
// whatever the others find.

import type { Finding } from '../finding.ts';
import type { ReadablePart } from '../readable-part.ts';
import type { ReferenceData } from '../reference-data.ts';
import { attachmentFindings } from './attachments.ts';
import { backboneFindings } from './backbones.ts';
import { cityFindings } from './cities.ts';
import { countFindings } from './counts.ts';
import { asnFindings, nameFindings } from './identities.ts';
import { interconnectFindings } from './interconnects.ts';
import { prefixFindings } from './prefixes.ts';
import { reachabilityFindings } from './reachability.ts';

type Check = (part: ReadablePart, data: ReferenceData) => Finding[];

const CHECKS: Check[] = [
  countFindings, // at least a transit, a POP and a client, and not more than there are addresses
  nameFindings, // no two nodes of one name
  asnFindings, // no two networks of one AS number
  cityFindings, // every city is in the gazetteer
  prefixFindings, // prefixes are prefixes, and no two overlap
  backboneFindings, // a transit's routers are connected by links between its own cities
  interconnectFindings, // interconnects join networks where they have routers
  attachmentFindings, // POPs, clients, servers and IXP members attach to networks that exist
  reachabilityFindings, // no cycle of providers, and every transit reaches every other without a valley
];

export function validate(part: ReadablePart, data: ReferenceData): Finding[] {
  return CHECKS.flatMap((check) => check(part, data));
}
