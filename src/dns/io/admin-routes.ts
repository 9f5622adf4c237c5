// What can be asked of a running server, and how each answer looks: a table from method and path to a function. Every
// error is JSON with a hint, because what reads it is a script or somebody in a hurry.

import { UserError } from '../../base/errors.ts';
import type { OverrideState } from '../health/overrides.ts';
import type { AdminSubject } from './admin-subject.ts';

export interface AdminRequest {
  method: string;
  /** Path and query. */
  target: string;
  body: string;
}

export interface AdminReply {
  status: number;
  contentType: string;
  text: string;
}

type Handler = (
  request: { url: URL; argument: string; body: string },
  subject: AdminSubject,
) => Promise<AdminReply>;

interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Ends with `/` where a word follows. */
  path: string;
  handler: Handler;
}

const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/healthz', handler: healthz },
  { method: 'GET', path: '/health-view', handler: async (_, subject) => json(200, subject.healthView()) },
  { method: 'GET', path: '/metrics', handler: metrics },
  { method: 'GET', path: '/state', handler: async (_, subject) => json(200, subject.state()) },
  { method: 'GET', path: '/explain', handler: explain },
  { method: 'GET', path: '/catchment', handler: catchment },
  { method: 'POST', path: '/reload', handler: reload },
  { method: 'PUT', path: '/override/', handler: putOverride },
  { method: 'DELETE', path: '/override/', handler: deleteOverride },
];

const OVERRIDE_STATES: readonly OverrideState[] = ['up', 'down', 'drain', 'auto'];
/** A sentence; it goes into a line of the overrides file and into every explanation. */
const MOST_REASON_CHARACTERS = 200;

export async function answerAdmin(request: AdminRequest, subject: AdminSubject): Promise<AdminReply> {
  const url = URL.parse(request.target, 'http://admin');
  if (!url) return problem(400, 'bad request target');
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const here = ROUTES.filter(({ path }) =>
    path.endsWith('/')
      ? url.pathname.startsWith(path) && url.pathname.length > path.length
      : url.pathname === path,
  );
  const route = here.find((each) => each.method === method);
  if (!route) {
    if (here.length === 0) return problem(404, `there is no ${url.pathname}`, `try ${pathsText(ROUTES)}`);
    return problem(405, `${method} is not for ${url.pathname}`, `try ${pathsText(here)}`);
  }
  try {
    const argument = decodeURIComponent(url.pathname.slice(route.path.length));
    return await route.handler({ url, argument, body: request.body }, subject);
  } catch (error) {
    if (error instanceof URIError) return problem(400, 'the path is not URL-encoded');
    if (!(error instanceof UserError)) return problem(500, (error as Error).message, 'see the server’s log');
    const [first] = error.problems;
    return json(400, {
      error: first?.message ?? error.message,
      ...(first?.hint && { hint: first.hint }),
      problems: error.problems,
    });
  }
}

async function healthz(_: unknown, subject: AdminSubject): Promise<AdminReply> {
  const report = subject.healthz();
  return json(report.status === 'ok' ? 200 : 503, report);
}

async function metrics(_: unknown, subject: AdminSubject): Promise<AdminReply> {
  return { status: 200, ...(await subject.metrics()) };
}

const EXPLAIN_EXAMPLE = '/explain?name=www.cdn.test&type=A&client=100.64.3.7';

async function explain({ url: { searchParams } }: { url: URL }, subject: AdminSubject): Promise<AdminReply> {
  const name = searchParams.get('name');
  const client = searchParams.get('client');
  if (!name || !client) return problem(400, 'name and client are needed', EXPLAIN_EXAMPLE);
  const down = searchParams.get('down')?.split(',').filter(Boolean);
  const result = subject.explain({
    name,
    type: searchParams.get('type') ?? 'A',
    client,
    from: searchParams.get('from') === 'source' ? 'source' : 'ecs',
    ...(down && { down }),
  });
  return typeof result === 'string' ? problem(400, result, EXPLAIN_EXAMPLE) : json(200, result);
}

async function catchment({ url }: { url: URL }, subject: AdminSubject): Promise<AdminReply> {
  if (!subject.catchment)
    return problem(404, 'this server has no catchments', './lab catchment --config FILE');
  const name = url.searchParams.get('name');
  if (!name) return problem(400, 'name is needed', '/catchment?name=www.cdn.test');
  return json(200, await subject.catchment(name));
}

async function reload(_: unknown, subject: AdminSubject): Promise<AdminReply> {
  const { ok, problems } = await subject.reload();
  if (ok) return json(200, { reloaded: true });
  const error = 'the new configuration is refused, the old one stays';
  return json(422, { error, reloaded: false, hint: './lab dns check FILE', problems });
}

async function putOverride({ argument, body }: { argument: string; body: string }, subject: AdminSubject) {
  let asked: { state?: unknown; reason?: unknown };
  try {
    asked = Object(JSON.parse(body));
  } catch {
    return problem(400, 'the body is not JSON', '{"state": "down", "reason": "maintenance"}');
  }
  const state = OVERRIDE_STATES.find((each) => each === asked.state);
  if (!state) {
    const hint = 'DELETE takes an override away; {"state": "drain"} sends new clients elsewhere';
    return problem(400, `state must be one of ${OVERRIDE_STATES.join(', ')}`, hint);
  }
  const reason = asked.reason ?? undefined;
  if (reason !== undefined && !isSentence(reason)) {
    return problem(400, `reason must be a line of at most ${MOST_REASON_CHARACTERS} characters`);
  }
  return override(subject, argument, state, reason);
}

async function deleteOverride(
  { argument }: { argument: string },
  subject: AdminSubject,
): Promise<AdminReply> {
  return override(subject, argument, undefined, undefined);
}

async function override(
  subject: AdminSubject,
  pattern: string,
  state: OverrideState | undefined,
  reason: string | undefined,
): Promise<AdminReply> {
  if (!subject.override) {
    return problem(
      409,
      'this server has no overrides file',
      'set "overrides": "overrides.txt" in its configuration',
    );
  }
  if (!/^[\w.*:/-]{1,200}$/.test(pattern)) {
    return problem(400, `\`${pattern}\` is not a POP or a pattern such as pop-*`);
  }
  const report = await subject.override(pattern, state, reason);
  return json(200, { pattern, state: state ?? null, ...(reason && { reason }), ...report });
}

function isSentence(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > MOST_REASON_CHARACTERS) return false;
  return [...value].every((character) => character >= ' ' && character !== '\x7f');
}

export function problem(status: number, error: string, hint?: string): AdminReply {
  return json(status, { error, ...(hint && { hint }) });
}

function json(status: number, body: object): AdminReply {
  return { status, contentType: 'application/json', text: `${JSON.stringify(body, null, 2)}\n` };
}

function pathsText(routes: readonly Route[]): string {
  return routes.map(({ method, path }) => `${method} ${path}${path.endsWith('/') ? 'POP' : ''}`).join(', ');
}
