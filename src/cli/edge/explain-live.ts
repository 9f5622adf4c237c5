// Asks a running edge for a URL and for its explanation: the field X-Catchment-Trace of its answer. Where the edge keeps it
// to itself, Cache-Status still tells most.

import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { UserError } from '../../base/errors.ts';
import { parseTraceHeader, TRACE_FIELD } from '../../edge/explain-header.ts';
import type { Cli } from '../context.ts';
import type { Output } from '../output.ts';
import type { AskedRequest } from './explain.ts';
import { traceText } from './trace-text.ts';

const TIMEOUT_MS = 15_000;

/** `connect` as `127.0.0.1:8080` or `[::1]:8080`; undefined: the URL's own host. */
export async function explainLive(
  { output }: Cli,
  asked: AskedRequest,
  connect: string | undefined,
): Promise<void> {
  printLive(output, asked, await ask(asked, placeOf(asked.url, connect)));
}

export interface LiveAnswer {
  status: number;
  headers: IncomingHttpHeaders;
}

export function printLive(output: Output, asked: AskedRequest, { status, headers }: LiveAnswer): void {
  const trace = parseTraceHeader(headers[TRACE_FIELD.toLowerCase()] as string | undefined);
  const cacheStatus = headers['cache-status'];
  if (output.json) {
    output.data({ status, cacheStatus, pop: headers['x-pop'], trace: trace ?? null });
    return;
  }
  const facts = [
    `answer:       ${status}${headers['x-pop'] ? ` from POP ${headers['x-pop']}` : ''}`,
    `Cache-Status: ${cacheStatus ?? 'none: is it an edge that was asked?'}`,
  ];
  if (trace) {
    const cut = trace.truncated ? [`The rest: ./lab edge ctl trace ${trace.id}`] : [];
    output.print([...facts, '', traceText(asked.url.href, trace.steps, output.style), ...cut].join('\n'));
    return;
  }
  output.print(facts.join('\n'));
  output.note(
    'It gave no explanation: are you in its "trace": {"allow": [PREFIX]}, by default the loopback?',
  );
}

function placeOf(url: URL, connect: string | undefined): { host: string; port: number } {
  if (connect === undefined) return { host: bare(url.hostname), port: Number(url.port || 80) };
  const place = URL.parse(`http://${connect}`);
  if (place?.pathname !== '/') {
    throw new UserError({ message: `${connect} is not an address and port`, expected: '127.0.0.1:8080' }, 2);
  }
  return { host: bare(place.hostname), port: Number(place.port || 80) };
}

function bare(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

function ask(
  { url, method, fields }: AskedRequest,
  place: { host: string; port: number },
): Promise<LiveAnswer> {
  return new Promise((resolve, reject) => {
    const headers = ['Host', url.host, ...fields, TRACE_FIELD, '1'];
    const path = `${url.pathname}${url.search}`;
    const options = { ...place, method, path, headers, agent: false, timeout: TIMEOUT_MS };
    const outgoing = httpRequest(options, (response) => {
      const result = { status: response.statusCode ?? 0, headers: response.headers };
      response.resume();
      response.on('end', () => resolve(result));
      response.on('error', () => resolve(result));
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer in ${TIMEOUT_MS / 1000} s`)));
    outgoing.on('error', (cause) => {
      const message = `${place.host} port ${place.port} does not answer: ${cause.message}`;
      reject(new UserError({ message, hint: '--connect ADDRESS:PORT says where the edge is' }, 1, { cause }));
    });
    outgoing.end();
  });
}
