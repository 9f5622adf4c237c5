// What every balancer is: given a key and the members that may be used now, which one, and why. The members it was made
// with are all there are; those usable change from call to call (down, full, tried already). A new balancer is one
// file, one line in create-balancer.ts, and passes test/edge/balance/balancer-contract.ts.

export interface BalanceMember {
  /** Unique. */
  readonly name: string;
  /** Share of the load relative to the others; above 0. */
  readonly weight: number;
  /** Requests under way there, as this edge counts them. */
  readonly inFlight: number;
}

export interface BalanceChoice<Member extends BalanceMember = BalanceMember> {
  member: Member;
  /** One or two words for the trace: `least-connections`, `bounded-load: owner full`. */
  reason: string;
}

export interface Balancer {
  /** Undefined when nobody is usable. `nowMs` only moves forward. */
  choose<Member extends BalanceMember>(
    key: string,
    usable: readonly Member[],
    nowMs: number,
  ): BalanceChoice<Member> | undefined;
}
