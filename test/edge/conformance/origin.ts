// The origin of the suite: answers each request as the step it belongs to says, and remembers what it saw. The step is
// in a request field that every proxy passes on, the case in the path.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ConformanceCase, OriginAnswer } from './conformance-case.ts';
import { renderFields } from './field-values.ts';

export const STEP_FIELD = 'Conformance-Step';
/** Says in a response of which step it is. */
export const ANSWER_FIELD = 'Conformance-Answer';

export interface SeenRequest {
  step: number;
  method: string;
  url: string;
  rawFields: readonly string[];
  conditional: boolean;
}

export interface SuiteOrigin {
  port: number;
  /** `name` is the first part of the path of its requests. */
  serve(name: string, test: ConformanceCase): SeenRequest[];
  close(): Promise<void>;
}

export async function startSuiteOrigin(): Promise<SuiteOrigin> {
  const cases = new Map<string, { test: ConformanceCase; seen: SeenRequest[] }>();
  const server = createServer({ keepAliveTimeout: 30_000, requireHostHeader: false }, (request, response) => {
    const name = (request.url ?? '').split('/')[1] ?? '';
    const known = cases.get(name);
    request.resume();
    // `/ready` is for who waits for a cache to start.
    if (!known)
      return void response.writeHead(name === 'ready' ? 200 : 404, ['Cache-Control', 'no-store']).end();
    answer(known.test, known.seen, name, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    serve(name, test) {
      const seen: SeenRequest[] = [];
      cases.set(name, { test, seen });
      return seen;
    },
    close: () => closed(server),
  };
}

function answer(
  test: ConformanceCase,
  seen: SeenRequest[],
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const step = Number(request.headers[STEP_FIELD.toLowerCase()] ?? -1);
  const { headers } = request;
  const conditional = headers['if-none-match'] !== undefined || headers['if-modified-since'] !== undefined;
  seen.push({
    step,
    method: request.method ?? '',
    url: request.url ?? '',
    rawFields: request.rawHeaders,
    conditional,
  });
  const script = test.steps[step];
  const plan = (conditional ? script?.whenConditional : undefined) ?? script?.response ?? {};
  for (const { status, fields } of plan.interim ?? [])
    writeInterim(response, status, renderFields(fields, name));
  if (plan.breakOff === 'before-head') return void request.socket.destroy();
  send(plan, step, name, request, response);
}

function send(
  plan: OriginAnswer,
  step: number,
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const status = plan.status ?? 200;
  const fields = renderFields(plan.fields ?? [], name);
  const has = (wanted: string) => fields.some((text, i) => i % 2 === 0 && text.toLowerCase() === wanted);
  response.sendDate = false;
  if (!has('date') && !plan.withoutDate) fields.push('Date', new Date().toUTCString());
  const bodiless = status === 304 || status === 204;
  if (status !== 304) fields.push(ANSWER_FIELD, String(step));
  const body = Buffer.from(plan.body ?? `answer of step ${step} of ${name}\n`);
  if (!bodiless && !plan.chunked && !has('content-length')) {
    const length = plan.breakOff === 'in-body' ? body.length + 100 : body.length;
    fields.push('Content-Length', String(length));
  }
  response.writeHead(status, fields);
  if (bodiless || request.method === 'HEAD') return void response.end();
  if (plan.breakOff === 'in-body') {
    response.write(body);
    setTimeout(() => request.socket.destroy(), 20);
    return;
  }
  response.end(body);
}

function writeInterim(response: ServerResponse, status: number, fields: string[]): void {
  const lines = [`HTTP/1.1 ${status} Interim`];
  for (let i = 0; i < fields.length; i += 2) lines.push(`${fields[i]}: ${fields[i + 1]}`);
  response.socket?.write(`${lines.join('\r\n')}\r\n\r\n`);
}

function closed(server: Server): Promise<void> {
  const done = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  return done;
}
