// What both loops share: connections to every target, and the way of a request from its intended start to the tally.

import { cacheResultOf } from '../cache-result.ts';
import type { LoadPlan } from '../load-plan.ts';
import type { LoadResult } from '../load-result.ts';
import type { LoadTally } from '../load-tally.ts';
import { type Exchange, LoadConnection } from './load-connection.ts';

export class LoadRun {
  readonly plan: LoadPlan;
  readonly startedAt = performance.now();
  readonly #tally: LoadTally;
  readonly #signal: AbortSignal | undefined;
  readonly #heads: { before: string; after: string }[];
  readonly #connections: LoadConnection[] = [];

  constructor(plan: LoadPlan, tally: LoadTally, signal: AbortSignal | undefined) {
    this.plan = plan;
    this.#tally = tally;
    this.#signal = signal;
    const fields = plan.fields.map((part, i) => (i % 2 === 0 ? `${part}: ` : `${part}\r\n`)).join('');
    this.#heads = plan.targets.map(({ host }) => ({
      before: 'GET ',
      after: ` HTTP/1.1\r\nHost: ${host}\r\n${fields}\r\n`,
    }));
  }

  get aborted(): boolean {
    return this.#signal?.aborted === true;
  }

  get nowMs(): number {
    return performance.now() - this.startedAt;
  }

  connect(target: number): LoadConnection {
    const where = this.plan.targets[target];
    if (!where) throw new Error(`no target ${target}`);
    const connection = new LoadConnection(where);
    this.#connections.push(connection);
    return connection;
  }

  start(
    connection: LoadConnection,
    target: number,
    path: string,
    intendedMs: number,
    done: (answered: boolean) => void,
  ): void {
    const { before, after } = this.#heads[target] as { before: string; after: string };
    connection.send(`${before}${path}${after}`, this.plan.timeoutMs, (exchange) => {
      this.#record(exchange, intendedMs);
      done(exchange.response !== undefined);
    });
  }

  /** A request whose time ran out before a connection was free. */
  giveUp(intendedMs: number): void {
    const at = performance.now();
    const exchange: Exchange = {
      sentAt: at,
      firstByteAt: at,
      endAt: at,
      response: undefined,
      error: 'no-connection',
    };
    this.#record(exchange, intendedMs);
  }

  result(elapsedMs: number): LoadResult {
    const reconnects = this.#connections.reduce((sum, each) => sum + each.reconnects, 0);
    return this.#tally.result(Math.max(0, elapsedMs - this.plan.warmUpMs), reconnects);
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  #record({ sentAt, firstByteAt, endAt, response, error }: Exchange, intendedMs: number): void {
    this.#tally.add({
      intendedMs,
      sentMs: sentAt - this.startedAt,
      firstByteMs: firstByteAt - this.startedAt,
      endMs: endAt - this.startedAt,
      status: response?.status,
      bytes: response?.bodyBytes ?? 0,
      result: cacheResultOf(response?.cacheStatus),
      pop: response?.pop,
      ...(error !== undefined && { error }),
    });
  }
}
