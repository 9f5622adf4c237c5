// Numbers as people read them in tables and sentences; the same everywhere in a report.

/** `1234`, `87`, `4.2`, or a dash for what was not measured. */
export function formatMs(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  return value >= 100 ? String(Math.round(value)) : value.toFixed(1);
}

export function formatPercent(share: number, digits = 0): string {
  return `${(share * 100).toFixed(digits)} %`;
}

/** Milliseconds as seconds where that reads better. */
export function formatDuration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '–';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}

/** Users in the topology's unit, millions. */
export function formatUsers(millions: number): string {
  return millions >= 10 ? `${Math.round(millions)} M` : `${Math.round(millions * 10) / 10} M`;
}

/** A POP's short name: `fra` for `pop-fra`. */
export function shortPop(name: string | null | undefined): string {
  return name ? name.replace(/^pop-/, '') : '–';
}
