// The origin's configuration: JSON, parsed once, all mistakes reported together.

import { z } from 'zod';
import { UserError } from '../base/errors.ts';
import { parseAddress } from '../net/ip-address.ts';

const endpoint = z.strictObject({
  address: z.string().refine((text) => parseAddress(text) !== undefined, 'not an IP address'),
  port: z.int().min(0).max(65535),
});

const schema = z.strictObject({
  listen: z.array(endpoint).min(1),
  /** Content and latencies are made from it: the same seed, the same bytes. */
  seed: z.int().min(0).default(1),
  latencyProfile: z.enum(['none', 'cdn']).default('none'),
  /** Faults, counters and metrics. */
  admin: z.union([endpoint, z.strictObject({ path: z.string().min(1) })]).optional(),
});

export type OriginConfig = z.output<typeof schema>;

/** @throws UserError naming every problem with its path in the file. */
export function parseOriginConfig(text: string, file: string): OriginConfig {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UserError({ message: `not JSON: ${(error as Error).message}`, file });
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  throw new UserError(
    result.error.issues.map((issue) => ({
      message: issue.message,
      file,
      path: issue.path.join('.') || undefined,
      hint:
        issue.code === 'unrecognized_keys'
          ? `known keys: ${Object.keys(schema.shape).join(', ')}`
          : undefined,
    })),
  );
}
