// A name server's explanation for people: the answer, why, what was known of the client, and every POP with why it was
// passed over. `--json` tells the rest. Pure.

import type { Explanation } from '../dns/explain.ts';
import { formatTable } from './table.ts';

type Candidate = NonNullable<Explanation['decision']>['candidates'][number];

export function explanationText(server: string, client: string, explanation: Explanation): string {
  const { question, decision, rcode, answer, authority, ttlSeconds, scopePrefixLength } = explanation;
  const facts: [string, string | undefined][] = [
    ['answer', answer.join('; ') || `${rcode}${authority.length > 0 ? `: ${authority.join('; ')}` : ''}`],
    [
      'why',
      decision ? `${decision.reason}, ${decision.detail} (policy ${decision.policy})` : explanation.reason,
    ],
    ['client', `${explanation.client.network}, ${clientSource(explanation)}; ${place(explanation)}`],
    ['good for', scopeText(scopePrefixLength, decision?.scope)],
    ['TTL', decision?.ttl ?? (ttlSeconds === undefined ? undefined : `${ttlSeconds} s`)],
    ['aliases', explanation.aliases?.join('; ')],
  ];
  const lines = facts
    .filter(([, fact]) => fact !== undefined)
    .map(([name, fact]) => `  ${`${name}:`.padEnd(10)}${fact}`);
  return [
    `${question.name} ${question.type} for ${client}, asked of ${server}:`,
    ...lines,
    ...(decision && decision.steps.length > 0 ? ['', ...decision.steps.map((step) => `  - ${step}`)] : []),
    ...(decision && decision.candidates.length > 0 ? ['', candidateTable(decision.candidates)] : []),
  ].join('\n');
}

function scopeText(bits: number | undefined, why: string | undefined): string | undefined {
  if (bits === undefined) return undefined;
  if (bits === 0) return 'every client (ECS scope 0)';
  return `clients with the same first ${bits} bits (ECS scope${why ? `: ${why}` : ''})`;
}

function clientSource(explanation: Explanation): string {
  return explanation.client.from === 'ecs'
    ? 'known by EDNS Client Subnet'
    : "known by the resolver's address";
}

function place({ decision }: Explanation): string {
  if (!decision?.geoip) return 'GeoIP not asked';
  const { prefix, location } = decision.geoip;
  const where = [location.city, location.region ?? location.country, location.continent]
    .filter(Boolean)
    .join(', ');
  return where
    ? `GeoIP says ${where} of ${prefix}`
    : `GeoIP knows no place of ${prefix} (${location.reason})`;
}

function candidateTable(candidates: Candidate[]): string {
  const rounded = (value: number | undefined, digits: number) => value?.toFixed(digits) ?? '-';
  return formatTable<Candidate>(
    [
      { title: '  POP', cell: ({ name }) => `  ${name}` },
      { title: 'RTT ms', align: 'right', cell: ({ rttMs }) => rounded(rttMs, 1) },
      { title: 'AGE s', align: 'right', cell: ({ rttAgeSeconds }) => rounded(rttAgeSeconds, 0) },
      { title: 'KM', align: 'right', cell: ({ distanceKm }) => rounded(distanceKm, 0) },
      { title: 'HEALTH', cell: ({ state }) => (state ? healthText(state) : '-') },
      { title: 'PASSED OVER', cell: ({ passedOver }) => passedOver ?? '' },
    ],
    candidates,
  );
}

function healthText({ health, forced, sinceMs, reason }: NonNullable<Candidate['state']>): string {
  const since = sinceMs > 0 ? ` since ${new Date(sinceMs).toISOString().slice(11, 19)}` : '';
  return `${forced ? `forced ${forced}` : health}${since}, ${reason}`;
}
