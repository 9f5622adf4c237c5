// The origin on node:http: plans a response, waits as the latency profile and the query say, misbehaves when told to,
// sends hints, head and body.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { deriveSeed, seededRandom } from '../../base/random.ts';
import type { OriginConfig } from '../config.ts';
import { createContentMaker } from '../content.ts';
import type { FaultRules } from '../faults.ts';
import { sampleLatencyMs } from '../latency-profile.ts';
import { countRequest, increment, MAX_COUNTED, type OriginCounters } from '../request-record.ts';
import { planResponse, type ResponsePlan } from '../response-plan.ts';
import { gzipContent } from './gzip-content.ts';
import { misbehave } from './misbehave.ts';
import { pause } from './pause.ts';
import { sendBody } from './send-body.ts';

const CHANGING = new Set(['PUT', 'POST', 'DELETE', 'PATCH']);

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
    const method = request.method ?? 'GET';
    const path = url.split('?', 1)[0] ?? '/';
    if (path === '/healthz') {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
      response.end('{"status":"ok"}\n');
      return;
    }
    countRequest(counters, { method, url, fields: request.rawHeaders });
    if (CHANGING.has(method) && (versions.has(path) || versions.size < MAX_COUNTED))
      increment(versions, path);
    const plan = planResponse(
      { method, url, header: (name) => headerOf(request, name), fields: request.rawHeaders },
      maker,
      versions.get(path) ?? 0,
      gzipContent,
    );
    const fault = rules.take(path) ?? plan.fault;
    if (fault) counters.faults++;
    if (plan.hints?.length) response.writeEarlyHints({ link: plan.hints });
    const delayMs = plan.delayMs + sampleLatencyMs(plan.latency ?? config.latencyProfile, random);
    await pause(fault?.kind === 'slow' ? delayMs + fault.delayMs : delayMs, response);
    if (response.destroyed) return;
    if (fault && misbehave(fault, response, plan, httpNow())) {
      if (fault.kind === 'status') increment(counters.byStatus, fault.status);
      return;
    }
    await send(method, response, plan);
  }

  async function send(method: string, response: ServerResponse, plan: ResponsePlan): Promise<void> {
    increment(counters.byStatus, plan.status);
    const fields = [...plan.fields.flat(), 'Date', httpNow()];
    if (plan.framing === 'close') {
      fields.push('Connection', 'close');
      response.useChunkedEncodingByDefault = false;
    }
    response.writeHead(plan.status, fields);
    const { content } = plan;
    if (content && method !== 'HEAD' && plan.status !== 204 && plan.status !== 304) {
      response.flushHeaders();
      await sendBody(response, content, plan, (bytes) => {
        counters.bytes += bytes;
      });
    }
    response.end();
  }

  return {
    create: () =>
      createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
        handle(request, response).catch(() => response.destroy());
      }),
  };
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}
