// One request on its way: choose, wait for a place, send, and where that fails before any of the answer was handed on,
// choose again. Between origins a retry needs the budget; from a dead peer or parent to the next way it does not, since
// the origin has not been asked yet. Requests with a body, and unsafe ones that may have arrived, are never sent twice.

import { type Fields, withoutFields } from '../fields.ts';
import type {
  Upstream,
  UpstreamEvents,
  UpstreamExchange,
  UpstreamFailure,
  UpstreamRequest,
} from '../upstream.ts';
import { withCdnLoop } from './cdn-loop.ts';
import type { Place } from './concurrency-gate.ts';
import { isMembersFault, neverSent } from './failure.ts';
import type { GroupChoice } from './group.ts';
import type { AttemptEvent, Member } from './member.ts';
import { isIdempotent } from './methods.ts';
import type { RetryBudget } from './retry-budget.ts';
import { planTiers, type Stage, type Tiers } from './tier-plan.ts';

export interface SendContext {
  tiers: Tiers;
  cdnId: string;
  /** Tries among origins, the first included. */
  originTries: number;
  retryStatuses: ReadonlySet<number>;
  failureStatuses: ReadonlySet<number>;
  budget: RetryBudget;
  /** Counts retries that the budget forbade. */
  onRetryRefused(): void;
  /** Milliseconds of a clock that never goes back. */
  nowMs(): number;
}

/** Tries among peers, and among parents: the next one soon stands in, the one after that hardly has more luck. */
const HOP_TRIES = 2;

interface Attempt {
  member: Member;
  place?: Place;
  exchange?: UpstreamExchange;
  tell?: (event: AttemptEvent, endedMs: number, why?: string) => void;
  over: boolean;
}

export function sendThroughTiers(
  context: SendContext,
  request: UpstreamRequest,
  events: UpstreamEvents,
): ReturnType<Upstream['send']> {
  const key = request.key ?? request.pathAndQuery;
  const { stages, notes } = planTiers(request, context.tiers);
  const tried = new Set<Member>();
  const tries = new Map<Stage, number>();
  let attempts = 0;
  let current: Attempt | undefined;
  /** This edge owns the key: its own load is counted like a peer's. */
  let ownPlace: Place | undefined;
  let headPassed = false;
  let paused = false;
  let aborted = false;
  let settled = false;

  /** The next member to try; spends the budget where it is one more origin. */
  function next(): { stage: Stage; choice: GroupChoice } | undefined {
    for (const stage of stages) {
      const done = tries.get(stage) ?? 0;
      if (done >= (stage.tier === 'origin' ? context.originTries : HOP_TRIES)) continue;
      const choice = stage.group.choose(
        key,
        context.nowMs(),
        (member) => !tried.has(member) && stage.allowed(member),
      );
      if (!choice) {
        if (done === 0) note(`no ${stage.tier} is usable`);
      } else if (stage.tier === 'peer' && choice.member.name === context.tiers.self) {
        // Tried: what comes back to this point was decided, and its load is counted once.
        tries.set(stage, HOP_TRIES);
        note(`this edge serves the key (${choice.reason})`);
        ownPlace ??= choice.member.gate.ask(
          () => {},
          () => {},
        );
      } else if (stage.tier === 'origin' && done > 0 && !context.budget.withdraw(context.nowMs()))
        context.onRetryRefused();
      else return { stage, choice };
    }
    return undefined;
  }

  function note(text: string): void {
    if (!notes.includes(text)) notes.push(text);
  }

  function start({ stage, choice }: { stage: Stage; choice: GroupChoice }): void {
    const { member } = choice;
    const attempt: Attempt = { member, over: false };
    current = attempt;
    tried.add(member);
    tries.set(stage, (tries.get(stage) ?? 0) + 1);
    attempts++;
    if (attempts > 1) member.retries++;
    const reason = [...notes.splice(0), choice.reason].join('; ');
    events.onChoice?.({ tier: stage.tier, member: member.name, attempt: attempts, reason });
    attempt.place = member.gate.ask(
      () => dispatch(stage, attempt),
      (detail) => {
        attempt.over = true;
        const failure = {
          status: 503,
          error: 'connection_limit_reached',
          detail: `${member.name}: ${detail}`,
        };
        goOn(attempt, failure as UpstreamFailure);
      },
    );
  }

  function dispatch(stage: Stage, attempt: Attempt): void {
    const { member } = attempt;
    const tell = member.begin(context.nowMs());
    attempt.tell = tell;
    let failedByStatus = false;
    const over = (event: AttemptEvent, why?: string) => {
      attempt.over = true;
      stopWaiting();
      attempt.place?.leave();
      tell(event, context.nowMs(), why);
    };
    /** Leaves this attempt for the next one, if it may and there is one. */
    const turnElsewhere = (event: AttemptEvent, why: string): boolean => {
      const other = mayResend(attempt) ? next() : undefined;
      if (!other) return false;
      over(event, why);
      attempt.exchange?.abort();
      note(`${member.name} ${why}`);
      start(other);
      return true;
    };
    // Whoever is silent all of a sudden is found out by its checks long before a request has waited in vain.
    const stopWaiting = member.whenDown(() => {
      if (!attempt.over && !aborted) turnElsewhere('failure', 'is down by its checks');
    });
    attempt.exchange = member.transport.send(requestFor(stage), {
      onInterim: (status, fields) => {
        if (!attempt.over) events.onInterim?.(status, fields);
      },
      onHead(status, fields) {
        if (attempt.over) return;
        stopWaiting();
        failedByStatus = stage.tier === 'origin' && context.failureStatuses.has(status);
        const event = failedByStatus ? 'failure' : 'success';
        if (isWorthAnother(stage, status) && turnElsewhere(event, `answered ${status}`)) return;
        headPassed = true;
        if (!failedByStatus) tell('head', context.nowMs());
        events.onHead(status, fields);
      },
      onData: (chunk) => {
        if (!attempt.over) events.onData(chunk);
      },
      onEnd() {
        if (attempt.over) return;
        over(failedByStatus ? 'failure' : 'success', 'status');
        finish();
        events.onEnd();
      },
      onFailure(failure) {
        if (attempt.over) return;
        over(aborted || !isMembersFault(failure) ? 'neutral' : 'failure', failure.error);
        goOn(attempt, failure);
      },
    });
    if (paused) attempt.exchange.pause();
  }

  function goOn(attempt: Attempt, failure: UpstreamFailure): void {
    const final = headPassed || aborted || !mayResend(attempt, failure);
    const other = final ? undefined : next();
    if (!other) fail(failure);
    else {
      note(`after ${failure.error} of ${attempt.member.name}`);
      start(other);
    }
  }

  /** Nothing of it has left, or it does no harm twice. */
  function mayResend(attempt: Attempt, failure?: UpstreamFailure): boolean {
    if (!attempt.exchange) return true;
    // The transport has taken the body and does not give it back.
    if (request.body || failure?.status === 400) return false;
    return isIdempotent(request.method) || (failure !== undefined && neverSent(failure));
  }

  function isWorthAnother(stage: Stage, status: number): boolean {
    // Loop Detected: that edge would only have sent it back.
    return stage.tier === 'origin' ? context.retryStatuses.has(status) : status === 508;
  }

  function requestFor(stage: Stage): UpstreamRequest {
    const fields = withCdnLoop(request.fields, context.cdnId);
    const { authority } = request;
    if (stage.tier === 'origin' || authority === undefined) return { ...request, fields };
    return { ...request, fields: withHost(fields, authority) };
  }

  function fail(failure: UpstreamFailure): void {
    if (settled) return;
    finish();
    events.onFailure(failure);
  }

  function finish(): void {
    settled = true;
    ownPlace?.leave();
  }

  queueMicrotask(() => {
    if (aborted) return;
    context.budget.deposit(context.nowMs());
    const first = next();
    if (first) start(first);
    else fail({ status: 503, error: 'destination_unavailable', detail: notes.join('; ') });
  });

  return {
    pause() {
      paused = true;
      current?.exchange?.pause();
    },
    resume() {
      paused = false;
      current?.exchange?.resume();
    },
    abort() {
      if (settled || aborted) return;
      aborted = true;
      if (current?.exchange && !current.over) return current.exchange.abort();
      // Still in line, or not even chosen.
      current?.place?.leave();
      queueMicrotask(() => fail({ status: 502, error: 'connection_terminated', detail: 'no longer wanted' }));
    },
  };
}

function withHost(fields: Fields, authority: string): string[] {
  return ['Host', authority, ...withoutFields(fields, new Set(['host']))];
}
