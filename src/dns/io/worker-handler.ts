// A UDP worker's handler: the query handler in force, and how a new load takes its place while queries are answered. The load
// comes in parts, and the new handler is built in steps, so that between two batches there is never much to do; the
// worker's compiled code stays warm, which a new thread's would not be.

import { Assembly, type Part } from '../../base/take-apart.ts';
import { Metrics } from '../metrics.ts';
import {
  buildQueryHandler,
  type Changes,
  createQueryHandler,
  type HandlerMessage,
  type HandlerSetup,
} from './query-handler.ts';
import type { WorkerHandler } from './worker-main.ts';

/** What the main thread tells a worker's handler. */
export type ToWorkerHandler =
  | { kind: 'changes'; changes: Changes }
  /** Of a HandlerSetup. */
  | { kind: 'part'; part: Part }
  /** All parts have been told: put it in force. */
  | { kind: 'load' };

export type FromWorkerHandler = HandlerMessage | { kind: 'loaded' };

export function createWorkerHandler(
  initial: HandlerSetup,
  say: (message: FromWorkerHandler) => void,
): WorkerHandler {
  const metrics = new Metrics();
  let current = createQueryHandler(initial, say, metrics);
  let assembly = new Assembly();
  function* load(setup: HandlerSetup): Generator<void, void> {
    const next = yield* buildQueryHandler(setup, say, metrics);
    current.counters();
    current.end();
    current = next;
    say({ kind: 'loaded' });
  }
  return {
    handle: (packet, length, source, transport, out) =>
      current.handle(packet, length, source, transport, out),
    transfer: (packet, length, source) => current.transfer(packet, length, source),
    apply: (message) => {
      const told = message as ToWorkerHandler;
      if (told.kind === 'changes') {
        current.apply(told.changes);
        return undefined;
      }
      if (told.kind === 'part') {
        assembly.add(told.part);
        return undefined;
      }
      const setup = assembly.value() as HandlerSetup;
      assembly = new Assembly();
      return load(setup);
    },
    counters: () => current.counters(),
    end: () => current.end(),
  };
}
