// The operator's side of the origin: faults (POST, GET, DELETE /faults), what reached it (GET, DELETE /requests,
// /requests?path=/json/1 with the requests themselves), /metrics.

import { createServer, type IncomingMessage, type Server } from 'node:http';
import { z } from '../../base/schema.ts';
import { type FaultRules, parseFault } from '../faults.ts';
import { type OriginCounters, resetCounters } from '../request-record.ts';

const ruleSchema = z.strictObject({
  /** Requests whose path begins with it. */
  path: z._default(z.string().check(z.startsWith('/')), '/'),
  /** As in the query: `status:503`, `reset`, `slow:2000` and the others. */
  fault: z.string(),
  count: z.optional(z.int().check(z.gte(1))),
});

const MAX_BODY_BYTES = 65_536;

export function createAdminServer(rules: FaultRules, counters: OriginCounters): Server {
  return createServer((request, response) => {
    route(request, rules, counters)
      .then(({ status, type = 'application/json', text }) => {
        response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) });
        response.end(text);
      })
      .catch(() => response.destroy());
  });
}

interface Reply {
  status: number;
  type?: string;
  text: string;
}

async function route(request: IncomingMessage, rules: FaultRules, counters: OriginCounters): Promise<Reply> {
  const path = request.url?.split('?', 1)[0];
  const json = (status: number, value: unknown): Reply => ({ status, text: `${JSON.stringify(value)}\n` });
  if (path === '/healthz') return json(200, { status: 'ok' });
  if (path === '/requests') {
    if (request.method === 'DELETE') resetCounters(counters);
    return json(
      200,
      received(counters, URL.parse(request.url ?? '', 'http://origin')?.searchParams.get('path')),
    );
  }
  if (path === '/metrics') return metrics(counters);
  if (path !== '/faults') return json(404, { reason: 'try /faults, /requests, /metrics or /healthz' });
  if (request.method === 'DELETE') rules.clear();
  else if (request.method === 'POST') {
    const reason = addRule(await readBody(request), rules);
    if (reason !== undefined) return json(400, { reason });
  }
  return json(200, { faults: rules.list });
}

/** With a path, only what concerns it, and the latest requests for it. */
function received(counters: OriginCounters, path: string | null | undefined): object {
  if (path) {
    const requests = counters.recent.filter(({ url }) => url.split('?', 1)[0] === path);
    return { path, requests: counters.byPath.get(path) ?? 0, recent: requests };
  }
  const { requests, conditional, ranges, faults, bytes } = counters;
  return {
    requests,
    conditional,
    ranges,
    faults,
    bytes,
    byPath: Object.fromEntries(counters.byPath),
    byStatus: Object.fromEntries(counters.byStatus),
    byMethod: Object.fromEntries(counters.byMethod),
  };
}

/** A sentence when the rule is not one. */
function addRule(body: string, rules: FaultRules): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return 'not JSON; expected {"path":"/json/","fault":"status:503","count":2}';
  }
  const result = ruleSchema.safeParse(value);
  if (!result.success)
    return result.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ');
  const fault = parseFault(result.data.fault);
  if (typeof fault === 'string') return fault;
  rules.add({ pathPrefix: result.data.path, fault, remaining: result.data.count });
  return undefined;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY_BYTES) break;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString();
}

async function metrics(counters: OriginCounters): Promise<Reply> {
  const { Counter, Registry } = await import('prom-client');
  const registry = new Registry();
  const registers = [registry];
  new Counter({ name: 'origin_requests_total', help: 'Requests.', registers }).inc(counters.requests);
  new Counter({ name: 'origin_faults_total', help: 'Faults on demand.', registers }).inc(counters.faults);
  new Counter({ name: 'origin_body_bytes_total', help: 'Bytes of body sent.', registers }).inc(
    counters.bytes,
  );
  const statuses = new Counter({
    name: 'origin_responses_total',
    help: 'Responses by status.',
    labelNames: ['status'],
    registers,
  });
  for (const [status, count] of counters.byStatus) statuses.inc({ status: String(status) }, count);
  return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', text: await registry.metrics() };
}
