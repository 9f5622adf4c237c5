// What BIRD's protocols are called, in one place: the configs declare them, readiness expects them by name, and the
// POP agent switches the anycast ones on and off.

import type { BgpSession, ResolvedTopology } from '../topology/resolved.ts';

/** One end of a session as its node sees it. */
export interface LocalSession {
  session: BgpSession;
  /** Name of BIRD's protocol at this node: `ebgp_t1_fra`, `ibgp_t1_lon`, `rs_ix_fra`. */
  protocol: string;
  local: BgpSession['a'];
  remote: BgpSession['a'];
  /**
   * A route server waits for its members, as at real IXPs. All other ends connect: measured, two chances bring sessions
   * up sooner than one, and BIRD resolves the rare collision (RFC 4271 section 6.8) without waiting.
   */
  passive: boolean;
}

/** The static protocols that announce the anycast prefixes of a POP; all start disabled, the agent enables them. */
export const ANYCAST_PROTOCOLS = {
  http: { ipv4: 'anycast_http4', ipv6: 'anycast_http6' },
  dns: { ipv4: 'anycast_dns4', ipv6: 'anycast_dns6' },
} as const;

/** All sessions of a node in the order of the topology, each with its protocol's name. */
export function localSessions(topology: ResolvedTopology, node: string): LocalSession[] {
  const used = new Map<string, number>();
  const found: LocalSession[] = [];
  for (const session of topology.sessions) {
    if (session.a.node !== node && session.b.node !== node) continue;
    const isB = session.b.node === node;
    const [local, remote] = isB ? [session.b, session.a] : [session.a, session.b];
    const base = `${session.kind}_${remote.node.replace(/[^A-Za-z0-9]/g, '_')}`;
    const count = (used.get(base) ?? 0) + 1;
    used.set(base, count);
    found.push({
      session,
      protocol: count === 1 ? base : `${base}_${count}`,
      local,
      remote,
      passive: isB && session.kind === 'rs',
    });
  }
  return found;
}

/** Names of the BGP protocols that have to be Established at this node before the lab is ready. */
export function expectedSessions(topology: ResolvedTopology, node: string): string[] {
  return localSessions(topology, node).map((local) => local.protocol);
}
