// The server's configuration: JSON, checked whole, all mistakes at once. What it means beyond its shape (zone files that
// parse, steered names inside a zone) is checked by io/service when it loads.

import { z } from 'zod';
import { type Problem, UserError } from '../base/errors.ts';
import { nearestNames } from '../base/suggest.ts';
import { parseAddress } from '../net/ip-address.ts';
import { POLICY_NAMES, policyNamed } from './steering/policies.ts';
import { parseName } from './wire/name.ts';

const ipv4 = z.string().refine((text) => parseAddress(text)?.length === 4, 'not an IPv4 address');
const ipv6 = z.string().refine((text) => parseAddress(text)?.length === 16, 'not an IPv6 address');
const address = z.string().refine((text) => parseAddress(text) !== undefined, 'not an IP address');
const port = z.number().int().min(0).max(65535);
const socket = z.strictObject({ address, port });
const httpUrl = z.url({ protocol: /^http$/ });
const domainName = z.string().refine((text) => parseName(text) !== undefined, 'not a domain name');
const seconds = z.number().positive().max(86400);

const popSchema = z.strictObject({
  name: z.string().min(1),
  code: z.string().min(1),
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
  /** ISO 3166-1 alpha-2 and GeoLite2 continent code, for clients of whom only the country is known. */
  country: z.string().length(2).optional(),
  continent: z.string().length(2).optional(),
  ipv4: ipv4.optional(),
  ipv6: ipv6.optional(),
  /** GET; 200 within the timeout is healthy. Without it the POP always counts as up. */
  healthUrl: httpUrl.optional(),
  /** GET; the POP's measured RTTs. */
  rttUrl: httpUrl.optional(),
});

const configSchema = z.strictObject({
  listen: z.array(socket).min(1),
  nsid: z.string().max(255).default(''),
  zones: z.array(z.string().min(1)).min(1),
  geoip: z.string().min(1).optional(),
  pops: z.array(popSchema).default([]),
  anycast: z.strictObject({ ipv4: ipv4.optional(), ipv6: ipv6.optional() }).default({}),
  steering: z
    .array(
      z.strictObject({
        name: domainName,
        policy: z.string(),
        ttlSeconds: z.number().int().min(0).max(604800).default(20),
      }),
    )
    .default([]),
  health: z
    .strictObject({
      intervalSeconds: seconds.default(1),
      timeoutSeconds: seconds.default(1),
      rise: z.number().int().min(1).max(100).default(2),
      fall: z.number().int().min(1).max(100).default(3),
    })
    .default({ intervalSeconds: 1, timeoutSeconds: 1, rise: 2, fall: 3 }),
  rttPollSeconds: seconds.default(5),
  sourceAddresses: z.strictObject({ ipv4: ipv4.optional(), ipv6: ipv6.optional() }).default({}),
  /** HTTP for operators: an address and port, or the path of a UNIX socket. */
  admin: z.union([socket, z.strictObject({ path: z.string().min(1) })]).optional(),
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
