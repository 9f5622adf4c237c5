// What the edge itself says to clients: its health, refusals, its own mistakes, and the fields it adds to every answer.

import { jsonAnswer, ownAnswer } from '../answers.ts';
import { formatCacheStatus } from '../cache-status.ts';
import type { Answer, EdgeRequest } from '../edge-request.ts';
import { countField, fieldValue, hasField, withoutFields } from '../fields.ts';
import { hasLooped } from '../upstream/cdn-loop.ts';
import { withVia } from '../via.ts';
import type { ListenerContext } from './http-listener.ts';

/** A promise only where there is something to wait for: a hit is answered in the same turn. */
export function answerRequest(context: ListenerContext, request: EdgeRequest): Answer | Promise<Answer> {
  const { method, pathAndQuery } = request;
  if (pathAndQuery === '/healthz' && (method === 'GET' || method === 'HEAD')) return health(context, method);
  if (hasLooped(request.fields, context.pseudonym)) {
    return ownAnswer(508, { reason: 'loop: the request has passed this cache' }, { detail: 'loop' }, method);
  }
  return context.pipeline.answer(request);
}

async function health(context: ListenerContext, method: string): Promise<Answer> {
  const draining = await context.isDraining();
  const content = { pop: context.pop, status: draining ? 'draining' : 'ok' };
  return jsonAnswer(draining ? 503 : 200, content, { detail: 'healthz' }, method);
}

export function refusalAnswer(status: number, reason: string): Answer {
  return ownAnswer(status, { reason }, { detail: 'bad-request' });
}

export function internalErrorAnswer(method: string): Answer {
  return ownAnswer(500, { reason: 'internal error' }, { detail: 'internal-error' }, method);
}

/** The fields of an answer as the client gets them, but for those of the connection. */
export function clientFields(
  context: Pick<ListenerContext, 'pop' | 'pseudonym'>,
  answer: Answer,
  date: string,
): string[] {
  const earlier = fieldValue(answer.fields, 'cache-status');
  const replaced = earlier !== undefined || hasField(answer.fields, 'x-pop');
  const kept = replaced ? withoutFields(answer.fields, REPLACED) : answer.fields;
  const fields = withVia(kept, context.pseudonym);
  fields.push('X-POP', context.pop);
  fields.push('Cache-Status', formatCacheStatus(context.pseudonym, answer.cacheStatus, earlier));
  if (answer.failure) fields.push('Proxy-Status', `${context.pseudonym}; error=${answer.failure}`);
  if (countField(fields, 'date') === 0) fields.push('Date', date);
  return fields;
}

const REPLACED = new Set(['cache-status', 'x-pop']);
