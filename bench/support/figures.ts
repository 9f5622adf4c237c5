// What a bench found: figures with their bars, as text for a terminal, as Markdown for a document, as JSON.

import { cpus, loadavg, release, totalmem } from 'node:os';

export interface Figure {
  section: string;
  what: string;
  value: number;
  unit: string;
  /** At most this, or at least this where `atLeast`. Peers have none. */
  bar?: number;
  atLeast?: boolean;
  /** What else was seen, in words. */
  detail: string;
}

export type Record = (figure: Figure) => void;

/** Undefined without a bar. */
export function isMet({ value, bar, atLeast }: Figure): boolean | undefined {
  if (bar === undefined) return undefined;
  return atLeast ? value >= bar : value <= bar;
}

export function figureLine(figure: Figure): string {
  const met = isMet(figure);
  const verdict = met === undefined ? '' : met ? '  met' : '  NOT MET';
  return `${figure.what}: ${valueText(figure)}${barText(figure, ' (bar ', ')')}${verdict}  ${figure.detail}`;
}

/** Sections as tables under one heading, which says when and where. */
export function markdown(heading: string, figures: readonly Figure[], notes: readonly string[]): string {
  const lines = [`${heading}, ${new Date().toISOString().slice(0, 10)} (${machine()})`, '', ...notes, ''];
  for (const section of new Set(figures.map((figure) => figure.section))) {
    lines.push(`**${section}**`, '', '| what | figure | bar | met | detail |', '|---|---|---|---|---|');
    for (const figure of figures.filter((each) => each.section === section)) {
      const met = isMet(figure);
      const verdict = met === undefined ? '–' : met ? 'yes' : 'no';
      lines.push(
        `| ${figure.what} | ${valueText(figure)} | ${barText(figure) || '–'} | ${verdict} | ${figure.detail} |`,
      );
    }
    lines.push('');
  }
  return lines.join('\n');
}

/** `document` with the section under `heading` in place of the one of an earlier run, or at the end. */
export function withSection(document: string, heading: string, section: string): string {
  const start = document.indexOf(`\n${heading}, `);
  if (start < 0) return `${document.trimEnd()}\n\n${section}`;
  const next = document.indexOf('\n### ', start + 1);
  const after = next < 0 ? '' : document.slice(next);
  return `${document.slice(0, start + 1)}${section}${after}`;
}

export function machine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  const load = (loadavg()[2] ?? 0).toFixed(1);
  return `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${memory} GB, Linux ${release()}, load ${load}`;
}

function valueText({ value, unit }: Figure): string {
  return `${number(value)} ${unit}`.trim();
}

function barText({ bar, atLeast, unit }: Figure, before = '', after = ''): string {
  if (bar === undefined) return '';
  return `${before}${atLeast ? '≥' : '≤'} ${number(bar)} ${unit}`.trimEnd() + after;
}

function number(value: number): string {
  if (Number.isInteger(value)) return String(value);
  const size = Math.abs(value);
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2);
}
