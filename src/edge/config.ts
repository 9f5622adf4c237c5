// The edge's configuration: JSON, parsed once, all mistakes reported together.

import { parseJsonConfig } from '../base/json-config.ts';
import { z } from '../base/schema.ts';
import { nearestNames } from '../base/suggest.ts';
import { parseAddress } from '../net/ip-address.ts';

const address = z.string().check(z.refine((text) => parseAddress(text) !== undefined, 'not an IP address'));
const port = z.int().check(z.gte(0), z.lte(65535));
const endpoint = z.strictObject({ address, port });
const milliseconds = z.int().check(z.gte(1), z.lte(3_600_000));
const text = z.string().check(z.minLength(1));

const schema = z.strictObject({
  /** Where clients connect: anycast and unicast addresses, both families. Port 0 lets the system choose. */
  listen: z.array(endpoint).check(z.minLength(1)),
  /** Short name of the POP: X-POP, and `catchment-fra` in Cache-Status and Via. */
  pop: z
    .string()
    .check(z.regex(/^[a-z0-9][a-z0-9-]{0,30}$/, 'not a POP name (lower-case letters, digits, hyphens)')),
  origin: z.strictObject({
    /** Sent as Host. */
    host: text,
    address,
    port: port.check(z.gte(1)),
    /** Send the client's Host instead, and make it part of the cache key. */
    forwardHost: z._default(z.boolean(), false),
    connectTimeoutMs: z._default(milliseconds, 3000),
    headersTimeoutMs: z._default(milliseconds, 10_000),
    /** Between two pieces of the body. */
    bodyTimeoutMs: z._default(milliseconds, 30_000),
    connections: z._default(z.int().check(z.gte(1), z.lte(10_000)), 256),
  }),
  /** Address the origin sees: the POP's unicast one, since answers to an anycast one may go elsewhere. */
  sourceAddress: z.optional(address),
  /** Those of `listen` that other POPs have too: requests to them are counted apart, which shows the catchment. */
  anycast: z.optional(z.array(address)),
  cacheBytes: z._default(z.int().check(z.gte(65_536)), 67_108_864),
  /** While this file exists /healthz says 503; everything else is served on. */
  drainFile: z.optional(text),
  admin: z.optional(z.union([endpoint, z.strictObject({ path: text })])),
});

export type EdgeConfig = z.output<typeof schema>;
export type EdgeConfigInput = z.input<typeof schema>;

/** @throws UserError naming every problem with its path in the file. */
export function parseEdgeConfig(text: string, file: string): EdgeConfig {
  return parseJsonConfig(schema, text, file, (issue) =>
    issue.code === 'unrecognized_keys' ? unknownKeysHint(issue.keys, issue.path) : undefined,
  );
}

function unknownKeysHint(keys: string[], path: PropertyKey[]): string {
  const known = Object.keys(path[0] === 'origin' ? schema.shape.origin.shape : schema.shape);
  const near = keys.flatMap((key) => nearestNames(key, known, 1));
  return near.length > 0 ? `did you mean ${near.join(', ')}?` : `known keys: ${known.join(', ')}`;
}
