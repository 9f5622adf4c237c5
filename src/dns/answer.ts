// An answer as it is kept: what was resolved, its rendered bytes, the same signed, and the counters it adds to. The same
// question again costs a copy.

import type { Transport } from './io/listener.ts';
import type { Counter, Metrics } from './metrics.ts';
import { rcodeLabel, typeLabel } from './metrics.ts';
import type { Plan } from './plan.ts';
import type { Resolution } from './resolve.ts';
import { type Reply, type ReplyBody, renderBody } from './wire/encode-reply.ts';
import type { Name } from './wire/name.ts';

export interface Rendered {
  reply: Reply;
  body: ReplyBody;
}

export class Answer implements Rendered {
  readonly reply: Resolution;
  readonly name: Name;
  readonly type: number;
  /** Where it came from; absent for errors, which are never signed. */
  readonly plan?: Plan;
  /** Signed, for clients that set DO; made again when `signedUntilSeconds` has passed. */
  signed?: Rendered;
  signedUntilSeconds = 0;
  signedAtSeconds = 0;
  signedCompactOk = false;
  readonly steered?: Counter;
  #body?: ReplyBody;
  #counters: Partial<Record<Transport, Counter>> = {};

  constructor(reply: Resolution, name: Name, type: number, metrics: Metrics, plan?: Plan) {
    this.reply = reply;
    this.name = name;
    this.type = type;
    this.plan = plan;
    const { choice } = reply;
    if (choice) {
      const pops = choice.pops.join('+') || 'none';
      this.steered = metrics.families.steered_answers.of(choice.policy, pops, choice.reason);
    }
  }

  get body(): ReplyBody {
    this.#body ??= renderBody(this.name, this.reply);
    return this.#body;
  }

  counter(transport: Transport, metrics: Metrics): Counter {
    let counter = this.#counters[transport];
    if (!counter) {
      const type = this.type < 0 ? 'none' : typeLabel(this.type);
      counter = metrics.families.queries.of(type, rcodeLabel(this.reply.rcode), transport);
      this.#counters[transport] = counter;
    }
    return counter;
  }
}
