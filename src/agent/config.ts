// The agent's configuration: its type, its defaults, and a parser that reports all errors at once.

import { parseJsonConfig } from '../base/json-config.ts';
import { z } from '../base/schema.ts';

const port = z.int().check(z.gte(1), z.lte(65535));
const text = z.string().check(z.minLength(1));
const ipAddress = z.union([z.ipv4(), z.ipv6()]);

const httpCheck = z.strictObject({
  kind: z.literal('http'),
  /** One URL or several, which must all answer 200. */
  url: z.union([z.url(), z.array(z.url()).check(z.minLength(1))]),
});

const dnsCheck = z.strictObject({
  kind: z.literal('dns'),
  /** One address or several, which must all answer the SOA query with authority. */
  address: z.union([ipAddress, z.array(ipAddress).check(z.minLength(1))]),
  port: z._default(port, 53),
  name: text.check(z.maxLength(253)),
});

const service = z.strictObject({
  name: text,
  check: z.discriminatedUnion('kind', [httpCheck, dnsCheck]),
  /** BIRD protocols that announce this service's prefixes. */
  protocols: z
    .array(z.string().check(z.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a BIRD protocol name')))
    .check(z.minLength(1)),
});

const health = z.strictObject({
  intervalMs: z._default(z.int().check(z.gte(10)), 250),
  timeoutMs: z._default(z.int().check(z.gte(10)), 1000),
  rise: z._default(z.int().check(z.gte(1)), 2),
  fall: z._default(z.int().check(z.gte(1)), 3),
});

const agentConfig = z.strictObject({
  /** Code of the POP: `fra`. */
  pop: text,
  birdSocket: text,
  listen: z
    .array(z.union([z.strictObject({ address: ipAddress, port }), z.strictObject({ path: text })]))
    .check(z.minLength(1)),
  /** Address that RTTs are measured from. */
  sourceAddress: z.optional(ipAddress),
  services: z.array(service).check(z.minLength(1)),
  /** While this file exists, nothing is announced. */
  drainFile: z.optional(text),
  health: z.prefault(health, {}),
  targets: z._default(z.array(z.strictObject({ prefix: text, address: ipAddress })), []),
  /** Closed port of the targets: its RST is the other half of the round trip. */
  targetPort: z._default(port, 9),
  rttIntervalSeconds: z._default(z.number().check(z.positive()), 60),
  /** Samples per target and interval; the smallest of the latest ones counts. */
  rttSamples: z._default(z.int().check(z.gte(1), z.lte(20)), 3),
});

export type AgentConfig = z.output<typeof agentConfig>;
export type ServiceConfig = AgentConfig['services'][number];
export type CheckConfig = ServiceConfig['check'];

/** Throws a UserError with every problem, each with its path in the file. */
export function parseAgentConfig(text: string, file: string): AgentConfig {
  return parseJsonConfig(agentConfig, text, file);
}
