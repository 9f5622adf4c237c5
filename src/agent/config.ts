// The agent's configuration: its type, its defaults, and a parser that reports all errors at once.

import { z } from 'zod';
import { UserError } from '../base/errors.ts';

const port = z.int().min(1).max(65535);
const ipAddress = z.union([z.ipv4(), z.ipv6()]);

const httpCheck = z.strictObject({
  kind: z.literal('http'),
  /** One URL or several, which must all answer 200. */
  url: z.union([z.url(), z.array(z.url()).min(1)]),
});

const dnsCheck = z.strictObject({
  kind: z.literal('dns'),
  /** One address or several, which must all answer the SOA query with authority. */
  address: z.union([ipAddress, z.array(ipAddress).min(1)]),
  port: port.default(53),
  name: z.string().min(1).max(253),
});

const service = z.strictObject({
  name: z.string().min(1),
  check: z.discriminatedUnion('kind', [httpCheck, dnsCheck]),
  /** BIRD protocols that announce this service's prefixes. */
  protocols: z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a BIRD protocol name')).min(1),
});

const health = z.strictObject({
  intervalMs: z.int().min(10).default(250),
  timeoutMs: z.int().min(10).default(1000),
  rise: z.int().min(1).default(2),
  fall: z.int().min(1).default(3),
});

const agentConfig = z.strictObject({
  /** Code of the POP: `fra`. */
  pop: z.string().min(1),
  birdSocket: z.string().min(1),
  listen: z
    .array(
      z.union([z.strictObject({ address: ipAddress, port }), z.strictObject({ path: z.string().min(1) })]),
    )
    .min(1),
  /** Address that RTTs are measured from. */
  sourceAddress: ipAddress.optional(),
  services: z.array(service).min(1),
  /** While this file exists, nothing is announced. */
  drainFile: z.string().min(1).optional(),
  health: health.prefault({}),
  targets: z.array(z.strictObject({ prefix: z.string().min(1), address: ipAddress })).default([]),
  /** Closed port of the targets: its RST is the other half of the round trip. */
  targetPort: port.default(9),
  rttIntervalSeconds: z.number().positive().default(60),
  /** Samples per target and interval; the smallest of the latest ones counts. */
  rttSamples: z.int().min(1).max(20).default(3),
});

export type AgentConfig = z.output<typeof agentConfig>;
export type ServiceConfig = AgentConfig['services'][number];
export type CheckConfig = ServiceConfig['check'];

/** Throws a UserError with every problem, each with its path in the file. */
export function parseAgentConfig(text: string, file: string): AgentConfig {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new UserError({ message: `not JSON: ${(cause as Error).message}`, file }, 1, { cause });
  }
  const result = agentConfig.safeParse(value);
  if (result.success) return result.data;
  throw new UserError(
    result.error.issues.map((issue) => ({
      message: issue.message,
      file,
      path: issue.path.join('.') || undefined,
    })),
  );
}
