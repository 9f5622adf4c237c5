// Which ways a request may take, best first: the peer of the POP that owns its key, a parent (origin shield), the origin.
// Each way left out says why, for the trace. No way leads back to an edge the request has been at.

import type { Tier, UpstreamRequest } from '../upstream.ts';
import { hasLooped, passedAmong } from './cdn-loop.ts';
import type { Group } from './group.ts';
import type { Member } from './member.ts';
import { pseudonymOf } from './upstream-config.ts';

export interface Tiers {
  /** Name of this edge. */
  self: string;
  pop: string;
  peers?: Group;
  shield?: { group: Group; everyRoute: boolean };
  origin: Group;
}

export interface Stage {
  tier: Tier;
  group: Group;
  allowed(member: Member): boolean;
}

export interface TierPlan {
  stages: Stage[];
  /** Why a tier was left out. */
  notes: string[];
}

export function planTiers(request: UpstreamRequest, tiers: Tiers): TierPlan {
  const stages: Stage[] = [];
  const notes: string[] = [];
  const { peers, shield, self, pop } = tiers;
  if (peers) {
    const others = peers.members.filter(({ name }) => name !== self).map(({ name }) => pseudonymOf(name));
    const from = passedAmong(request.fields, others);
    if (from) notes.push(`came from the peer ${from}`);
    else stages.push({ tier: 'peer', group: peers, allowed: () => true });
  }
  if (shield && request.shield !== false && (shield.everyRoute || request.shield !== undefined)) {
    const parents = shield.group.members.filter(
      ({ spec }) => request.shield === undefined || spec.pop === request.shield,
    );
    if (parents.length === 0) notes.push(`no parent in the POP ${request.shield}`);
    else if (parents.some(({ spec }) => spec.pop === pop || spec.name === self))
      notes.push('this POP is the shield');
    else {
      const allowed = (member: Member) =>
        parents.includes(member) && !hasLooped(request.fields, pseudonymOf(member.name));
      stages.push({ tier: 'shield', group: shield.group, allowed });
    }
  }
  stages.push({ tier: 'origin', group: tiers.origin, allowed: () => true });
  return { stages, notes };
}
