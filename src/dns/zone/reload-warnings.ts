// What a reload should not do to a zone: secondaries look at the serial alone (RFC 1034 section 4.3.5), so a change that
// does not raise it never reaches them.

import type { Problem } from '../../base/errors.ts';
import { formatName, type Name } from '../wire/name.ts';
import { flatten } from '../wire/rdata.ts';
import type { RRset } from '../wire/record.ts';
import { isNewerSerial } from './serial.ts';
import type { Zone } from './zone.ts';

/** Warnings about the zones that were loaded before too. Never keeps a zone from being served. */
export function reloadWarnings(before: ReadonlyMap<Name, Zone>, after: ReadonlyMap<Name, Zone>): Problem[] {
  const warnings: Problem[] = [];
  for (const zone of after.values()) {
    const old = before.get(zone.origin);
    if (!old || isNewerSerial(zone.serial, old.serial)) continue;
    const what = `the zone ${formatName(zone.origin)}`;
    const hint = `set the serial of its SOA to ${(old.serial + 1) >>> 0} or more`;
    if (zone.serial !== old.serial) {
      const message = `${what} has gone back from serial ${old.serial} to ${zone.serial}: secondaries keep the old one`;
      warnings.push({ file: zone.file, message, hint });
    } else if (!hasSameContent(zone, old)) {
      const message = `${what} has changed, but its serial is ${zone.serial} still: secondaries do not notice`;
      warnings.push({ file: zone.file, message, hint });
    }
  }
  return warnings;
}

function hasSameContent(a: Zone, b: Zone): boolean {
  if (a.nodes.size !== b.nodes.size) return false;
  for (const [name, node] of a.nodes) {
    const other = b.nodes.get(name);
    if (!other || other.rrsets.size !== node.rrsets.size) return false;
    for (const [type, rrset] of node.rrsets) {
      const otherSet = other.rrsets.get(type);
      if (!otherSet || rrsetText(rrset) !== rrsetText(otherSet)) return false;
    }
  }
  return steeringText(a) === steeringText(b);
}

/** Equal for equal RRsets, whatever the order of their records. */
function rrsetText({ ttlSeconds, rdata }: RRset): string {
  return `${ttlSeconds} ${rdata
    .map((each) => flatten(each).toString('hex'))
    .sort()
    .join(' ')}`;
}

function steeringText({ steering, aliases }: Zone): string {
  const lines: string[] = [];
  for (const [name, { policy, ttl, whenAllDown = '' }] of steering) {
    lines.push(`${name} ${policy} ${ttl.minSeconds} ${ttl.maxSeconds} ${whenAllDown}`);
  }
  for (const [name, { target, ttlSeconds }] of aliases) lines.push(`${name} ${target} ${ttlSeconds}`);
  return lines.sort().join('\n');
}
