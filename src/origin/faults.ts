// Faults on demand: what an origin in trouble does. By query (`?fault=status:503`) for one request, or by rule on the
// admin port for all requests of a path, which keeps the URL, and so the cache's key, the same as before the fault.

export type Fault =
  | { kind: 'status'; status: number }
  /** The connection is reset before any answer. */
  | { kind: 'reset' }
  /** The request is read and never answered. */
  | { kind: 'hang' }
  /** The answer is delayed. */
  | { kind: 'slow'; delayMs: number }
  /** Half of the announced bytes, then a reset. */
  | { kind: 'truncated' };

export interface FaultRule {
  /** Requests whose path begins with it. */
  pathPrefix: string;
  fault: Fault;
  /** How many requests it still hits; absent: until removed. */
  remaining?: number;
}

const EXPECTED = 'status:503, reset, hang, slow:2000 or truncated';

/** Reads `status:503`, `reset`, `hang`, `slow:MILLISECONDS`, `truncated`; a sentence when it is none of them. */
export function parseFault(text: string): Fault | string {
  const [kind = '', argument] = text.split(':', 2);
  const number = /^\d{1,6}$/.test(argument ?? '') ? Number(argument) : undefined;
  if (kind === 'status') {
    const status = argument === undefined ? 503 : number;
    return status !== undefined && status >= 200 && status <= 599
      ? { kind, status }
      : `status must be 200 to 599, found ${argument}`;
  }
  if (kind === 'slow') {
    const delayMs = argument === undefined ? 2000 : number;
    return delayMs !== undefined ? { kind, delayMs } : `slow wants milliseconds, found ${argument}`;
  }
  if ((kind === 'reset' || kind === 'hang' || kind === 'truncated') && argument === undefined)
    return { kind };
  return `not a fault: ${text}; expected ${EXPECTED}`;
}

export class FaultRules {
  #rules: FaultRule[] = [];

  get list(): readonly FaultRule[] {
    return this.#rules;
  }

  add(rule: FaultRule): void {
    this.#rules.push(rule);
  }

  clear(): void {
    this.#rules = [];
  }

  /** The first rule for this path, counted down. */
  take(path: string): Fault | undefined {
    const rule = this.#rules.find((candidate) => path.startsWith(candidate.pathPrefix));
    if (!rule) return undefined;
    if (rule.remaining !== undefined && --rule.remaining <= 0)
      this.#rules = this.#rules.filter((other) => other !== rule);
    return rule.fault;
  }
}
