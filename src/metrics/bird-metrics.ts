// What BIRD's control socket says of a router, as metrics. Pure: replies in, families out.

import { type BirdReply, parseRouteCount, parseSessions } from '../routing/birdc-output.ts';
import type { Family } from './exposition.ts';

/** `protocols` answers `show protocols all`, `routeCount` answers `show route count`. */
export function birdFamilies(protocols: BirdReply, routeCount: BirdReply): Family[] {
  const { routes, networks } = parseRouteCount(routeCount);
  const sessions = byProtocol(protocols).flatMap((reply) =>
    parseSessions(reply).map(({ name, established }) => ({ name, established, ...routeChanges(reply) })),
  );
  const changes = sessions.flatMap(({ name: session, received, sent }) => [
    { labels: { session, direction: 'received' }, value: received },
    { labels: { session, direction: 'sent' }, value: sent },
  ]);
  return [
    {
      name: 'bird_bgp_session_established',
      help: '1 while the BGP session is established, 0 while it is not.',
      type: 'gauge',
      samples: sessions.map(({ name, established }) => ({
        labels: { session: name },
        value: established ? 1 : 0,
      })),
    },
    {
      name: 'bird_bgp_route_changes_total',
      help: 'Updates and withdraws of the session; starts anew with the session.',
      type: 'counter',
      samples: changes,
    },
    {
      name: 'bird_routes',
      help: 'Routes in all tables, those not chosen included.',
      type: 'gauge',
      samples: [{ value: routes }],
    },
    {
      name: 'bird_networks',
      help: 'Prefixes in all tables.',
      type: 'gauge',
      samples: [{ value: networks }],
    },
  ];
}

/** One reply per protocol: each begins with its line of the table (code 1002), its details follow. */
function byProtocol(reply: BirdReply): BirdReply[] {
  const parts: BirdReply[] = [];
  for (const line of reply.lines) {
    if (line.code === 1002) parts.push({ code: reply.code, lines: [line] });
    else parts.at(-1)?.lines.push(line);
  }
  return parts;
}

/** Columns of BIRD's table: received, rejected, filtered, ignored, accepted. What filters refuse is not sent. */
function routeChanges({ lines }: BirdReply): { received: number; sent: number } {
  const changes = { received: 0, sent: 0 };
  for (const { text } of lines) {
    const [, way, columns = ''] = /^\s*(Import|Export) (?:updates|withdraws):\s+(.*)$/.exec(text) ?? [];
    const numbers = columns.trim().split(/\s+/);
    if (way === 'Import') changes.received += count(numbers[0]);
    if (way === 'Export') changes.sent += count(numbers.at(-1));
  }
  return changes;
}

/** `---` where BIRD has nothing to count. */
function count(column: string | undefined): number {
  return column !== undefined && /^\d+$/.test(column) ? Number(column) : 0;
}
