// Interconnects join two different networks that exist, where each has a router.

import type { Finding } from '../finding.ts';
import { popNodeName } from '../names.ts';
import type { ReadablePart } from '../readable-part.ts';
import { parseCityPair } from '../references.ts';
import { peerNames, referenceFindings } from './networks.ts';

export function interconnectFindings(part: ReadablePart): Finding[] {
  const findings: Finding[] = [];
  part.interconnects.forEach((interconnect, i) => {
    const path = ['interconnects', i];
    const [a, b] =
      'peers' in interconnect ? interconnect.peers : [interconnect.provider, interconnect.customer];
    if (a === b || (popOf(part, a) && popOf(part, b))) {
      findings.push({
        path,
        message: a === b ? `${a} is connected to itself` : `${a} and ${b} are one network`,
        expected: 'two different networks',
        hint: 'remove it',
      });
      return;
    }
    const choice = peerNames(part);
    const unknown = [a, b].flatMap((network) => referenceFindings(part, choice, network, undefined, path));
    findings.push(...unknown);
    if (unknown.length > 0) return;
    interconnect.at.forEach((text, j) => {
      const place = parseCityPair(text);
      findings.push(
        ...referenceFindings(part, choice, a, place.a, [...path, 'at', j]),
        ...referenceFindings(part, choice, b, place.b, [...path, 'at', j]),
      );
    });
  });
  return findings;
}

/** POPs share one AS number, and BGP between them would see a loop. */
function popOf({ declared }: ReadablePart, network: string): boolean {
  return declared.pops.some((code) => popNodeName(code) === network);
}
