// Requests of a route that may only have so many on their way: a request waits for its turn before it is sent, and one
// too many is refused. To whoever sends it looks like any other upstream.

import type { ConcurrencyGate } from './limit/concurrency-gate.ts';
import type { Upstream, UpstreamEvents, UpstreamExchange, UpstreamRequest } from './upstream.ts';

export function sendThroughGate(
  gate: ConcurrencyGate | undefined,
  upstream: Upstream,
  request: UpstreamRequest,
  events: UpstreamEvents,
): UpstreamExchange {
  if (!gate) return upstream.send(request, events);
  let exchange: UpstreamExchange | undefined;
  let paused = false;
  let over = false;
  const leave = () => {
    over = true;
    turn.leave();
  };
  const { answer, turn } = gate.enter(() => {
    // Not within `enter`: its answer is needed to leave again.
    queueMicrotask(() => {
      if (over) return;
      exchange = upstream.send(request, {
        ...events,
        onEnd: () => {
          leave();
          events.onEnd();
        },
        onFailure: (failure) => {
          leave();
          events.onFailure(failure);
        },
      });
      if (paused) exchange.pause();
    });
  });
  if (answer === 'refused') {
    queueMicrotask(() =>
      events.onFailure({
        status: 503,
        error: 'connection_limit_reached',
        detail: 'the route has as many requests on their way, and waiting, as it may',
      }),
    );
  }
  return {
    pause: () => {
      paused = true;
      exchange?.pause();
    },
    resume: () => {
      paused = false;
      exchange?.resume();
    },
    abort: () => {
      if (exchange) exchange.abort();
      else if (!over) {
        leave();
        events.onFailure({
          status: 503,
          error: 'connection_terminated',
          detail: 'given up before its turn came',
        });
      }
    },
  };
}
