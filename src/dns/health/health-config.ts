// The health part of the configuration: `checks` (what a healthy POP answers), `health` (how often, and how many results
// make a change), and what a POP says of itself. Parsed at the door into what the checks run on.

import type { Problem } from '../../base/errors.ts';
import { z } from '../../base/schema.ts';
import { nearestNames } from '../../base/suggest.ts';
import { parseAddress } from '../../net/ip-address.ts';
import { parseStatuses } from './expectation.ts';

const text = z.string().check(z.minLength(1));
const seconds = z.number().check(z.positive(), z.lte(86400));
const inARow = z.int().check(z.gte(1), z.lte(100));
const httpUrl = z.url({ protocol: /^https?$/ });
const status = z.union([z.int(), text]);
const path = z
  .string()
  .check(z.regex(/^\/[\x21-\x7e]*$/, 'not a request path: it starts with / and has no spaces'));
// A host goes into a header line and into the TLS handshake: nothing but what names and addresses consist of.
const host = z.string().check(z.regex(/^[A-Za-z0-9._:[\]-]+$/, 'not a host name'));

const tempo = {
  intervalSeconds: z.optional(seconds),
  /** Interval while a change is in the making (HAProxy's fastinter); the interval itself when left out. */
  fastIntervalSeconds: z.optional(seconds),
  timeoutSeconds: z.optional(seconds),
  rise: z.optional(inARow),
  fall: z.optional(inARow),
  ok: z.optional(inARow),
};

const checkSchema = z
  .strictObject({
    type: z.enum(['tcp', 'http', 'https']),
    port: z.optional(z.int().check(z.gte(1), z.lte(65535))),
    /** Which of a POP's addresses; IPv4 when it has both. */
    family: z.optional(z.enum(['ipv4', 'ipv6'])),
    path: z._default(path, '/'),
    /** Host header, and for https the name in the handshake and in the certificate. */
    host: z.optional(host),
    expectStatus: z._default(
      z
        .union([status, z.array(status)])
        .check(
          z.refine(
            (value) => parseStatuses(value) !== undefined,
            'not a status: 200, 2xx, 200-204, or a list',
          ),
        ),
      200,
    ),
    /** Text that the body must contain, or a pattern. */
    expectBody: z.optional(
      z.union([
        text,
        z.strictObject({
          regexp: text,
          flags: z._default(z.string().check(z.regex(/^[imsu]*$/, 'only i, m, s and u')), ''),
        }),
      ]),
    ),
    /** https: certificates to trust instead of the system's. */
    ca: z.optional(text),
    /** https: false takes any certificate. */
    verify: z._default(z.boolean(), true),
    ...tempo,
  })
  .check(
    z.refine((check) => check.type !== 'tcp' || check.port !== undefined, {
      path: ['port'],
      message: 'a tcp check needs a port',
    }),
    z.refine((check) => typeof check.expectBody !== 'object' || isRegExp(check.expectBody), {
      path: ['expectBody', 'regexp'],
      message: 'not a regular expression',
    }),
  );

export const checksSchema = z.record(text, checkSchema);

const flapSchema = z.strictObject({
  changes: z._default(z.int().check(z.gte(2), z.lte(100)), 6),
  windowSeconds: z._default(seconds, 120),
  holdSeconds: z._default(seconds, 10),
  maxHoldSeconds: z._default(seconds, 300),
});

const quorumSchema = z.strictObject({
  /** Where the other servers tell their view, such as http://192.0.2.2:8053/health-view. */
  servers: z.array(httpUrl).check(z.minLength(1), z.maxLength(64)),
  /** Servers that must see a POP down, this one included: a number, or a share below 1 of those heard (0.51: most). */
  atLeast: z._default(z.union([z.int().check(z.gte(1)), z.number().check(z.positive(), z.lt(1))]), 0.51),
  intervalSeconds: z._default(seconds, 1),
  timeoutSeconds: z._default(seconds, 1),
  /** After this long a view counts no more. */
  expireSeconds: z._default(seconds, 5),
  /** A file with the token that the other servers' admin ports ask for. */
  tokenFile: z.optional(text),
});

const sheddingSchema = z.strictObject({
  intervalSeconds: z._default(seconds, 2),
  timeoutSeconds: z._default(seconds, 1),
  /** How long until the load shows the effect of an answer: about a TTL. */
  settleSeconds: z._default(seconds, 20),
  /** A load older than this is no longer believed, and the shed fraction decays. */
  staleSeconds: z._default(seconds, 30),
});

export const healthSchema = z.prefault(
  z.strictObject({
    intervalSeconds: z._default(seconds, 1),
    fastIntervalSeconds: tempo.fastIntervalSeconds,
    timeoutSeconds: z._default(seconds, 1),
    rise: z._default(inARow, 2),
    fall: z._default(inARow, 3),
    ok: z._default(inARow, 1),
    /** Each interval is shortened by up to this share, by chance, so that servers do not check in step. */
    jitter: z._default(z.number().check(z.gte(0), z.lte(0.9)), 0.1),
    flap: z.prefault(z.union([z.literal(false), flapSchema]), {}),
    quorum: z.optional(quorumSchema),
    shedding: z.prefault(sheddingSchema, {}),
  }),
  {},
);

/** Fields of a POP, for the schema of POPs. */
export const popHealthFields = {
  /** Name of one of `checks`. */
  check: z.optional(text),
  /** Which address is checked, where it is not the one that clients get (an anycast address answers from anywhere). */
  checkAddress: z.optional(
    z.string().check(z.refine((value) => parseAddress(value) !== undefined, 'not an IP address')),
  ),
  /** Short for an http(s) check of this URL: 200 within the timeout is healthy. */
  healthUrl: z.optional(httpUrl),
  /** What the POP can bear, in the unit that its loadUrl tells. */
  capacity: z.optional(z.number().check(z.positive())),
  /** GET; {"load": number}. */
  loadUrl: z.optional(httpUrl),
};

export type CheckConfig = z.infer<typeof checkSchema>;
export type ChecksConfig = z.infer<typeof checksSchema>;
export type HealthConfig = z.infer<typeof healthSchema>;
export type QuorumConfig = z.infer<typeof quorumSchema>;
export type SheddingConfig = z.infer<typeof sheddingSchema>;

export interface HealthPop {
  name: string;
  ipv4?: string;
  ipv6?: string;
  check?: string;
  checkAddress?: string;
  healthUrl?: string;
  capacity?: number;
  loadUrl?: string;
}

/** What is wrong beyond the shape: names that lead nowhere, fields that contradict each other. */
export function healthProblems(config: { pops: readonly HealthPop[]; checks: ChecksConfig }): Problem[] {
  return config.pops.flatMap((pop, i) => {
    const problems: Problem[] = [];
    const path = `pops[${i}]`;
    const check = pop.check === undefined ? undefined : config.checks[pop.check];
    if (pop.check !== undefined && !check) {
      const near = nearestNames(pop.check, Object.keys(config.checks));
      problems.push({
        path: `${path}.check`,
        message: `no check ${pop.check}`,
        hint: near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'describe it under checks',
      });
    }
    if (check && addressToCheck(pop, check) === undefined) {
      const wanted = check.family ?? 'ipv4 or ipv6';
      problems.push({ path, message: `its check needs an address`, hint: `set ${wanted} or checkAddress` });
    }
    if (pop.check !== undefined && pop.healthUrl !== undefined)
      problems.push({ path, message: 'both check and healthUrl', hint: 'keep one' });
    if (pop.loadUrl !== undefined && pop.capacity === undefined)
      problems.push({
        path,
        message: 'loadUrl without capacity',
        hint: 'set capacity in the unit of the load',
      });
    return problems;
  });
}

export function addressToCheck(pop: HealthPop, check: CheckConfig): string | undefined {
  if (pop.checkAddress !== undefined) return pop.checkAddress;
  return check.family ? pop[check.family] : (pop.ipv4 ?? pop.ipv6);
}

function isRegExp({ regexp, flags }: { regexp: string; flags: string }): boolean {
  try {
    new RegExp(regexp, flags);
    return true;
  } catch {
    return false;
  }
}
