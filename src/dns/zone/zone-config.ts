// The configuration's `zones` entries: a file name, or a file with what is to be done with the zone besides answering
// (sign it, give it to secondaries, tell them of changes).

import { z } from '../../base/schema.ts';
import { parseAddress } from '../../net/ip-address.ts';
import { type Prefix, parsePrefix } from '../../net/prefix.ts';
import { type Name, parseName } from '../wire/name.ts';

const DNS_PORT = 53;

const text = z.string().check(z.minLength(1));
const port = z.int().check(z.gte(1), z.lte(65535));
const address = z.string().check(z.refine((value) => parseAddress(value) !== undefined, 'not an IP address'));
/** `192.0.2.0/24`, or one address. */
const peer = z
  .string()
  .check(
    z.refine(
      (value) => peerPrefix(value) !== undefined,
      'not an IP address or prefix (bits beyond its length must be zero)',
    ),
  );

const transferSchema = z.strictObject({
  /** Who may take a copy of the zone (AXFR, IXFR). Nobody by default. */
  allow: z._default(z.array(peer), []),
  /** Who is told when the zone has changed (NOTIFY), at port 53 unless given. */
  notify: z._default(z.array(z.union([address, z.strictObject({ address, port })])), []),
  /** Name of the TSIG key that a secondary must hold besides (RFC 8945). */
  tsigKey: z.optional(text),
});

/** One entry of `zones`. */
export const zoneEntrySchema = z.union(
  [
    text,
    z.strictObject({
      file: text,
      dnssec: z.optional(z.boolean()),
      transfer: z.optional(transferSchema),
    }),
  ],
  { error: 'expected a file name, or an object with `file`' },
);

export type ZoneEntry = z.infer<typeof zoneEntrySchema>;

export interface NotifyTarget {
  address: string;
  port: number;
}

export interface ZoneSettings {
  file: string;
  dnssec: boolean;
  allowTransfer: readonly Prefix[];
  notify: readonly NotifyTarget[];
  tsigKey?: Name;
}

/** A checked entry with its defaults, prefixes parsed. */
export function resolveZoneEntry(entry: ZoneEntry): ZoneSettings {
  if (typeof entry === 'string') return { file: entry, dnssec: false, allowTransfer: [], notify: [] };
  const tsigKey = entry.transfer?.tsigKey === undefined ? undefined : parseName(entry.transfer.tsigKey);
  return {
    ...(tsigKey !== undefined && { tsigKey }),
    file: entry.file,
    dnssec: entry.dnssec ?? false,
    allowTransfer: (entry.transfer?.allow ?? []).map((peerText) => peerPrefix(peerText) as Prefix),
    notify: (entry.transfer?.notify ?? []).map((target) =>
      typeof target === 'string' ? { address: target, port: DNS_PORT } : target,
    ),
  };
}

function peerPrefix(value: string): Prefix | undefined {
  const bytes = parseAddress(value);
  return bytes ? { bytes, length: 8 * bytes.length } : parsePrefix(value);
}
