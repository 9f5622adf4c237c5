// What happened in the lab, in order: kept in events.jsonl and streamed to whoever listens (`./lab events`).

import { appendFileSync } from 'node:fs';
import type { LabEvent } from '../../runtime.ts';

export interface EventLog {
  add(kind: string, subject: string | undefined, message: string): void;
  /** Calls back with every event from the start of the lab (`fromStart`) or from now on; returns how to stop. */
  follow(listener: (event: LabEvent) => void, fromStart: boolean): () => void;
}

export function createEventLog(file: string): EventLog {
  const events: LabEvent[] = [];
  const listeners = new Set<(event: LabEvent) => void>();
  return {
    add(kind, subject, message) {
      const event: LabEvent = { at: new Date().toISOString(), kind, subject, message };
      events.push(event);
      try {
        appendFileSync(file, `${JSON.stringify(event)}\n`);
      } catch {
        // A full disk must not take the lab down: the event is still in memory and on its way to listeners.
      }
      for (const listener of listeners) listener(event);
    },
    follow(listener, fromStart) {
      if (fromStart) events.forEach(listener);
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
