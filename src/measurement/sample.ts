// What one probe saw: a request as a browser makes it (resolve, connect, first byte, whole body), in numbers. Samples
// are written as JSON lines, one a request, and everything else here (comparison, fidelity, reports) is computed from
// them, so that a report can be made again from its folder.

import type { Family } from '../net/ip-address.ts';

export type { Family };

/** The ways to bring a user to a POP that are compared side by side. */
export const STEERING_STRATEGIES = ['dns-nearest', 'dns-latency', 'anycast'] as const;
export type SteeringStrategy = (typeof STEERING_STRATEGIES)[number];

/** `oracle`: every POP's unicast address is measured, which tells the best POP. */
export type Strategy = SteeringStrategy | 'oracle';

/**
 * `cold`: a name no resolver has cached and an object no edge has; `warm`: both asked before; `warm-up`: the request
 * that made them warm, used for fidelity only.
 */
export type Phase = 'warm-up' | 'warm' | 'cold';

export interface SampleError {
  /** How far the request came. */
  stage: 'resolve' | 'connect' | 'first-byte' | 'body';
  /** `timeout`, `reset`, `NXDOMAIN`, an errno name, or `status 503`. */
  reason: string;
}

export interface Sample {
  id: string;
  /** Client location; the campaign adds it, the probe does not know where it runs. */
  client: string;
  strategy: Strategy;
  phase: Phase;
  family: Family;
  /** When the request started, milliseconds since the epoch. */
  at: number;
  resolveMs?: number;
  connectMs?: number;
  /** From the start of the HTTP request to the first byte of its answer. */
  firstByteMs?: number;
  /** Resolution, connect and fetch to the last byte. */
  totalMs?: number;
  /** The address that was connected to. */
  address?: string;
  /** X-POP of the answer: a POP's code. */
  pop?: string;
  /** From Cache-Status (RFC 9211): what the cache nearest to the client did. */
  cache?: 'hit' | 'miss';
  status?: number;
  bytes?: number;
  error?: SampleError;
  /** Planned RTT of the path taken, out of the topology; added by `withPlannedRtt`. */
  plannedRttMs?: number;
}

/** Samples that ended well. */
export function succeeded(sample: Sample): boolean {
  return sample.error === undefined && sample.totalMs !== undefined;
}

/** Adds the planned RTT of the path each sample took; samples without a connect time or a POP stay as they are. */
export function withPlannedRtt(
  samples: readonly Sample[],
  plannedRttMs: (client: string, target: string) => number | undefined,
  popNameOf: (code: string) => string | undefined,
): Sample[] {
  return samples.map((sample) => {
    if (sample.connectMs === undefined || sample.pop === undefined) return sample;
    const target = sample.strategy === 'anycast' ? 'anycast' : popNameOf(sample.pop);
    const planned = target === undefined ? undefined : plannedRttMs(sample.client, target);
    return planned === undefined ? sample : { ...sample, plannedRttMs: planned };
  });
}

/** The cache's own word in a Cache-Status field (RFC 9211 section 2); the last member is the cache nearest to us. */
export function parseCacheStatus(field: string | undefined): 'hit' | 'miss' | undefined {
  const member = field?.split(',').at(-1);
  if (member === undefined) return undefined;
  const parameters = member
    .split(';')
    .slice(1)
    .map((parameter) => parameter.trim().toLowerCase());
  if (parameters.includes('hit') || parameters.includes('hit=?1')) return 'hit';
  return 'miss';
}
