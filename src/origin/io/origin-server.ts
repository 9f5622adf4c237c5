// The origin on node:http: plans a response, waits as the latency profile and the query say, misbehaves when told to,
// sends the body in pieces at the client's pace.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { deriveSeed, seededRandom } from '../../base/random.ts';
import { drained } from '../../net/io/drained.ts';
import type { OriginConfig } from '../config.ts';
import { createContentMaker } from '../content.ts';
import type { Fault, FaultRules } from '../faults.ts';
import { sampleLatencyMs } from '../latency-profile.ts';
import { planResponse, type ResponsePlan } from '../response-plan.ts';

export interface OriginCounters {
  requests: number;
  /** By path without query; at most MAX_COUNTED paths. */
  byPath: Map<string, number>;
  byStatus: Map<number, number>;
  faults: number;
  bytes: number;
}

const MAX_COUNTED = 10_000;
const PIECE_BYTES = 65_536;
/** A paced body is sent in steps of this length. */
const STEP_MS = 50;

export function createOriginServers(
  config: OriginConfig,
  rules: FaultRules,
  counters: OriginCounters,
  /** Milliseconds since the epoch, for Date. */
  now: () => number,
): { create(): Server } {
  const maker = createContentMaker(config.seed);
  const random = seededRandom(deriveSeed(config.seed, 'latency'));
  const versions = new Map<string, number>();
  const httpNow = () => new Date(now()).toUTCString();

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => {});
    response.on('error', () => {});
    request.resume();
    const url = request.url ?? '/';
    const path = url.split('?', 1)[0] ?? '/';
    if (path === '/healthz') {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
      response.end('{"status":"ok"}\n');
      return;
    }
    counters.requests++;
    if (counters.byPath.has(path) || counters.byPath.size < MAX_COUNTED)
      counters.byPath.set(path, (counters.byPath.get(path) ?? 0) + 1);

    const method = request.method ?? 'GET';
    const changes = method === 'PUT' || method === 'POST' || method === 'DELETE' || method === 'PATCH';
    if (changes && versions.size < MAX_COUNTED) versions.set(path, (versions.get(path) ?? 0) + 1);
    const header = (name: string) => {
      const value = request.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    };
    const plan = planResponse({ method, url, header }, maker, versions.get(path) ?? 0);
    const fault = rules.take(path) ?? plan.fault;
    if (fault) counters.faults++;
    const delayMs = plan.delayMs + sampleLatencyMs(config.latencyProfile, random);
    await pause(fault?.kind === 'slow' ? delayMs + fault.delayMs : delayMs, response);
    if (fault && (await misbehave(fault, response, plan))) return;
    await send(request.method ?? 'GET', response, plan);
  }

  /** True when the fault took the place of the answer. */
  async function misbehave(fault: Fault, response: ServerResponse, plan: ResponsePlan): Promise<boolean> {
    if (fault.kind === 'reset') response.socket?.resetAndDestroy();
    else if (fault.kind === 'status') {
      counters.byStatus.set(fault.status, (counters.byStatus.get(fault.status) ?? 0) + 1);
      const bodiless = fault.status === 204 || fault.status === 304;
      response.writeHead(
        fault.status,
        bodiless ? ['Date', httpNow()] : ['Content-Type', 'application/json', 'Date', httpNow()],
      );
      response.end(
        bodiless ? undefined : `${JSON.stringify({ status: fault.status, reason: 'fault on demand' })}\n`,
      );
    } else if (fault.kind === 'truncated' && plan.content) {
      response.writeHead(plan.status, [...plan.fields.flat(), 'Date', httpNow()]);
      const half = plan.content.bytes(0, Math.min(PIECE_BYTES, Math.floor(plan.content.size / 2)));
      // The bytes must leave before the reset, which throws away what is still queued.
      response.write(half, () => setTimeout(() => response.socket?.resetAndDestroy(), 20));
    } else if (fault.kind !== 'hang') return false;
    return true;
  }

  async function send(method: string, response: ServerResponse, plan: ResponsePlan): Promise<void> {
    if (response.destroyed) return;
    counters.byStatus.set(plan.status, (counters.byStatus.get(plan.status) ?? 0) + 1);
    response.writeHead(plan.status, [...plan.fields.flat(), 'Date', httpNow()]);
    const { content } = plan;
    if (!content || method === 'HEAD' || plan.status === 204 || plan.status === 304) {
      response.end();
      return;
    }
    response.flushHeaders();
    const steps = plan.streamSeconds ? Math.max(1, Math.round((plan.streamSeconds * 1000) / STEP_MS)) : 0;
    const startMs = performance.now();
    for (let sent = 0, step = 1; sent < content.size && !response.destroyed; step++) {
      const upTo = steps === 0 ? content.size : Math.ceil((content.size * Math.min(step, steps)) / steps);
      while (sent < upTo && !response.destroyed) {
        const piece = content.bytes(sent, Math.min(PIECE_BYTES, upTo - sent));
        sent += piece.length;
        counters.bytes += piece.length;
        if (!response.write(piece)) await drained(response);
      }
      // By the clock and not by the step, so that late timers do not add up.
      if (steps > 0) await pause(startMs + step * STEP_MS - performance.now(), response);
    }
    response.end();
  }

  return {
    create() {
      const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
        handle(request, response).catch(() => response.destroy());
      });
      return server;
    },
  };
}

/** Ends early when the client leaves. */
function pause(ms: number, response: ServerResponse): Promise<void> {
  if (ms <= 0 || response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      response.off('close', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    response.once('close', done);
  });
}
