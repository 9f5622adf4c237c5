// The server's configuration: JSON or YAML, checked whole, all mistakes at once. Each room says what its own part looks like;
// what the parts mean together is checked here, and what the files that they name hold, when they are loaded.

import { type Problem, UserError } from '../base/errors.ts';
import { z } from '../base/schema.ts';
import { parseAddress } from '../net/ip-address.ts';
import { dnssecSchema } from './dnssec/dnssec-config.ts';
import { checksSchema, healthProblems, healthSchema, popHealthFields } from './health/health-config.ts';
import { httpsSchema, tcpSchema, tlsSchema } from './listen-config.ts';
import { policiesSchema, policyProblems, policyRefSchema } from './steering/policy-config.ts';
import type { SteeringInput } from './steering/steering-input.ts';
import { parseName } from './wire/name.ts';
import { zoneEntrySchema } from './zone/zone-config.ts';

const ipv4 = z.string().check(z.refine((text) => parseAddress(text)?.length === 4, 'not an IPv4 address'));
const ipv6 = z.string().check(z.refine((text) => parseAddress(text)?.length === 16, 'not an IPv6 address'));
const address = z.string().check(z.refine((text) => parseAddress(text) !== undefined, 'not an IP address'));
/** An address, or with a port `192.0.2.53:5353`, `[2001:db8::53]:5353`. */
const resolver = z
  .string()
  .check(z.refine((text) => parseAddress(withoutPort(text)) !== undefined, 'not an address of a resolver'));
const port = z.int().check(z.gte(0), z.lte(65535));
const socket = z.strictObject({ address, port });
const httpUrl = z.url({ protocol: /^http$/ });
const domainName = z.string().check(z.refine((text) => parseName(text) !== undefined, 'not a domain name'));
const seconds = z.number().check(z.positive(), z.lte(86400));
const ttl = z.int().check(z.gte(0), z.lte(604800));
const text = z.string().check(z.minLength(1));
const perSecond = z.number().check(z.positive());

const popSchema = z.strictObject({
  name: text,
  code: text,
  latitude: z.number().check(z.gte(-90), z.lte(90)),
  longitude: z.number().check(z.gte(-180), z.lte(180)),
  /** ISO 3166-1 alpha-2 and GeoLite2 continent code, for clients of whom only the country is known. */
  country: z.optional(z.string().check(z.length(2))),
  continent: z.optional(z.string().check(z.length(2))),
  ipv4: z.optional(ipv4),
  ipv6: z.optional(ipv6),
  /** Kilometres by which `nearest` takes it to be nearer. */
  biasKm: z.optional(z.number()),
  /** GET; the POP's measured RTTs. */
  rttUrl: z.optional(httpUrl),
  ...popHealthFields,
});

const addressPair = z.strictObject({ ipv4: z.optional(ipv4), ipv6: z.optional(ipv6) });

const ttlRange = z
  .strictObject({ min: ttl, max: ttl })
  .check(z.refine((range) => range.min <= range.max, { path: ['min'], message: 'min is more than max' }));

const ruleSchema = z.strictObject({
  name: domainName,
  policy: policyRefSchema,
  ttlSeconds: z.optional(ttl),
  /** Least and greatest, in between the time to the next possible change of health. */
  ttl: z.optional(ttlRange),
  whenAllDown: z.optional(z.enum(['all', 'nearest', 'none'])),
});

const rateLimitSchema = z.strictObject({
  responsesPerSecond: z._default(perSecond, 500),
  errorsPerSecond: z._default(perSecond, 100),
  windowSeconds: z._default(seconds, 5),
  slip: z._default(z.int().check(z.gte(0), z.lte(10)), 2),
  ipv4PrefixLength: z._default(z.int().check(z.gte(8), z.lte(32)), 24),
  ipv6PrefixLength: z._default(z.int().check(z.gte(16), z.lte(128)), 56),
});

const configSchema = z.strictObject({
  listen: z.array(socket).check(z.minLength(1)),
  tls: z.optional(tlsSchema),
  https: z.optional(httpsSchema),
  tcp: z.prefault(tcpSchema, {}),
  /** Threads that answer UDP, each with its own socket; 0: the main thread does; auto: one for each CPU. */
  workers: z._default(z.union([z.literal('auto'), z.int().check(z.gte(0), z.lte(64))]), 'auto'),
  /** Other processes may listen on the same ports. */
  sharePort: z._default(z.boolean(), false),
  /** recvmmsg and sendmmsg for the workers; `off` keeps to node:dgram. */
  batchedIo: z._default(z.enum(['auto', 'off']), 'auto'),
  nsid: z._default(z.string().check(z.maxLength(255)), ''),
  /** Answer to version.bind; hidden unless given. */
  version: z._default(z.string().check(z.maxLength(255)), ''),
  zones: z.array(zoneEntrySchema).check(z.minLength(1)),
  /** File of TSIG keys as tsig-keygen writes them. */
  tsigKeys: z.optional(text),
  geoip: z.optional(z.union([text, z.strictObject({ city: text, asn: z.optional(text) })])),
  pops: z._default(z.array(popSchema), []),
  anycast: z._default(addressPair, {}),
  policies: z._default(policiesSchema, {}),
  steering: z._default(z.array(ruleSchema), []),
  checks: z._default(checksSchema, {}),
  health: healthSchema,
  /** File of operators' overrides: `pop-fra => down`. */
  overrides: z.optional(text),
  rttPollSeconds: z._default(seconds, 5),
  sourceAddresses: z._default(addressPair, {}),
  /** Resolvers that are asked for ALIAS targets outside our zones. */
  aliasResolvers: z._default(z.array(resolver), []),
  /** The secret of DNS cookies in a file of 32 hexadecimal digits a line, the current one first; without it one is made up at each start. */
  cookies: z._default(z.union([z.literal(false), z.strictObject({ secretFile: z.optional(text) })]), {}),
  rateLimit: z.prefault(z.union([z.literal(false), rateLimitSchema]), {}),
  dnssec: z.optional(dnssecSchema),
  /** JSON lines; every `sample`-th query. */
  queryLog: z.optional(
    z.strictObject({
      file: text,
      sample: z._default(z.int().check(z.gte(1)), 1),
      wholeAddresses: z._default(z.boolean(), false),
    }),
  ),
  /** HTTP for operators: an address and port, or the path of a UNIX socket. */
  admin: z.optional(
    z.union([z.strictObject({ address, port, tokenFile: z.optional(text) }), z.strictObject({ path: text })]),
  ),
  /** UNIX socket by which a new process with this configuration takes over from the old one, without losing a query. */
  handover: z.optional(text),
});

export type DnsConfig = z.infer<typeof configSchema>;
export type PopConfig = DnsConfig['pops'][number];
export type RuleConfig = DnsConfig['steering'][number];

export const DEFAULT_TTL_SECONDS = 20;

/** A rule's bounds of TTL; `ttlSeconds` is both in one. */
export function ttlOf(rule: RuleConfig): { minSeconds: number; maxSeconds: number } {
  const fixed = rule.ttlSeconds ?? DEFAULT_TTL_SECONDS;
  return { minSeconds: rule.ttl?.min ?? fixed, maxSeconds: rule.ttl?.max ?? fixed };
}

/** The configuration of a file's text: JSON, or YAML (of which the parser is loaded only then). Throws UserError with every problem. */
export async function parseDnsConfig(text: string, file: string): Promise<DnsConfig> {
  if (!file.endsWith('.yaml') && !file.endsWith('.yml')) return checkConfig(parseJson(text, file), file);
  const { parseYaml } = await import('../base/yaml-source.ts');
  const source = parseYaml(text);
  if (source.problems.length > 0)
    throw new UserError(source.problems.map((problem) => ({ file, ...problem })));
  return checkConfig(source.value, file, source.lineOf);
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError({ file, message: `not JSON: ${(error as Error).message}`, hint: 'or name it .yaml' });
  }
}

function checkConfig(
  value: unknown,
  file: string,
  lineOf?: (path: readonly (string | number)[]) => number,
): DnsConfig {
  const parsed = configSchema.safeParse(value);
  if (!parsed.success) {
    throw new UserError(
      parsed.error.issues.map((issue) => ({
        file,
        ...(lineOf && { line: lineOf(issue.path as (string | number)[]) }),
        path: pathText(issue.path),
        message: issue.message,
      })),
    );
  }
  const problems = semanticProblems(parsed.data).map((problem) => ({
    file,
    ...(lineOf && problem.path && { line: lineOf(pathSteps(problem.path)) }),
    ...problem,
  }));
  if (problems.length > 0) throw new UserError(problems);
  return parsed.data;
}

function semanticProblems(config: DnsConfig): Problem[] {
  const problems: Problem[] = [];
  const popNames = config.pops.map((pop) => pop.name);
  for (const [i, name] of popNames.entries()) {
    if (popNames.indexOf(name) !== i)
      problems.push({ path: `pops[${i}].name`, message: `a second POP named ${name}` });
  }
  const owners = config.steering.map((rule) => parseName(rule.name));
  for (const [i, rule] of config.steering.entries()) {
    const path = `steering[${i}]`;
    if (owners.indexOf(owners[i]) !== i) problems.push({ path, message: `a second rule for ${rule.name}` });
    if (rule.ttl && rule.ttlSeconds !== undefined)
      problems.push({ path, message: 'both ttl and ttlSeconds', hint: 'keep one' });
  }
  const rules = config.steering.map(({ policy }, i) => ({ path: `steering[${i}].policy`, policy }));
  problems.push(...policyProblems({ ...steeringPartsOf(config), rules }), ...healthProblems(config));
  return problems;
}

/** What policies are checked and compiled against, addresses as bytes. */
export function steeringPartsOf(config: DnsConfig): Pick<SteeringInput, 'pops' | 'anycast' | 'policies'> {
  const pops = config.pops.map(
    ({ name, code, latitude, longitude, country, continent, biasKm, ...addresses }) => ({
      name,
      code,
      latitude,
      longitude,
      ...(country && { country }),
      ...(continent && { continent }),
      ...(biasKm !== undefined && { biasKm }),
      ...addressBytes(addresses),
    }),
  );
  return { pops, anycast: addressBytes(config.anycast), policies: config.policies };
}

function addressBytes(holder: { ipv4?: string; ipv6?: string }): { ipv4?: Uint8Array; ipv6?: Uint8Array } {
  const [four, six] = [holder.ipv4, holder.ipv6].map((text) => (text ? parseAddress(text) : undefined));
  return { ...(four && { ipv4: four }), ...(six && { ipv6: six }) };
}

function withoutPort(text: string): string {
  return /^\[(.+)\]:\d{1,5}$/.exec(text)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(text)?.[1] ?? text;
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`,
    '',
  );
}

/** `pops[2].name` as `['pops', 2, 'name']`. */
function pathSteps(path: string): (string | number)[] {
  return [...path.matchAll(/[^.[\]]+/g)].map(([step]) => (/^\d+$/.test(step) ? Number(step) : step));
}
