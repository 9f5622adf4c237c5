// `trace` of the configuration: who may ask for explanations, and how many are remembered. An explanation shows keys,
// routes and upstreams, so it is for operators: addresses of the loopback unless told otherwise.

import { z } from '../base/schema.ts';
import { parseAddress } from '../net/ip-address.ts';
import { formatPrefix, parsePrefix, prefixContains } from '../net/prefix.ts';

const prefix = z
  .string()
  .check(z.refine((text) => parsePrefix(text) !== undefined, 'not a prefix (192.0.2.0/24)'));

export const traceSchema = z.prefault(
  z.strictObject({
    /** Clients whose `X-Catchment-Trace: 1` is answered. */
    allow: z._default(z.array(prefix), ['127.0.0.0/8', '::1/128']),
    /** Traces that can be read afterwards, under /traces/ID of the admin server. */
    keep: z._default(z.int().check(z.gte(0), z.lte(100_000)), 256),
    /** Besides those that were asked for: one request in so many; 0: none. */
    sample: z._default(z.int().check(z.gte(0)), 0),
  }),
  {},
);

export type TraceConfig = z.output<typeof traceSchema>;

/** Whether a client may see explanations; IPv4 in IPv6 counts as IPv4. */
export function traceGate(allow: readonly string[]): (clientAddress: string) => boolean {
  const prefixes = allow.map((text) => parsePrefix(text)).filter((each) => each !== undefined);
  return (clientAddress) => {
    const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(clientAddress);
    const bytes = parseAddress(mapped?.[1] ?? clientAddress);
    return bytes !== undefined && prefixes.some((each) => prefixContains(each, bytes));
  };
}

/** For warnings: prefixes that let everybody in. */
export function openPrefixes(allow: readonly string[]): string[] {
  return allow
    .map((text) => parsePrefix(text))
    .filter((each) => each !== undefined && each.length < 8)
    .map((each) => formatPrefix(each as NonNullable<typeof each>));
}
