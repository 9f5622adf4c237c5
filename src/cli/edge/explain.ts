// `./lab edge explain URL`: by a configuration, without an edge, up to the key; or by an edge that runs, which is asked as a
// client would with X-Catchment-Trace: 1.

import { UserError } from '../../base/errors.ts';
import { type ExplainedStep, explainDecision } from '../../edge/explain.ts';
import { compileRoutes } from '../../edge/policy/match.ts';
import { cacheableView, passedView } from '../../edge/policy/origin-view.ts';
import { policyRecord } from '../../edge/policy/policy-record.ts';
import type { Cli } from '../context.ts';
import { loadEdge } from './load-config.ts';
import { traceText } from './trace-text.ts';

export interface ExplainOptions {
  config?: string;
  connect?: string;
  method: string;
  header: string[];
}

export async function runExplain(cli: Cli, url: string, options: ExplainOptions): Promise<void> {
  const asked = parseAsked(url, options);
  if (options.config === undefined) {
    const { explainLive } = await import('./explain-live.ts');
    return explainLive(cli, asked, options.connect);
  }
  const offline = await explainOffline(options.config, asked);
  if (cli.output.json) cli.output.data(offline);
  else {
    const sent = offline.originFields
      .filter((_, i) => i % 2 === 0)
      .map((name, i) => `  ${name}: ${offline.originFields[2 * i + 1]}`);
    const fields = sent.length === 0 ? [] : ['', 'Of the client’s fields the origin gets:', ...sent];
    cli.output.print([traceText(url, offline.steps, cli.output.style), ...fields].join('\n'));
  }
}

export interface AskedRequest {
  url: URL;
  method: string;
  /** Flat list of names and values, without Host. */
  fields: string[];
}

/** @throws UserError, exit code 2. */
export function parseAsked(
  text: string,
  { method, header }: Pick<ExplainOptions, 'method' | 'header'>,
): AskedRequest {
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  if (url?.protocol !== 'http:') {
    throw new UserError(
      { message: `${text} is not an http URL`, expected: 'http://www.cdn.test/path?query' },
      2,
    );
  }
  const fields = header.flatMap((line) => {
    const [, name, value] = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\r\n]*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      throw new UserError({ message: `${line} is not a field`, expected: 'Name: value' }, 2);
    }
    return [name, value.trim()];
  });
  if (!/^[A-Za-z]+$/.test(method)) throw new UserError({ message: `${method} is not a method` }, 2);
  return { url, method: method.toUpperCase(), fields };
}

export interface OfflineExplanation {
  steps: ExplainedStep[];
  originFields: string[];
}

export async function explainOffline(
  config: string,
  { url, method, fields }: AskedRequest,
): Promise<OfflineExplanation> {
  const { routes, site } = await loadEdge(config);
  // WHATWG URLs resolve dot segments themselves; what remains is as a browser would send it.
  const request = { method, authority: url.host, pathAndQuery: `${url.pathname}${url.search}`, fields };
  const route = compileRoutes(routes).match(request.authority, request.pathAndQuery);
  const record = {
    id: 'offline',
    atMs: 0,
    request: { ...request, clientAddress: 'a client' },
    ...policyRecord(route, request, site),
  };
  const view = record.bypass === undefined ? cacheableView(route, fields) : passedView(route, fields, method);
  return { steps: explainDecision(record), originFields: view };
}
