// Counts as a Markdown table: a row per category, `required passed of all · optional passed of all` per cache.

import { CATEGORIES } from '../../../test/edge/conformance/conformance-case.ts';
import type { Count, Tally } from '../../../test/edge/conformance/tally.ts';

export function table(counts: Readonly<Record<string, Tally>>): string {
  const names = Object.keys(counts);
  const first = counts[names[0] ?? ''];
  if (!first) return 'nothing was run';
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const passed = (required: Count, optional: Count) => `${required.passed} · ${optional.passed}`;
  const tallies = Object.values(counts);
  return [
    row(['required · optional', 'of', ...names]),
    row(['---', ...Array<string>(names.length + 1).fill('---:')]),
    ...CATEGORIES.map((category) => {
      const of = first.categories[category];
      const cells = tallies.map(({ categories }) =>
        passed(categories[category].required, categories[category].optional),
      );
      return row([category, `${of.required.of} · ${of.optional.of}`, ...cells]);
    }),
    row([
      '**all**',
      `${first.required.of} · ${first.optional.of}`,
      ...tallies.map(({ required, optional }) => `**${passed(required, optional)}**`),
    ]),
  ].join('\n');
}
