// Asks the admin server of a running GeoDNS server or edge: over its UNIX socket, or its TCP port with the token. Where it
// is, the operator says, or the server's own configuration.

import { request as httpRequest, type RequestOptions } from 'node:http';
import { type Problem, UserError } from '../base/errors.ts';

export type AdminEndpoint = { path: string } | { url: URL; token?: string | undefined };

/** Which of the two is asked, as `./lab` calls it: what nobody answers for is started by another command. */
export type AdminProgram = 'dns' | 'edge';

/** Reload reads every zone and compiles the GeoIP file before it answers. */
const TIMEOUT_MS = 60_000;

export interface AdminQuestion {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query. */
  target: string;
  /** Bytes go as they are, anything else as JSON. */
  body?: object | Uint8Array;
  /** Of bytes. */
  contentType?: string;
}

export interface AdminReply {
  status: number;
  text: string;
}

/** The answer's text. @throws UserError with the server's own words when it refuses, or is not there. */
export async function askAdmin(
  program: AdminProgram,
  endpoint: AdminEndpoint,
  question: AdminQuestion,
): Promise<string> {
  const reply = await replyOfAdmin(program, endpoint, question);
  if (reply.status < 300) return reply.text;
  throw new UserError(refusalOf(reply, endpoint));
}

/** What it answers, refusals included. @throws UserError when nobody does. */
export function replyOfAdmin(
  program: AdminProgram,
  endpoint: AdminEndpoint,
  question: AdminQuestion,
): Promise<AdminReply> {
  return exchange(endpoint, question).catch((cause: NodeJS.ErrnoException) => {
    const message = `no ${SERVERS[program]} answers at ${placeOf(endpoint)}: ${cause.message}`;
    throw new UserError({ message, hint: hintFor(program, cause.code) }, 1, { cause });
  });
}

/** A refusal in the server's own words. */
export function refusalOf({ status, text }: AdminReply, endpoint: AdminEndpoint): Problem[] {
  try {
    const { error, hint, problems } = JSON.parse(text) as {
      error: string;
      hint?: string;
      problems?: Problem[];
    };
    const first = { message: error, ...(hint && { hint }) };
    if (!problems || problems.length === 0) return [first];
    return problems[0]?.message === error ? problems : [first, ...problems];
  } catch {
    const said = text.slice(0, 200).trim();
    return [{ message: `the admin server at ${placeOf(endpoint)} says ${status}: ${said}` }];
  }
}

/** `/run/edge.sock`, `./dns.sock`, `127.0.0.1:8053` or `http://[::1]:8053`. */
export function parseEndpoint(text: string, token?: string): AdminEndpoint {
  if (/^(unix:|[./])/.test(text)) return { path: text.replace(/^unix:/, '') };
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  if (url?.protocol === 'http:' && url.hostname !== '') return { url, token };
  throw new UserError(
    {
      message: `${text} is not where an admin server can be`,
      expected: 'the path of a UNIX socket, or an address such as http://127.0.0.1:8053',
    },
    2,
  );
}

function exchange(
  endpoint: AdminEndpoint,
  { method = 'GET', target, body, contentType = 'application/json' }: AdminQuestion,
): Promise<AdminReply> {
  const headers: RequestOptions['headers'] = {
    ...(body && { 'content-type': contentType }),
    ...('token' in endpoint && endpoint.token && { authorization: `Bearer ${endpoint.token}` }),
  };
  const where: RequestOptions =
    'path' in endpoint
      ? { socketPath: endpoint.path }
      : { host: endpoint.url.hostname.replace(/^\[(.*)\]$/, '$1'), port: endpoint.url.port || 80 };
  return new Promise((resolve, reject) => {
    const options = { ...where, method, path: target, headers, agent: false, timeout: TIMEOUT_MS };
    const outgoing = httpRequest(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer in ${TIMEOUT_MS / 1000} s`)));
    outgoing.on('error', reject);
    outgoing.end(body instanceof Uint8Array ? body : body && JSON.stringify(body));
  });
}

const SERVERS: Record<AdminProgram, string> = { dns: 'DNS server', edge: 'edge' };

function placeOf(endpoint: AdminEndpoint): string {
  return 'path' in endpoint ? endpoint.path : endpoint.url.origin;
}

function hintFor(program: AdminProgram, code: string | undefined): string {
  const server = SERVERS[program];
  if (code === 'EACCES')
    return `the socket is for the user and group that the ${server} runs as: sudo, or join the group`;
  if (code === 'ENOENT') return `is the ${server} running, and is "admin" in its configuration this path?`;
  return `is the ${server} running, and is this its "admin" address? ./lab ${program} --config FILE starts one`;
}
