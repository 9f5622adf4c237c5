// Faults on the wire: what faults.ts names, done to one response. Where node:http would put things right (chunk sizes,
// lengths), the bytes go to the socket behind its back.

import type { ServerResponse } from 'node:http';
import type { Content } from '../content.ts';
import type { Fault } from '../faults.ts';
import type { ResponsePlan } from '../response-plan.ts';

/** Bytes of a body sent before it goes wrong. */
const MAX_HALF_BYTES = 65_536;
/** What was written must leave before a reset, which throws away what is still queued. */
const FLUSH_MS = 20;
const GARBAGE = 'SSH-2.0-OpenSSH_9.2p1\r\n';

/** True when the fault took the place of the answer. `date` is the Date field's value. */
export function misbehave(fault: Fault, response: ServerResponse, plan: ResponsePlan, date: string): boolean {
  const { socket } = response;
  const { content } = plan;
  switch (fault.kind) {
    case 'slow':
      return false;
    case 'hang':
      return true;
    case 'reset':
      socket?.resetAndDestroy();
      return true;
    case 'garbage':
      socket?.end(GARBAGE);
      return true;
    case 'drip':
      drip(response, fault.delayMs);
      return true;
    case 'status':
      answerStatus(response, fault.status, date);
      return true;
    default:
      if (!content) return false;
      breakBody(fault.kind, response, plan, content, date);
      return true;
  }
}

function answerStatus(response: ServerResponse, status: number, date: string): void {
  const bodiless = status === 204 || status === 304;
  response.writeHead(status, bodiless ? ['Date', date] : ['Content-Type', 'application/json', 'Date', date]);
  response.end(bodiless ? undefined : `${JSON.stringify({ status, reason: 'fault on demand' })}\n`);
}

function drip(response: ServerResponse, delayMs: number): void {
  const { socket } = response;
  socket?.write('HTTP/1.1 200 OK\r\nX-Slow: ');
  const timer = setInterval(() => socket?.write('x'), delayMs);
  socket?.once('close', () => clearInterval(timer));
}

function breakBody(
  kind: 'truncated' | 'short' | 'stall' | 'overlong' | 'chunking',
  response: ServerResponse,
  plan: ResponsePlan,
  content: Content,
  date: string,
): void {
  const { socket } = response;
  const half = content.bytes(0, Math.min(MAX_HALF_BYTES, Math.floor(content.size / 2)));
  const announced = plan.fields.filter(([name]) => kind !== 'chunking' || name !== 'Content-Length');
  if (kind === 'chunking') announced.push(['Transfer-Encoding', 'chunked']);
  response.writeHead(plan.status, [...announced.flat(), 'Date', date]);
  response.flushHeaders();
  switch (kind) {
    case 'truncated':
      response.write(half, () => setTimeout(() => socket?.resetAndDestroy(), FLUSH_MS));
      break;
    case 'short':
      response.write(half, () => socket?.end());
      break;
    case 'stall':
      response.write(half);
      break;
    case 'overlong':
      response.write(content.bytes(0, Math.min(content.size, MAX_HALF_BYTES)));
      if (content.size > MAX_HALF_BYTES)
        response.write(content.bytes(MAX_HALF_BYTES, content.size - MAX_HALF_BYTES));
      response.end('and more than was announced');
      break;
    case 'chunking':
      response.write(half, () => socket?.write('no-number\r\nxx\r\n'));
      break;
  }
}
