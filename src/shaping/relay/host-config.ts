// What the relay's host reads: its configuration, and the changes that come over its socket. Both come from outside
// the process, so every mistake is told with its place.

import { parseJsonConfig } from '../../base/json-config.ts';
import { z } from '../../base/schema.ts';
import { parseAddress } from '../../net/ip-address.ts';
import { MAX_LINKS } from './link-table.ts';
import type { RelayChange, RelayLink, Underlay } from './protocol.ts';
import { MAX_VNI } from './vxlan-header.ts';

const amount = z.number().check(z.gte(0));
const percent = z.number().check(z.gte(0), z.lte(100));
const name = z.string().check(z.minLength(1));
const ipv4 = z
  .string()
  .check(z.refine((text) => parseAddress(text)?.length === 4, 'not an IPv4 address of the underlay'));
const direction = z.enum(['aToB', 'bToA']);

const impairment = z.strictObject({
  delayMs: amount,
  jitterMs: z.optional(amount),
  lossPercent: z.optional(percent),
  duplicatePercent: z.optional(percent),
  reorderPercent: z.optional(percent),
  rateMbit: z.optional(amount),
  limitFrames: z.optional(z.int().check(z.gte(1))),
});

const end = z.union([
  z.strictObject({ interface: name }),
  z.strictObject({ vni: z.int().check(z.gte(1), z.lte(MAX_VNI)), address: ipv4 }),
]);

const links = z
  .array(
    z.strictObject({
      name,
      a: end,
      b: end,
      aToB: impairment,
      bToA: impairment,
      blackhole: z.optional(z.union([z.boolean(), direction])),
    }),
  )
  .check(z.maxLength(MAX_LINKS));

const config = z.strictObject({
  seed: z._default(z.int().check(z.gte(0)), 1),
  links,
  /** The relay's own address there; the port is 4789 unless told. */
  underlay: z.strictObject({
    address: ipv4,
    port: z.optional(z.int().check(z.gte(1), z.lte(65_535))),
    crossingUs: z.optional(amount),
  }),
  /** What starts the relay's main.ts; absent: this Node on the source. */
  relayCommand: z.optional(z.array(name).check(z.minLength(1))),
});

const change = z.strictObject({
  link: name,
  direction: z.optional(direction),
  impairment: z.optional(impairment),
  blackhole: z.optional(z.boolean()),
});
const changes = z.union([change, z.array(change)]);

const state = z.strictObject({ configuredAs: z.string(), links });

export interface RelayHostConfig {
  seed: number;
  links: RelayLink[];
  underlay: Underlay;
  relayCommand?: string[];
}

/** @throws UserError naming every problem with its path in the file. */
export function parseHostConfig(text: string, file: string): RelayHostConfig {
  return parseJsonConfig(config, text, file);
}

/** A change or several, always as a list. @throws UserError */
export function parseChanges(text: string): RelayChange[] {
  return [parseJsonConfig(changes, text, 'the change')].flat();
}

/** What was saved, and which configuration it was made from. @throws UserError */
export function parseHostState(text: string, file: string): { configuredAs: string; links: RelayLink[] } {
  return parseJsonConfig(state, text, file);
}
