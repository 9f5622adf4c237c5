// The last decisions, to be read afterwards by request id: a ring of records, which become sentences only when read.

import { type DecisionRecord, type ExplainedStep, explainDecision } from './explain.ts';

export interface KeptTrace {
  id: string;
  at: string;
  record: DecisionRecord;
  steps: ExplainedStep[];
}

export class TraceLog {
  readonly #keep: number;
  readonly #records = new Map<string, DecisionRecord>();

  constructor(keep: number) {
    this.#keep = keep;
  }

  /** The oldest goes. A record may still be filled in after it was added: a trace can be read while it happens. */
  add(record: DecisionRecord): void {
    if (this.#keep === 0) return;
    this.#records.delete(record.id);
    this.#records.set(record.id, record);
    if (this.#records.size > this.#keep) this.#records.delete(this.#records.keys().next().value as string);
  }

  get(id: string): KeptTrace | undefined {
    const record = this.#records.get(id);
    if (!record) return undefined;
    return { id, at: new Date(record.atMs).toISOString(), record, steps: explainDecision(record) };
  }

  /** Newest first. */
  ids(count: number): string[] {
    return [...this.#records.keys()].slice(-count).reverse();
  }
}
