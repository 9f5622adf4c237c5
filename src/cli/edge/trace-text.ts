// An explanation for people: one line for each step, what it is about before it. Pure.

import type { ExplainedStep } from '../../edge/explain.ts';
import type { Output } from '../output.ts';

export function traceText(url: string, steps: readonly ExplainedStep[], style: Output['style']): string {
  const width = Math.max(...steps.map(({ about }) => about.length), 0);
  const lines = steps.map(({ about, text }) => `  ${style('dim', about.padEnd(width))}  ${text}`);
  return [`${url}:`, ...lines].join('\n');
}
