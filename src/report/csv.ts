// The comparison as CSV (RFC 4180): one row per client location and strategy, for spreadsheets and notebooks.

import type { Comparison } from '../measurement/comparison-result.ts';
import { STEERING_STRATEGIES } from '../measurement/sample.ts';

const COLUMNS = [
  'topology',
  'seed',
  'timers',
  'shaping',
  'family',
  'client',
  'city',
  'country',
  'users_million',
  'resolver',
  'strategy',
  'pop',
  'pop_share',
  'best_pop',
  'best_rtt_ms',
  'rtt_ms',
  'inflation_ms',
  'resolve_ms',
  'total_ms',
  'cold_resolve_ms',
  'cold_total_ms',
  'requests',
  'failures',
  'predicted_pop',
  'reason',
] as const;

export function comparisonCsv(comparison: Comparison): string {
  const rows = comparison.clients.flatMap((client) =>
    STEERING_STRATEGIES.map((strategy) => {
      const result = client.strategies[strategy];
      return [
        comparison.topology,
        comparison.seed,
        comparison.timers,
        comparison.shaping,
        comparison.family,
        client.name,
        client.city,
        client.country,
        client.users,
        client.resolver,
        strategy,
        result.pop,
        result.popShare,
        client.best?.pop,
        client.best?.rttMs,
        result.rttMs,
        result.inflationMs,
        result.resolveMs,
        result.totalMs,
        result.cold.resolveMs,
        result.cold.totalMs,
        result.requests,
        result.failures,
        strategy === 'anycast' ? client.predicted?.pop : undefined,
        result.reason,
      ];
    }),
  );
  return [COLUMNS, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

function field(value: string | number | null | undefined): string {
  const text = value === null || value === undefined ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
