// Prefixes that the file names must be prefixes, big enough, and apart from one another and from the lab's own plan:
// an overlap would send one network's packets to another.

import type { ValuePath } from '../../base/yaml-source.ts';
import { formatAddress, parseAddress } from '../../net/ip-address.ts';
import { maskBytes, type Prefix, parsePrefix, prefixesOverlap } from '../../net/prefix.ts';
import {
  ANYCAST_DNS_PREFIX,
  ANYCAST_HTTP_PREFIX,
  clientPrefix,
  INFRASTRUCTURE,
  ORIGIN_PREFIX,
  PUBLIC_RESOLVER_PREFIX,
  popPrefix,
  ROOT_PREFIX,
  resolverSitePrefix,
} from '../addressing.ts';
import type { Finding } from '../finding.ts';
import type { ReadablePart } from '../readable-part.ts';
import type { DualStack } from '../resolved.ts';

type FamilyKey = 'ipv4' | 'ipv6';

interface Claim {
  /** Whose it is, in words. */
  owner: string;
  /** Where the file says so; the lab's own plan has none. */
  path: ValuePath;
  stated: boolean;
  family: FamilyKey;
  text: string;
  /** Longest length that leaves room for the hosts in it. */
  maxLength: number;
}

/** Room for the host numbers of addressing.ts: up to 53 (IPv4) and ::53 (IPv6) for clients, 3 for sites. */
const CLIENT_LENGTHS = { ipv4: 26, ipv6: 121 };
const SITE_LENGTHS = { ipv4: 29, ipv6: 125 };

export function prefixFindings(part: ReadablePart): Finding[] {
  const claims = claimsOf(part);
  const parsed: (Claim & { prefix: Prefix })[] = [];
  const findings: Finding[] = [];
  for (const claim of claims) {
    const prefix = parsePrefix(claim.text);
    const problem = formProblem(claim, prefix);
    if (problem) findings.push({ path: claim.path, found: claim.text, ...problem });
    else if (prefix) parsed.push({ ...claim, prefix });
  }
  parsed.forEach((claim, i) => {
    if (!claim.stated) return;
    const other = parsed.find(
      ({ prefix, stated }, j) => j !== i && (j < i || !stated) && prefixesOverlap(prefix, claim.prefix),
    );
    if (!other) return;
    findings.push({
      path: claim.path,
      message: `overlapping prefixes: ${claim.owner} and ${other.owner}`,
      expected: `a prefix apart from ${other.text}`,
      found: claim.text,
      hint: "leave it out to get one of the lab's own, or choose another",
    });
  });
  return findings;
}

function formProblem(
  { family, maxLength, text }: Claim,
  prefix: Prefix | undefined,
): Omit<Finding, 'path'> | undefined {
  const example = family === 'ipv4' ? '192.0.2.0/24' : '2001:db8:1234::/48';
  if (!prefix) {
    return {
      message: 'not a prefix',
      expected: `network/length, with no bits set beyond the length: ${example}`,
      hint: masked(text) ?? `for example \`${family}: ${example}\``,
    };
  }
  if ((prefix.bytes.length === 4 ? 'ipv4' : 'ipv6') !== family) {
    return {
      message: 'wrong address family',
      expected: `an IPv${family.slice(-1)} prefix: ${example}`,
      hint: 'write it under the other family',
    };
  }
  if (prefix.length > maxLength)
    return {
      message: 'prefix too small',
      expected: `/${maxLength} or shorter`,
      hint: "choose a shorter one, or leave it out to get one of the lab's own",
    };
  return undefined;
}

/** What is meant by an address with a length but with bits set beyond it. */
function masked(text: string): string | undefined {
  const [address = '', length] = text.split('/');
  const bytes = parseAddress(address);
  if (!bytes || !length || !/^\d+$/.test(length)) return undefined;
  const prefix = `${formatAddress(maskBytes(bytes, Number(length)))}/${length}`;
  return parsePrefix(prefix) && `did you mean ${prefix}?`;
}

function claimsOf(part: ReadablePart): Claim[] {
  const claims: Claim[] = [];
  const claim = (
    owner: string,
    path: ValuePath,
    plan: DualStack,
    stated: Partial<DualStack> = {},
    limits = SITE_LENGTHS,
  ) => {
    for (const family of ['ipv4', 'ipv6'] as const) {
      const text = stated[family];
      claims.push({
        owner,
        path: text === undefined ? path : [...path, family],
        stated: text !== undefined,
        family,
        text: text ?? plan[family],
        maxLength: text === undefined ? 128 : limits[family],
      });
    }
  };
  claim("the lab's links and loopbacks", [], INFRASTRUCTURE);
  claim('the anycast HTTP prefix', ['cdn', 'anycast', 'http'], ANYCAST_HTTP_PREFIX, part.cdn?.anycast?.http);
  claim('the anycast DNS prefix', ['cdn', 'anycast', 'dns'], ANYCAST_DNS_PREFIX, part.cdn?.anycast?.dns);
  claim('the origin', ['origin', 'prefix'], ORIGIN_PREFIX, part.origin?.prefix);
  claim('the root', ['root', 'prefix'], ROOT_PREFIX, part.root?.prefix);
  part.declared.pops.forEach((code, i) => {
    claim(`the POP ${code}`, ['pops', code, 'prefix'], popPrefix(i), part.pops[code]?.prefix);
  });
  part.declared.clients.forEach((name, i) => {
    const path = ['clients', name, 'prefix'];
    claim(
      `the client location ${name}`,
      path,
      clientPrefix(i + 1),
      part.clients[name]?.prefix,
      CLIENT_LENGTHS,
    );
  });
  if (part.declared.sites.length > 0) claim('the public resolver', [], PUBLIC_RESOLVER_PREFIX);
  part.declared.sites.forEach((code, i) => {
    claim(`the public resolver's site ${code}`, [], resolverSitePrefix(i));
  });
  return claims;
}
