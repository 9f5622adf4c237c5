// Asks the admin server of a running GeoDNS server: over its UNIX socket, or its TCP port with the token. Where it is, the
// operator says, or the server's own configuration.

import { request as httpRequest, type RequestOptions } from 'node:http';
import { type Problem, UserError } from '../../base/errors.ts';

export type AdminEndpoint = { path: string } | { url: URL; token?: string | undefined };

/** Reload reads every zone and compiles the GeoIP file before it answers. */
const TIMEOUT_MS = 60_000;

export interface AdminQuestion {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query. */
  target: string;
  body?: object;
}

/** The answer's text. @throws UserError with the server's own words when it refuses, or is not there. */
export async function askAdmin(
  endpoint: AdminEndpoint,
  { method = 'GET', target, body }: AdminQuestion,
): Promise<string> {
  const where = 'path' in endpoint ? endpoint.path : endpoint.url.origin;
  const { status, text } = await exchange(endpoint, method, target, body).catch(
    (cause: NodeJS.ErrnoException) => {
      throw new UserError(
        { message: `no server answers at ${where}: ${cause.message}`, hint: hintFor(cause.code) },
        1,
        {
          cause,
        },
      );
    },
  );
  if (status < 300) return text;
  throw new UserError(problemsOf(text, status, where));
}

/** `/run/dns.sock`, `./dns.sock`, `127.0.0.1:8053` or `http://[::1]:8053`. */
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

function exchange(endpoint: AdminEndpoint, method: string, target: string, body: object | undefined) {
  const headers: RequestOptions['headers'] = {
    ...(body && { 'content-type': 'application/json' }),
    ...('token' in endpoint && endpoint.token && { authorization: `Bearer ${endpoint.token}` }),
  };
  const where: RequestOptions =
    'path' in endpoint
      ? { socketPath: endpoint.path }
      : { host: endpoint.url.hostname.replace(/^\[(.*)\]$/, '$1'), port: endpoint.url.port || 80 };
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
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
    outgoing.end(body && JSON.stringify(body));
  });
}

function problemsOf(text: string, status: number, where: string): Problem | Problem[] {
  try {
    const { error, hint, problems } = JSON.parse(text) as {
      error: string;
      hint?: string;
      problems?: Problem[];
    };
    const first = { message: error, ...(hint && { hint }) };
    if (!problems || problems.length === 0) return first;
    return problems[0]?.message === error ? problems : [first, ...problems];
  } catch {
    return { message: `the admin server at ${where} says ${status}: ${text.slice(0, 200).trim()}` };
  }
}

function hintFor(code: string | undefined): string {
  if (code === 'EACCES') return 'the socket is for the server’s own user and group: sudo, or join the group';
  if (code === 'ENOENT') return 'is the server running, and is "admin" in its configuration this path?';
  return 'is the server running, and is this its "admin" address? ./lab dns --config FILE starts one';
}
