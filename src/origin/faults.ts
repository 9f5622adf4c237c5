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
  | { kind: 'truncated' }
  /** Half of the announced bytes, then an orderly close. */
  | { kind: 'short' }
  /** Half of the announced bytes, then nothing more. */
  | { kind: 'stall' }
  /** All announced bytes and some more. */
  | { kind: 'overlong' }
  /** Half of the body in chunks, then a chunk size that is no number (RFC 9112 section 7.1). */
  | { kind: 'chunking' }
  /** Something that is not HTTP. */
  | { kind: 'garbage' }
  /** The head comes a byte at a time and never ends: a slow loris from behind. */
  | { kind: 'drip'; delayMs: number };

export interface FaultRule {
  /** Requests whose path begins with it. */
  pathPrefix: string;
  fault: Fault;
  /** How many requests it still hits; absent: until removed. */
  remaining?: number;
}

const PLAIN = ['reset', 'hang', 'truncated', 'short', 'stall', 'overlong', 'chunking', 'garbage'] as const;
const TIMED = { slow: 2000, drip: 100 };
const EXPECTED = `status:503, slow:2000, drip:100, ${PLAIN.slice(0, -1).join(', ')} or ${PLAIN.at(-1)}`;

/** Reads `status:503`, `slow:MILLISECONDS`, `reset` and the like; a sentence when it is none of them. */
export function parseFault(text: string): Fault | string {
  const [kind = '', argument] = text.split(':', 2);
  const number = /^\d{1,6}$/.test(argument ?? '') ? Number(argument) : undefined;
  if (kind === 'status') {
    const status = argument === undefined ? 503 : number;
    return status !== undefined && status >= 200 && status <= 599
      ? { kind, status }
      : `status must be 200 to 599, found ${argument}`;
  }
  if (kind === 'slow' || kind === 'drip') {
    const delayMs = argument === undefined ? TIMED[kind] : number;
    return delayMs !== undefined ? { kind, delayMs } : `${kind} wants milliseconds, found ${argument}`;
  }
  const plain = PLAIN.find((known) => known === kind);
  if (plain && argument === undefined) return { kind: plain };
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
