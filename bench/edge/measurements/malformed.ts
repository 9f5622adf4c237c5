// Which malformed requests reach the origin through each cache, and how each was answered.

import { MALFORMED, type Malformed } from '../malformed-requests.ts';
import type { Bench } from '../prepare.ts';
import { type RawOrigin, sendRaw, startRawOrigin } from '../raw.ts';
import type { RunningServer } from '../server.ts';
import { nginx } from '../servers/nginx.ts';
import { squid } from '../servers/squid.ts';
import { trafficserver } from '../servers/trafficserver.ts';
import { varnish } from '../servers/varnish.ts';

const SECTION = 'Malformed requests that reach the origin';
/** Silence after which nothing more is expected. */
const WAIT_MS = 300;

export async function malformed(bench: Bench): Promise<void> {
  const all = new Map<string, Map<string, string>>();
  for (const kind of [nginx('default'), varnish, squid('default'), trafficserver, bench.ours()]) {
    const origin = await startRawOrigin();
    await bench.with(kind, { originPort: origin.port }, async (server) => {
      const outcomes: [Malformed, string][] = [];
      // One after the other: what reaches the origin must be this one's.
      for (const request of MALFORMED) outcomes.push([request, await outcome(server, origin, request)]);
      record(bench, server.name, outcomes);
      all.set(server.name, new Map(outcomes.map(([{ name }, text]) => [name, text])));
    });
    await origin.close();
  }
  bench.table(tableOf(all));
}

function tableOf(all: ReadonlyMap<string, ReadonlyMap<string, string>>): string {
  const servers = [...all.keys()];
  const lines = MALFORMED.map(({ name, mayForward }) => {
    const cells = servers.map((server) => all.get(server)?.get(name) ?? '');
    return `| ${name}${mayForward ? ' (may be put right and sent on)' : ''} | ${cells.join(' | ')} |`;
  });
  return [
    '**Malformed requests, all servers: the answer, or that it reached the origin**',
    '',
    `| request | ${servers.join(' | ')} |`,
    `|---|${servers.map(() => '---|').join('')}`,
    ...lines,
  ].join('\n');
}

async function outcome(server: RunningServer, origin: RawOrigin, request: Malformed): Promise<string> {
  origin.take();
  const path = `/malformed/${MALFORMED.indexOf(request)}`;
  const { text, closed } = await sendRaw(server.port, request.bytes.replace('PATH', path), WAIT_MS);
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? (closed ? 'closed' : 'silence');
  const reached = origin.take();
  if (reached.length === 0) return status;
  return reached.length > 1 ? `FORWARDED AS ${reached.length}` : 'forwarded';
}

function record(bench: Bench, name: string, outcomes: readonly [Malformed, string][]): void {
  const isForwarded = (text: string) => text.toLowerCase().startsWith('forwarded');
  const forwarded = outcomes.filter(([, text]) => isForwarded(text));
  const bad = forwarded.filter(([request]) => !request.mayForward);
  const answers = new Map<string, number>();
  for (const [, text] of outcomes) if (!isForwarded(text)) answers.set(text, (answers.get(text) ?? 0) + 1);
  bench.record({
    section: SECTION,
    what: name,
    value: bad.length,
    unit: `of ${outcomes.filter(([request]) => !request.mayForward).length}`,
    ...(name === 'ours' && { bar: 0 }),
    detail: `${bad.map(([request, text]) => `${request.name}${text === 'forwarded' ? '' : ` (${text})`}`).join(', ') || 'none'}; allowed: ${
      forwarded
        .filter(([request]) => request.mayForward)
        .map(([request]) => request.name)
        .join(', ') || 'none'
    }; others: ${[...answers].map(([text, count]) => `${count} × ${text}`).join(', ')}`,
  });
  for (const [request, text] of outcomes)
    if (name === 'ours' && text === 'silence') bench.say(`  ours is silent on: ${request.name}`);
}
