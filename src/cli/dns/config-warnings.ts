// What is allowed in a configuration and most likely not meant: found by reading it alone. Pure; what the files that it
// names hold is looked at elsewhere.

import type { Problem } from '../../base/errors.ts';
import type { DnsConfig, PopConfig } from '../../dns/config.ts';
import { isLoopback } from '../../dns/io/admin-access.ts';

/** Clients of a dead POP wait for this long at most before it is worth a word. */
const LONG_TTL_SECONDS = 300;

/** A steered name of the configuration or of a zone file. */
export interface SteeredName {
  name: string;
  policy: unknown;
  ttl: { minSeconds: number; maxSeconds: number };
  /** Where the configuration has it. */
  path?: string;
}

export function configWarnings(config: DnsConfig, rules: readonly SteeredName[]): Problem[] {
  return [
    ...popWarnings(config, rules),
    ...rules.flatMap((rule) => ruleWarnings(config, rule)),
    ...unusedWarnings(config, rules),
    ...guardWarnings(config),
  ];
}

function popWarnings(config: DnsConfig, rules: readonly SteeredName[]): Problem[] {
  const used = usedPops(config, rules);
  const unchecked = config.pops
    .filter((pop) => used.has(pop.name) && !isChecked(pop))
    .map(({ name }) => name);
  const blind: Problem = {
    path: 'pops',
    message: `nothing checks ${unchecked.join(', ')}: clients are sent there even when it is down`,
    hint: 'give each POP a check (checks) or a healthUrl',
  };
  const each = config.pops.flatMap((pop, i) => {
    const path = `pops[${i}]`;
    const problems: Problem[] = [];
    if (!used.has(pop.name) && rules.length > 0) {
      problems.push({ path, message: `no policy sends anybody to ${pop.name}` });
    }
    if (pop.ipv4 === undefined && pop.ipv6 === undefined && used.has(pop.name)) {
      problems.push({ path, message: `${pop.name} has no address`, hint: 'set ipv4, ipv6 or both' });
    }
    const twin = config.pops.slice(0, i).find((other) => samePlace(other, pop));
    if (twin) {
      const message = `${pop.name} is in the same place as ${twin.name}: by distance the first always wins`;
      problems.push({ path, message, hint: 'weighted within nearest shares clients between them' });
    }
    return problems;
  });
  return unchecked.length > 0 ? [blind, ...each] : each;
}

function ruleWarnings(config: DnsConfig, rule: SteeredName): Problem[] {
  const problems: Problem[] = [];
  const facts = factsOf(config, rule.policy);
  const place = rule.path === undefined ? {} : { path: rule.path };
  const { minSeconds, maxSeconds } = rule.ttl;
  const checked = config.pops.filter((pop) => facts.pops.has(pop.name) && isChecked(pop));
  const interval = config.health.intervalSeconds;
  if (checked.length > 0 && maxSeconds < interval) {
    problems.push({
      ...place,
      message: `the TTL of ${rule.name}, ${maxSeconds} s, is shorter than the interval of checks, ${interval} s`,
      hint: 'resolvers ask more often than an answer can change: raise the TTL or check more often',
    });
  }
  if (checked.length > 0 && minSeconds > LONG_TTL_SECONDS) {
    problems.push({
      ...place,
      message: `clients of a dead POP stay with it for up to ${minSeconds} s, the TTL of ${rule.name}`,
      hint: 'a TTL of 20 to 60 s is usual for steered names',
    });
  }
  if (facts.words.has('geo') && config.geoip === undefined) {
    const message = `${rule.name} goes by place, and there is no GeoIP database: all clients are alike`;
    problems.push({ ...place, message, hint: 'set geoip' });
  }
  if (facts.words.has('asn') && !hasAsnDatabase(config)) {
    const message = `${rule.name} goes by AS number, which city databases do not have`;
    problems.push({ ...place, message, hint: 'geoip: {city: FILE, asn: FILE}' });
  }
  if (facts.words.has('latency') && !config.pops.some((pop) => pop.rttUrl !== undefined)) {
    const message = `${rule.name} goes by latency, and no POP has an rttUrl: it is the same as nearest`;
    problems.push({ ...place, message });
  }
  if (
    facts.words.has('capacity') &&
    !config.pops.some((pop) => pop.capacity !== undefined && pop.loadUrl !== undefined)
  ) {
    const message = `${rule.name} goes by capacity, and no POP has capacity and loadUrl: nothing is ever shed`;
    problems.push({ ...place, message });
  }
  return [...problems, ...familyWarnings(config, rule, facts.pops)];
}

/** Which of A and AAAA a steered name lacks, or has for some of its POPs only. */
function familyWarnings(config: DnsConfig, rule: SteeredName, names: ReadonlySet<string>): Problem[] {
  const place = rule.path === undefined ? {} : { path: rule.path };
  const pops = config.pops.filter((pop) => names.has(pop.name));
  if (pops.length === 0) return [];
  return (['ipv4', 'ipv6'] as const).flatMap((family): Problem[] => {
    const type = family === 'ipv4' ? 'A' : 'AAAA';
    const without = pops.filter((pop) => pop[family] === undefined).map((pop) => pop.name);
    if (without.length === 0) return [];
    if (without.length === pops.length) {
      return [
        {
          ...place,
          message: `${rule.name} has no ${type} records: none of its POPs has an ${family} address`,
        },
      ];
    }
    return [
      {
        ...place,
        message: `${rule.name} ${type} never leads to ${without.join(', ')}, without an ${family} address`,
      },
    ];
  });
}

function unusedWarnings(config: DnsConfig, rules: readonly SteeredName[]): Problem[] {
  const problems: Problem[] = [];
  const usedPolicies = new Set(rules.flatMap((rule) => [...factsOf(config, rule.policy).policies]));
  for (const name of Object.keys(config.policies)) {
    if (!usedPolicies.has(name))
      problems.push({ path: `policies.${name}`, message: `no rule uses the policy ${name}` });
  }
  for (const name of Object.keys(config.checks)) {
    if (!config.pops.some((pop) => pop.check === name))
      problems.push({ path: `checks.${name}`, message: `no POP uses the check ${name}` });
  }
  if (config.pops.length > 0 && rules.length === 0) {
    problems.push({ path: 'steering', message: 'there are POPs, and no name is steered' });
  }
  return problems;
}

function guardWarnings(config: DnsConfig): Problem[] {
  const problems: Problem[] = [];
  const open = config.listen.some(({ address }) => !isLoopback(address));
  if (open && config.rateLimit === false) {
    const message = 'without response rate limiting the server helps in floods against others';
    problems.push({ path: 'rateLimit', message });
  }
  if (config.health.quorum && typeof config.cookies === 'object' && config.cookies.secretFile === undefined) {
    problems.push({
      path: 'cookies',
      message:
        'several servers, each with a cookie secret of its own: a client that reaches another is taken for new',
      hint: 'cookies: {secretFile: FILE}, the same file on all',
    });
  }
  if (config.overrides === undefined && config.pops.length > 0) {
    const hint = 'overrides: overrides.txt';
    problems.push({
      path: 'overrides',
      message: 'without a file of overrides no POP can be drained by hand',
      hint,
    });
  }
  return problems;
}

function isChecked(pop: PopConfig): boolean {
  return pop.check !== undefined || pop.healthUrl !== undefined;
}

function samePlace(a: PopConfig, b: PopConfig): boolean {
  return a.latitude === b.latitude && a.longitude === b.longitude;
}

function hasAsnDatabase({ geoip }: DnsConfig): boolean {
  return typeof geoip === 'object' && geoip.asn !== undefined;
}

function usedPops(config: DnsConfig, rules: readonly SteeredName[]): ReadonlySet<string> {
  return new Set(rules.flatMap((rule) => [...factsOf(config, rule.policy).pops]));
}

interface PolicyFacts {
  /** POPs that it may lead to. */
  pops: Set<string>;
  /** Names of entries of `policies`. */
  policies: Set<string>;
  /** What it goes by. */
  words: Set<'geo' | 'asn' | 'latency' | 'capacity'>;
}

/** All that a policy mentions, itself or through others. Reads any shape: names are found wherever they stand. */
function factsOf(config: DnsConfig, policy: unknown): PolicyFacts {
  const facts: PolicyFacts = { pops: new Set(), policies: new Set(), words: new Set() };
  const everyPop = () => {
    for (const { name } of config.pops) facts.pops.add(name);
  };
  const word = (text: string) => {
    const name = text.replace(/^pop:/, '');
    if (config.pops.some((pop) => pop.name === name)) facts.pops.add(name);
    if (text === 'nearest' || text === 'latency') visit({ type: text });
    if (Object.hasOwn(config.policies, text) && !facts.policies.has(text)) {
      facts.policies.add(text);
      visit(config.policies[text]);
    }
    if (text.startsWith('asn:')) facts.words.add('asn');
  };
  const visit = (value: unknown): void => {
    if (typeof value === 'string') word(value);
    if (typeof value !== 'object' || value === null) return;
    if ('type' in value) {
      const { type } = value;
      // Without a list of POPs, or a policy to go on with, these mean all of them.
      if ((type === 'nearest' || type === 'latency') && !('pops' in value)) everyPop();
      if ((type === 'map' && !('otherwise' in value)) || (type === 'multivalue' && !('policy' in value)))
        everyPop();
      if (type === 'latency') facts.words.add('latency');
      if (type === 'capacity') facts.words.add('capacity');
      if (type === 'nearest' || type === 'map' || type === 'regional') facts.words.add('geo');
    }
    for (const [key, inner] of Object.entries(value)) {
      if (key === 'type') continue;
      if (!Array.isArray(value) && key !== 'biasKm') word(key);
      if (key !== 'biasKm') visit(inner);
    }
  };
  visit(policy);
  return facts;
}
