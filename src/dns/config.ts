// The server's configuration: JSON, checked whole, all mistakes at once. What it means beyond its shape (zone files that
// parse, steered names inside a zone) is checked by io/service when it loads.

import { type Problem, UserError } from '../base/errors.ts';
import { z } from '../base/schema.ts';
import { nearestNames } from '../base/suggest.ts';
import { parseAddress } from '../net/ip-address.ts';
import { POLICY_NAMES, policyNamed } from './steering/policies.ts';
import { parseName } from './wire/name.ts';

const ipv4 = z.string().check(z.refine((text) => parseAddress(text)?.length === 4, 'not an IPv4 address'));
const ipv6 = z.string().check(z.refine((text) => parseAddress(text)?.length === 16, 'not an IPv6 address'));
const address = z.string().check(z.refine((text) => parseAddress(text) !== undefined, 'not an IP address'));
const port = z.int().check(z.gte(0), z.lte(65535));
const socket = z.strictObject({ address, port });
const httpUrl = z.url({ protocol: /^http$/ });
const domainName = z.string().check(z.refine((text) => parseName(text) !== undefined, 'not a domain name'));
const seconds = z.number().check(z.positive(), z.lte(86400));
const text = z.string().check(z.minLength(1));

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
  /** GET; 200 within the timeout is healthy. Without it the POP always counts as up. */
  healthUrl: z.optional(httpUrl),
  /** GET; the POP's measured RTTs. */
  rttUrl: z.optional(httpUrl),
});

const addressPair = z.strictObject({ ipv4: z.optional(ipv4), ipv6: z.optional(ipv6) });

const steeringSchema = z.strictObject({
  name: domainName,
  policy: z.string(),
  ttlSeconds: z._default(z.int().check(z.gte(0), z.lte(604800)), 20),
});

const checksInARow = z.int().check(z.gte(1), z.lte(100));
const healthSchema = z.strictObject({
  intervalSeconds: z._default(seconds, 1),
  timeoutSeconds: z._default(seconds, 1),
  rise: z._default(checksInARow, 2),
  fall: z._default(checksInARow, 3),
});

const configSchema = z.strictObject({
  listen: z.array(socket).check(z.minLength(1)),
  nsid: z._default(z.string().check(z.maxLength(255)), ''),
  zones: z.array(text).check(z.minLength(1)),
  geoip: z.optional(text),
  pops: z._default(z.array(popSchema), []),
  anycast: z._default(addressPair, {}),
  steering: z._default(z.array(steeringSchema), []),
  health: z._default(healthSchema, { intervalSeconds: 1, timeoutSeconds: 1, rise: 2, fall: 3 }),
  rttPollSeconds: z._default(seconds, 5),
  sourceAddresses: z._default(addressPair, {}),
  /** HTTP for operators: an address and port, or the path of a UNIX socket. */
  admin: z.optional(z.union([socket, z.strictObject({ path: text })])),
});

export type DnsConfig = z.infer<typeof configSchema>;
export type PopConfig = DnsConfig['pops'][number];

/** Throws UserError with every problem of the file. */
export function parseDnsConfig(text: string, file: string): DnsConfig {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UserError({ file, message: `not JSON: ${(error as Error).message}` });
  }
  const parsed = configSchema.safeParse(json);
  if (!parsed.success) {
    throw new UserError(
      parsed.error.issues.map((issue) => ({ file, path: pathText(issue.path), message: issue.message })),
    );
  }
  const problems = semanticProblems(parsed.data).map((problem) => ({ file, ...problem }));
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
    if (!policyNamed(rule.policy, popNames)) {
      const words = [...POLICY_NAMES.slice(0, -1), ...popNames.map((name) => `pop:${name}`)];
      const near = nearestNames(rule.policy, words);
      problems.push({
        path: `${path}.policy`,
        message: `no policy ${rule.policy}`,
        expected: POLICY_NAMES.join(', '),
        ...(near.length > 0 && { hint: `did you mean ${near.join(' or ')}?` }),
      });
    } else if (rule.policy === 'anycast' && !config.anycast.ipv4 && !config.anycast.ipv6) {
      problems.push({
        path,
        message: 'policy anycast needs an address',
        hint: 'set anycast.ipv4 or anycast.ipv6',
      });
    } else if (rule.policy !== 'anycast' && popNames.length === 0) {
      problems.push({ path, message: `policy ${rule.policy} needs POPs`, hint: 'list them under pops' });
    }
  }
  return problems;
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`,
    '',
  );
}
