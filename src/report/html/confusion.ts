// DNS against anycast: where the two send the same users. The diagonal is agreement.

import { confusionMatrix } from '../../measurement/catchment.ts';
import type { Comparison } from '../../measurement/comparison-result.ts';
import { escapeHtml } from '../charts/svg.ts';
import { formatPercent, formatUsers } from '../format.ts';
import { popChip, section } from './parts.ts';

export function confusionSection(comparison: Comparison): string {
  const matrix = confusionMatrix(
    comparison.clients.map((client) => ({
      name: client.city,
      users: client.users,
      dnsPop: client.strategies['dns-latency'].pop ?? undefined,
      anycastPop: client.strategies.anycast.pop ?? undefined,
    })),
    comparison.pops.map((pop) => pop.name),
  );
  const total = matrix.users.flat().reduce((sum, users) => sum + users, 0);
  if (total === 0) return '';
  const largest = Math.max(...matrix.users.flat());
  const agreeing = matrix.users.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);
  const head = matrix.pops.map((pop) => `<th>${popChip(comparison, pop)}</th>`).join('');
  const rows = matrix.pops.map((pop, row) => {
    const cells = matrix.pops.map((_, column) => {
      const users = matrix.users[row]?.[column] ?? 0;
      if (users === 0) return '<td class="soft">·</td>';
      const colour = row === column ? 'var(--good)' : 'var(--bad)';
      const names = (matrix.clients[row]?.[column] ?? []).join(', ');
      return `<td style="--h:${colour};--w:${Math.round(12 + (45 * users) / largest)}%">${formatUsers(users)}<small>${escapeHtml(names)}</small></td>`;
    });
    return `<tr><th class="l">${popChip(comparison, pop)}</th>${cells.join('')}</tr>`;
  });
  return section(
    'DNS against anycast',
    `Users by the POP that DNS (measured latency) chose, in rows, and the one that anycast reached, in columns. They agree for ${formatPercent(agreeing / total)} of users.`,
    `<div class="scroll"><table class="matrix"><thead><tr><th class="l soft">DNS ↓ anycast →</th>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`,
  );
}
