// What can be asked of a running edge, and how each answer looks: a table from method and path to a function. Every error
// is JSON with a hint, because what reads it is a script or somebody in a hurry.

import { UserError } from '../../base/errors.ts';
import { parsePurgeCommand } from '../purge/purge-command.ts';
import { readHeld, readPin, readPush, readPushedObject, readWarm } from './admin-bodies.ts';
import type { AdminSubject } from './admin-subject.ts';
import { pushDirectory } from './push-directory.ts';

export interface AdminRequest {
  method: string;
  /** Path and query. */
  target: string;
  contentType?: string | undefined;
  body: Buffer;
}

export interface AdminReply {
  status: number;
  contentType: string;
  text: string;
}

interface Asked {
  url: URL;
  /** What follows a path that ends with a slash. */
  argument: string;
  body: Buffer;
  contentType: string | undefined;
}

interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Ends with `/` where a word follows. */
  path: string;
  handler: (asked: Asked, subject: AdminSubject) => Promise<AdminReply>;
}

const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/healthz', handler: async (_, subject) => json(200, subject.healthz()) },
  { method: 'GET', path: '/state', handler: async (_, subject) => json(200, subject.state()) },
  { method: 'GET', path: '/metrics', handler: async (_, s) => ({ status: 200, ...(await s.metrics()) }) },
  { method: 'GET', path: '/traces/', handler: trace },
  { method: 'POST', path: '/purge', handler: purge },
  { method: 'GET', path: '/purges', handler: purges },
  { method: 'POST', path: '/warm', handler: warm },
  { method: 'POST', path: '/push', handler: push },
  { method: 'GET', path: '/objects', handler: getObject },
  { method: 'PUT', path: '/objects', handler: putObject },
  { method: 'GET', path: '/pins', handler: pins },
  { method: 'POST', path: '/pin', handler: pin },
  { method: 'DELETE', path: '/pin', handler: unpin },
  { method: 'POST', path: '/drain', handler: (_, subject) => drain(subject, true) },
  { method: 'DELETE', path: '/drain', handler: (_, subject) => drain(subject, false) },
  { method: 'POST', path: '/reload', handler: reload },
];

/** Never rejects. */
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
    const { body, contentType } = request;
    return await route.handler({ url, argument, body, contentType }, subject);
  } catch (error) {
    if (error instanceof URIError) return problem(400, 'the path is not URL-encoded');
    if (!(error instanceof UserError)) return problem(500, (error as Error).message, 'see the edge’s log');
    const [first] = error.problems;
    return json(400, {
      error: first?.message ?? error.message,
      ...(first?.hint && { hint: first.hint }),
      problems: error.problems,
    });
  }
}

async function trace({ argument }: Asked, subject: AdminSubject): Promise<AdminReply> {
  if (!subject.trace) return notOffered('traces');
  const found = subject.trace(argument);
  if (found) return json(200, found);
  return problem(
    404,
    `no trace of ${argument}`,
    'traces are kept for a while only; ask again with X-Catchment-Trace: 1',
  );
}

async function purge({ body }: Asked, subject: AdminSubject): Promise<AdminReply> {
  if (!subject.purges) return notOffered('purges');
  const report = await subject.purges.purge(parsePurgeCommand(body.toString('utf8')));
  // Accepted: who did not confirm carries it out when it is back.
  return json(report.confirmed ? 200 : 202, report);
}

async function purges({ url: { searchParams } }: Asked, subject: AdminSubject): Promise<AdminReply> {
  if (!subject.purges) return notOffered('purges');
  const epoch = searchParams.get('epoch');
  const since = searchParams.get('since');
  if (epoch === null && since === null) return json(200, subject.purges.since(undefined));
  if (epoch === null || since === null || !/^\d{1,15}$/.test(since))
    return problem(
      400,
      'epoch and since belong together',
      '/purges?epoch=EPOCH&since=42, or /purges for all',
    );
  return json(200, subject.purges.since({ epoch, sequence: Number(since) }));
}

async function warm({ body }: Asked, subject: AdminSubject): Promise<AdminReply> {
  if (!subject.warm) return notOffered('warming');
  const { urls, concurrency } = readWarm(body);
  const report = await subject.warm(urls, concurrency);
  return json(report.failed === 0 ? 200 : 207, report);
}

async function push({ body }: Asked, subject: AdminSubject): Promise<AdminReply> {
  const put = subject.put?.bind(subject);
  if (!put) return notOffered('pushed objects');
  const report = await pushDirectory(readPush(body), put);
  return json(report.failed.length === 0 ? 200 : 207, report);
}

async function putObject(asked: Asked, subject: AdminSubject): Promise<AdminReply> {
  if (!subject.put) return notOffered('pushed objects');
  const object = readPushedObject(asked.url.searchParams, asked.contentType, asked.body);
  const { pinned } = subject.put(object);
  return json(201, { url: object.url, bytes: object.body.length, pinned });
}

async function getObject({ url: { searchParams } }: Asked, subject: AdminSubject): Promise<AdminReply> {
  if (!subject.held) return notOffered('pushed objects');
  const url = readHeld(searchParams);
  const held = await subject.held(url);
  return held ? json(200, held) : problem(404, `nothing is stored for ${url}`, 'PUT /objects?url= puts it');
}

async function pins(_: Asked, subject: AdminSubject): Promise<AdminReply> {
  return subject.pins ? json(200, { pins: subject.pins.list() }) : notOffered('pins');
}

async function pin(asked: Asked, subject: AdminSubject): Promise<AdminReply> {
  if (!subject.pins) return notOffered('pins');
  const url = readPin(asked.url.searchParams, asked.body);
  if (subject.pins.pin(url)) return json(200, { url, pinned: true });
  return problem(404, `nothing is stored for ${url}`, 'POST /warm {"urls": […]} fetches it first');
}

async function unpin(asked: Asked, subject: AdminSubject): Promise<AdminReply> {
  if (!subject.pins) return notOffered('pins');
  const url = readPin(asked.url.searchParams, asked.body);
  if (subject.pins.unpin(url)) return json(200, { url, pinned: false });
  return problem(404, `${url} is not pinned`, 'GET /pins lists what is');
}

async function drain(subject: AdminSubject, on: boolean): Promise<AdminReply> {
  if (!subject.drain) return notOffered('draining');
  await subject.drain(on);
  return json(200, { draining: on });
}

async function reload(_: Asked, subject: AdminSubject): Promise<AdminReply> {
  if (!subject.reload) return notOffered('reloading');
  const { ok, problems } = await subject.reload();
  if (ok) return json(200, { reloaded: true });
  const error = 'the new configuration is refused, the old one stays';
  return json(422, { error, reloaded: false, hint: './lab edge check FILE', problems });
}

function notOffered(what: string): AdminReply {
  return problem(501, `this edge has no ${what}`, 'see docs/edge/operations.md for what turns it on');
}

export function problem(status: number, error: string, hint?: string): AdminReply {
  return json(status, { error, ...(hint && { hint }) });
}

function json(status: number, body: object): AdminReply {
  return { status, contentType: 'application/json', text: `${JSON.stringify(body)}\n` };
}

function pathsText(routes: readonly Route[]): string {
  return routes.map(({ method, path }) => `${method} ${path}${path.endsWith('/') ? 'ID' : ''}`).join(', ');
}
