// What the store asks of an eviction policy, and the list of them. A policy orders slot numbers; keys, bodies and bytes
// stay with the store, so the same code drives the live cache and the ghost caches that are compared with it.

import { createGdsf } from './gdsf.ts';
import { createLru } from './lru.ts';
import { createS3Fifo } from './s3-fifo.ts';
import { createSieve } from './sieve.ts';

export interface EvictionPolicy {
  /** A new object, after room was made for it; the slot was free. */
  add(slot: number): void;
  hit(slot: number): void;
  /** `bytesOf(slot)` has changed by this much. */
  resize(slot: number, differenceBytes: number): void;
  /** Leaves for another reason than eviction; called before `bytesOf(slot)` is cleared. */
  remove(slot: number): void;
  /** Chooses what goes next and forgets it; NO_SLOT when it holds nothing. */
  evict(): number;
  setCapacity(bytes: number): void;
}

export interface PolicyContext {
  capacityBytes: number;
  bytesOf(slot: number): number;
  /** 32 bits of the object's key. */
  hashOf(slot: number): number;
}

export const POLICY_NAMES = ['s3-fifo', 'gdsf', 'lru', 'sieve'] as const;
export type PolicyName = (typeof POLICY_NAMES)[number];

const POLICIES: Record<PolicyName, (context: PolicyContext) => EvictionPolicy> = {
  's3-fifo': createS3Fifo,
  gdsf: createGdsf,
  lru: createLru,
  sieve: createSieve,
};

export function createPolicy(name: PolicyName, context: PolicyContext): EvictionPolicy {
  return POLICIES[name](context);
}
