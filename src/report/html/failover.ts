// What a dying POP cost: totals per strategy, the time line, and the affected clients one by one.

import { BIN_MS, type FailoverTotals, type StrategyFailover } from '../../measurement/failover.ts';
import type { SteeringStrategy } from '../../measurement/sample.ts';
import { lossTimeline } from '../charts/loss-timeline.ts';
import { escapeHtml } from '../charts/svg.ts';
import { failoverVerdict } from '../failover-verdict.ts';
import { formatDuration, formatPercent, formatUsers } from '../format.ts';
import type { FailoverReport } from '../report-model.ts';
import { conditions } from './fidelity.ts';
import { section, strategyLegend, TITLES } from './parts.ts';

export function failoverSection(report: FailoverReport): string {
  const { result } = report;
  const strategies = result.strategies.map((each) => each.strategy as SteeringStrategy);
  const rows = result.strategies.flatMap((each) => [
    totalsRow(
      `<td class="l">${TITLES[each.strategy as SteeringStrategy]}</td><td class="l">affected</td>`,
      each.affected,
    ),
    totalsRow('<td></td><td class="l soft">all</td>', each.all),
  ]);
  const totals = `<div class="scroll"><table><thead><tr><th class="l">strategy</th><th class="l">clients</th><th>number</th><th>users</th><th>requests</th><th>lost</th><th>slow</th><th>recovered after, median</th><th>worst</th><th>long downloads broken</th><th>lost on restore</th><th>broken on restore</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
  const timeline = lossTimeline({
    label: 'Requests lost over time, by strategy',
    binMs: BIN_MS,
    restoredAtMs: result.events.restoredAt - result.events.failedAt,
    series: result.strategies.map((each) => ({
      label: TITLES[each.strategy as SteeringStrategy],
      className: `s-${each.strategy}`,
      points: each.timeline,
    })),
    strips: result.strategies.flatMap((each) =>
      each.perClient
        .filter((client) => client.affected)
        .map((client) => ({
          label: `${client.city}, ${each.strategy}`,
          className: `s-${each.strategy}`,
          lostShares: client.lostShares,
        })),
    ),
  });
  const check = report.health;
  const notes = [
    ...(report.host
      ? [
          `The machine's ${report.host.cores} cores were ${formatPercent(report.host.busyShare)} busy meanwhile; BFD and timers flap on an overloaded one.`,
        ]
      : []),
    `DNS steering reacts when the health check has failed ${check.fall} times (every ${check.intervalSeconds} s, timeout ${check.timeoutSeconds} s) and the resolvers' copies have lived out their TTL of ${report.ttlSeconds} s.`,
    `Lost: no full answer within 2 s. Recovered: the first of 10 successes in a row. Broken: a reset, an early end, or 3 s without a byte. ${report.ratePerSecond} requests a second per client and strategy, each asking the resolver anew.`,
    'Slow: answered in time, but half a second or more later than before (a SYN had to be sent again). Affected: served by the failed POP before.',
  ];
  return section(
    `Failover: ${report.pop} fails (${report.how})`,
    'The POP goes at second 0 and comes back at the second mark.',
    `<p>${escapeHtml(failoverVerdict(report))}</p>${totals}<h3 style="margin-top:18px">Time line</h3>${strategyLegend(strategies)}${timeline}${perClientTable(result.strategies)}<ul class="plain">${[...notes.map(escapeHtml), ...conditions(report)].map((note) => `<li>${note}</li>`).join('')}</ul>`,
  );
}

function totalsRow(head: string, totals: FailoverTotals): string {
  const { recoveryMs } = totals;
  const median =
    recoveryMs.median === null ? (totals.notRecovered > 0 ? 'not' : '–') : formatDuration(recoveryMs.median);
  const worst =
    totals.notRecovered > 0
      ? `<span class="bad">${totals.notRecovered} did not</span>`
      : formatDuration(recoveryMs.worst);
  return `<tr>${head}<td>${totals.clients}</td><td>${formatUsers(totals.users)}</td><td>${totals.requests}</td><td${totals.lost > 0 ? ' class="bad"' : ''}>${totals.lost}</td><td>${totals.slow}</td><td>${median}</td><td>${worst}</td><td>${totals.downloadsBroken} of ${totals.downloadsOpen}</td><td>${totals.lostOnRestoration}</td><td>${totals.downloadsBrokenOnRestoration}</td></tr>`;
}

function perClientTable(strategies: readonly StrategyFailover[]): string {
  const rows = strategies.flatMap((each) =>
    each.perClient
      .filter((client) => client.affected || client.failure.lost > 0)
      .map((client) => {
        const recovered =
          client.failure.lost === 0
            ? '–'
            : client.failure.recoveryMs === null
              ? '<span class="bad">not</span>'
              : formatDuration(client.failure.recoveryMs);
        const way = [client.popBefore, client.popDuring, client.popAfter]
          .map((pop) => escapeHtml(pop ?? '–'))
          .join(' → ');
        return `<tr><td class="l">${escapeHtml(client.city)}${client.affected ? '' : ' <span class="soft">served elsewhere</span>'}</td><td class="l">${TITLES[each.strategy as SteeringStrategy]}</td><td class="l">${way}</td><td>${client.failure.lost} of ${client.failure.requests}</td><td>${recovered}</td><td>${client.downloads.brokenByFailure} of ${client.downloads.openAtFailure}</td><td>${formatDuration(client.resumedAfterMs)}</td></tr>`;
      }),
  );
  return `<h3 style="margin-top:18px">Clients that were served by it, or lost a request</h3><div class="scroll"><table><thead><tr><th class="l">client</th><th class="l">strategy</th><th class="l">POP before → during → after</th><th>lost</th><th>recovered after</th><th>downloads broken</th><th>bytes again after</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}
