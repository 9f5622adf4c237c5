// The gateway's configuration: which services there are and where their sockets lie. JSON, parsed once, all mistakes
// reported together.

import { parseJsonConfig } from '../base/json-config.ts';
import { z } from '../base/schema.ts';

const text = z.string().check(z.minLength(1));

const configSchema = z.strictObject({
  /** Name of the lab: label `lab`. */
  lab: text,
  listen: z.strictObject({
    address: z.union([z.ipv4(), z.ipv6()]),
    /** 0 lets the system choose. */
    port: z.int().check(z.gte(0), z.lte(65535)),
  }),
  targets: z.array(
    z.strictObject({
      node: text,
      nodeKind: text,
      city: text,
      service: text,
      /** How it is asked: GET /metrics, BIRD's control socket, unbound's control socket. */
      kind: z.enum(['http', 'bird', 'unbound']),
      socket: text,
    }),
  ),
  /** Names of client networks, so that a dashboard can say Paris for 100.64.2.0/24. */
  clients: z._default(z.array(z.strictObject({ client: text, city: text, network: text })), []),
  /** A service that has not answered whole by then is down; below Prometheus' own timeout, so that it learns why. */
  timeoutMs: z._default(z.int().check(z.gte(10), z.lte(60_000)), 3000),
});

export type MetricsConfig = z.output<typeof configSchema>;
export type MetricsConfigInput = z.input<typeof configSchema>;
export type Target = MetricsConfig['targets'][number];

/** @throws UserError naming every problem with its path in the file. */
export function parseMetricsConfig(json: string, file: string): MetricsConfig {
  return parseJsonConfig(configSchema, json, file);
}
