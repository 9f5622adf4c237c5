// The origin's configuration: JSON, parsed once, all mistakes reported together.

import { parseJsonConfig } from '../base/json-config.ts';
import { z } from '../base/schema.ts';
import { parseAddress } from '../net/ip-address.ts';
import { LATENCY_PROFILES } from './latency-profile.ts';

const endpoint = z.strictObject({
  address: z.string().check(z.refine((text) => parseAddress(text) !== undefined, 'not an IP address')),
  port: z.int().check(z.gte(0), z.lte(65535)),
});

const latencyMs = z.number().check(z.gte(0), z.lte(600_000));
const bands = z
  .array(z.strictObject({ upTo: z.number().check(z.gt(0), z.lte(1)), fromMs: latencyMs, toMs: latencyMs }))
  .check(
    z.minLength(1),
    z.refine(
      (list) => list.every((band, i) => band.fromMs <= band.toMs && band.upTo > (list[i - 1]?.upTo ?? 0)),
      'bands must rise: upTo from one to the next, fromMs to toMs',
    ),
  );

const schema = z.strictObject({
  listen: z.array(endpoint).check(z.minLength(1)),
  /** Content and latencies are made from it: the same seed, the same bytes. */
  seed: z._default(z.int().check(z.gte(0)), 1),
  /** A name, or bands: `[{"upTo": 0.9, "fromMs": 1, "toMs": 20}, {"upTo": 1, "fromMs": 100, "toMs": 300}]`. */
  latencyProfile: z._default(z.union([z.enum(LATENCY_PROFILES), bands]), 'none'),
  /** Faults, counters and metrics. */
  admin: z.optional(z.union([endpoint, z.strictObject({ path: z.string().check(z.minLength(1)) })])),
});

export type OriginConfig = z.output<typeof schema>;

/** @throws UserError naming every problem with its path in the file. */
export function parseOriginConfig(text: string, file: string): OriginConfig {
  return parseJsonConfig(schema, text, file, (issue) =>
    issue.code === 'unrecognized_keys' ? `known keys: ${Object.keys(schema.shape).join(', ')}` : undefined,
  );
}
